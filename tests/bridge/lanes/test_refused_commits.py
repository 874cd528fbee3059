"""A cluster (Galera) has no locks between its servers: it finds out at COMMIT that two transactions meet, and refuses one (1213)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from bridge.models import Delivery, InboundEvent

WORDS = "Deadlock found when trying to get lock; try restarting transaction"


@contextmanager
def refusing() -> Iterator[list[int]]:
    """Let each second COMMIT inside the block be refused, and what was written be undone; return the codes of those that were."""
    commit, count, found = BaseDatabaseWrapper._commit, itertools.count(1), []

    def refuse(self: BaseDatabaseWrapper) -> None:
        if next(count) % 2:
            self._rollback()
            found.append(1213)
            raise OperationalError(1213, WORDS)
        commit(self)

    with patch.object(BaseDatabaseWrapper, "_commit", refuse):
        yield found


@pytest.mark.django_db(transaction=True)
def test_each_message_has_its_effect_once_and_in_order(talking):
    for number in range(4):
        talking.customer_says(f"c{number}")
        talking.seat_says(f"s{number}")
    with refusing() as found:
        talking.work()
    assert len(found) > 4
    assert [text for text in talking.platforms.to_seat() if text.startswith("c")] == ["c0", "c1", "c2", "c3"]
    assert [text for text in talking.platforms.to_customer() if text.startswith("s")] == ["s0", "s1", "s2", "s3"]
    assert not InboundEvent.objects.exclude(state=InboundEvent.State.DONE).exists()
    assert not Delivery.objects.exclude(state=Delivery.State.DONE).exists()
