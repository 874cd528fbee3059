"""The inbox: storing events, once."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from django.db import IntegrityError, connection, transaction

from bridge.base import clock
from bridge.inbox.events import Event
from bridge.lanes import nudges
from bridge.models import InboundEvent
from bridge.values.incoming import INTERNAL

LONGEST_KEY = 128  # characters of InboundEvent.dedup
_COLUMNS = "lane, platform, account_id, kind, dedup, body, received_at, state, tries, reason"


@cache
def _statement(vendor: str) -> str:
    """Return the INSERT in the words of the database's driver; its values are parameters."""
    mark = "?" if vendor == "sqlite" else "%s"
    values = ", ".join([mark] * 7)
    table = InboundEvent._meta.db_table
    return f"INSERT INTO {table} ({_COLUMNS}) VALUES ({values}, {InboundEvent.State.NEW.value}, 0, '')"  # noqa: S608


@dataclass(frozen=True)
class NewEvent:
    """An event about to be stored; see InboundEvent for the fields. `received_at` is when the door took it in."""

    lane: str
    platform: str
    account_id: int | None
    kind: str
    dedup: str
    body: str
    received_at: datetime = field(default_factory=lambda: clock.now())  # noqa: PLW0108  looked up at each call: tests set the clock

    def __post_init__(self) -> None:
        """A key that a column cannot hold is hashed: it is still the same for every repeat."""
        if len(self.dedup) > LONGEST_KEY:
            digest = hashlib.sha256(self.dedup.encode("utf-8", "surrogatepass")).hexdigest()
            object.__setattr__(self, "dedup", f"{self.dedup[: LONGEST_KEY - len(digest) - 1]}:{digest}")

    def to_json(self) -> dict[str, Any]:
        """Return the event as the broker carries it while the database is away."""
        return {**asdict(self), "received_at": self.received_at.isoformat()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> NewEvent:
        """Return the event that `to_json` has written."""
        return cls(**{**data, "received_at": datetime.fromisoformat(data["received_at"])})


def _values(event: NewEvent) -> tuple[Any, ...]:
    received = connection.ops.adapt_datetimefield_value(event.received_at)
    return event.lane, event.platform, event.account_id, event.kind[:60], event.dedup, event.body, received


def store(event: NewEvent) -> int:
    """Commit `event` and return its number; 0 where its key is there already.

    One plain INSERT on the driver's cursor of the thread's own connection: the ORM's way costs the door a third of its
    requests per second, and Django's cursor another twentieth.
    Inside a transaction the key must be new, as a refused INSERT breaks a transaction.
    """
    values = _values(event)
    connection.ensure_connection()
    try:
        with connection.wrap_database_errors, closing(connection.connection.cursor()) as cursor:
            cursor.execute(_statement(connection.vendor), values)
            return int(cursor.lastrowid)
    except IntegrityError:
        return 0


def store_many(events: list[NewEvent]) -> None:
    """Commit all of `events`, in their order, or none. Raises: IntegrityError where a key is there already."""
    with transaction.atomic(), connection.wrap_database_errors, closing(connection.connection.cursor()) as cursor:
        cursor.executemany(_statement(connection.vendor), [_values(event) for event in events])


def post(lane: str, event: Event, *, key: str = "") -> str:
    """Store an event of our own in `lane` and nudge the workers once it is committed. Returns its key.

    This is how one lane tells another something. With a `key` the same is stored once, and "" returned where it was
    there already; not inside a transaction.
    """
    body = json.dumps(event.to_json(), ensure_ascii=False)
    dedup = f"{INTERNAL}:{key or uuid.uuid4().hex}"
    if not store(NewEvent(lane, INTERNAL, None, event.kind, dedup, body)):
        return ""
    transaction.on_commit(nudges.nudge)
    return dedup


def replay(ids: Iterable[int]) -> int:
    """Let events that failed be worked on once more, each in its lane, and nudge. Returns how many there were.

    Nothing of a failed event was applied, and nobody else writes it any more. One whose words are gone cannot be worked on.
    """
    failed = InboundEvent.objects.filter(pk__in=list(ids), state=InboundEvent.State.FAILED).exclude(body="")
    count = failed.update(state=InboundEvent.State.NEW, tries=0, reason="", finished_at=None)
    transaction.on_commit(nudges.nudge)
    return count
