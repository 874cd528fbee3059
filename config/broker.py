"""How Celery's connections come back when the broker does."""

from __future__ import annotations

from typing import Any

from celery.app.amqp import AMQP
from kombu import Connection

FIRST, STEP, LONGEST = 0.5, 0.5, 3.0  # seconds between two tries to connect


class PersistentConnection(Connection):
    """Asks for a broker that is away every few seconds, for as long as it takes.

    By itself Celery asks after 2, 4, 6 ... 30 seconds, and has no setting for it: after a minute without the broker messages
    would wait up to half a minute longer than they need to.
    """

    def ensure_connection(self, *args: Any, **words: Any) -> Any:
        """Return the connection once it stands. Words and errors as kombu's."""
        pauses = {"interval_start": FIRST, "interval_step": STEP, "interval_max": LONGEST}
        return super().ensure_connection(*args, **{**pauses, **words})


class PersistentAMQP(AMQP):
    """Celery's side of the broker, with connections of this kind: for workers, beat, and whoever publishes."""

    Connection = PersistentConnection
