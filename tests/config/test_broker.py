"""Connections to a broker that was away come back soon after it, however long that took."""

from __future__ import annotations

import pytest
from kombu.exceptions import OperationalError
from kombu.utils import functional

from config.broker import LONGEST, PersistentConnection
from config.celery import app


@pytest.mark.parametrize("kind", ["connection_for_read", "connection_for_write"])
def test_workers_and_beat_ask_every_few_seconds(monkeypatch, kind):
    """Nobody listens at the port; after a minute without it a hundred tries more are made, and none is long apart."""
    monkeypatch.setattr(functional, "sleep", lambda _seconds: None)
    with getattr(app, kind)("amqp://guest:guest@127.0.0.1:1//") as connection:
        assert isinstance(connection, PersistentConnection)
        told: list[float] = []
        with pytest.raises(OperationalError):
            connection.ensure_connection(lambda _error, pause: told.append(pause), 100, callback=lambda: None)
    assert len(told) == 100
    assert max(told) == LONGEST
    assert told[0] < 1
