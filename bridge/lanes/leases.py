"""Lanes: who may work on a customer's events and deliveries, one at a time, by a lease that runs out.

A lease is renewed by a thread of its process while the process lives, and checked inside every transaction that uses it
(`fence`): a worker that was frozen and comes back changes nothing.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection

from bridge.base import clock
from bridge.lanes.renewing import renewer
from bridge.models import InboundEvent, Lane

LOOKED_AT = 256  # of the oldest waiting events, to find lanes with work


class LeaseLost(Exception):
    """The lease is another's by now; whatever was about to be written must not be."""


def is_conflict(error: Exception) -> bool:
    """Tell whether MySQL ended a transaction because it stood in another's way (1205 waited too long, 1213 deadlock)."""
    return bool(error.args) and error.args[0] in (1205, 1213)


@dataclass
class Lease:
    """The right to work on a lane.

    `stolen` counts the leases before it that ran out without progress, `proved` is when it was last seen to hold.
    """

    lane: str
    owner: str
    stolen: int = 0
    proved: float = field(default_factory=time.monotonic)

    @property
    def is_fresh(self) -> bool:
        """Tell whether the lease surely still holds, and no earlier holder crashed."""
        return not self.stolen and time.monotonic() - self.proved < settings.LEASE_SECONDS / 2


def _ends() -> datetime:
    return clock.now() + timedelta(seconds=settings.LEASE_SECONDS)


# A worker writes these down several times a message. Plain SQL: the ORM takes longer to make such a statement than the
# database takes to carry it out.
@dataclass(frozen=True)
class _Statements:
    events: str
    due: str
    claim: str
    fence: str
    release: str


@cache
def _statements(vendor: str) -> _Statements:
    name = connection.ops.quote_name
    event, lane, key = name(InboundEvent._meta.db_table), name(Lane._meta.db_table), name("key")
    free, mine = "(l.lease_until IS NULL OR l.lease_until < %s)", f"WHERE {key} IN ({{marks}}) AND owner = %s"
    return _Statements(
        events=f"SELECT e.lane FROM {event} e LEFT JOIN {lane} l ON l.{key} = e.lane "  # noqa: S608  our own tables' names
        f"WHERE e.state = %s AND {free} ORDER BY e.id LIMIT %s",
        due=f"SELECT l.{key} FROM {lane} l WHERE {free} AND l.wake_at <= %s ORDER BY l.wake_at LIMIT %s",  # noqa: S608
        claim=f"UPDATE {lane} SET stolen = 0, owner = %s, claimed_at = %s, lease_until = %s {mine}",  # noqa: S608
        fence=f"UPDATE {lane} SET stolen = 0, lease_until = %s, wake_at = COALESCE(%s, wake_at) {mine}",  # noqa: S608
        release=f"UPDATE {lane} SET owner = '', lease_until = NULL, wake_at = %s {mine}",  # noqa: S608
    )


def _write(statement: str, values: Sequence[Any], lanes: Sequence[str], owner: str) -> int:
    """Carry out an UPDATE of those of the lanes that this owner has; return how many rows it has found."""
    with connection.cursor() as cursor:
        cursor.execute(statement.format(marks=", ".join(["%s"] * len(lanes))), [*values, *lanes, owner])
        return int(cursor.rowcount)


def _stored(moment: datetime | None) -> Any:
    return moment and connection.ops.adapt_datetimefield_value(moment)


def lanes_with_work(limit: int) -> list[str]:
    """Return up to `limit` lanes that nobody holds and that have an event or a due delivery, longest waiting first."""
    statements, now = _statements(connection.vendor), _stored(clock.now())
    with connection.cursor() as cursor:
        cursor.execute(statements.events, (InboundEvent.State.NEW.value, now, LOOKED_AT))
        rows = list(cursor.fetchall())
        cursor.execute(statements.due, (now, now, limit))
        rows += cursor.fetchall()
    return list(dict.fromkeys(row[0] for row in rows))[:limit]


def _new_owner() -> str:
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid.uuid4().hex[:16]}"


def _take(lanes: Sequence[str], owner: str, now: datetime) -> int:
    """Take those of the lanes whose last holders let them go, so they did not crash: earlier crashes count no more."""
    moments = (_stored(now), _stored(_ends()))
    return _write(_statements(connection.vendor).claim, (owner, *moments), lanes, "")


def claim(lane: str) -> Lease | None:
    """Take the lane, or return None where another has it."""
    now, owner, stolen = clock.now(), _new_owner(), 0
    if not _take([lane], owner, now):
        taken = _steal(lane, now, {"owner": owner, "claimed_at": now, "lease_until": _ends()})
        if taken is None:
            return None
        stolen = taken
    return _kept(Lease(lane, owner, stolen))


def claim_free(lanes: Sequence[str]) -> list[Lease]:
    """Take those of the lanes that somebody has let go, in one statement. New ones, and those of the dead, take `claim`."""
    owner = _new_owner()
    if not lanes or not (found := _take(lanes, owner, clock.now())):
        return []
    # By their keys, as the owner has no index.
    mine = Lane.objects.filter(pk__in=lanes, owner=owner).values_list("pk", flat=True) if found < len(lanes) else lanes
    return [_kept(Lease(lane, owner)) for lane in mine]


def _kept(lease: Lease) -> Lease:
    renewer.keep(lease.owner, lease.lane)
    return lease


def _steal(lane: str, now: datetime, mine: dict[str, Any]) -> int | None:
    """Take a lane that is new, or whose lease has run out; return how many have by now, None where it is another's."""
    row = Lane.objects.filter(pk=lane).values("stolen", "owner", "lease_until").first()
    if row is None:
        try:
            Lane.objects.create(key=lane, **mine)
        except IntegrityError:
            return None
        except OperationalError as error:
            # Two who made lanes at the same moment stood in each other's way; it is found again.
            if not is_conflict(error):
                raise
            return None
        return 0
    if not row["lease_until"] or row["lease_until"] >= now:
        return None
    stolen = int(row["stolen"]) + 1
    still = Lane.objects.filter(pk=lane, owner=row["owner"], lease_until__lt=now)
    return stolen if still.update(stolen=stolen, **mine) else None


def fence(lease: Lease, wake_at: datetime | None = None) -> None:
    """Prove inside a transaction that the lease still holds, and write down when the lane is to be woken. LeaseLost."""
    fence_all([lease], wake_at)


def fence_all(leases: Sequence[Lease], wake_at: datetime | None = None) -> None:
    """The same of several leases with one owner. LeaseLost where any of them is another's by now."""
    lanes = [lease.lane for lease in leases]
    values = (_stored(_ends()), _stored(wake_at))
    if lanes and _write(_statements(connection.vendor).fence, values, lanes, leases[0].owner) < len(lanes):
        raise LeaseLost(lanes[0])
    for lease in leases:
        lease.proved = time.monotonic()


def release(lease: Lease, wake_at: datetime | None) -> None:
    """Let the lane go; `wake_at` is when its next delivery is due, None where none waits."""
    release_all([lease], wake_at)


def release_all(leases: Sequence[Lease], wake_at: datetime | None) -> None:
    """Let several lanes with one owner go."""
    for lease in leases:
        renewer.let_go(lease.owner, lease.lane)
    if leases:
        lanes = [lease.lane for lease in leases]
        _write(_statements(connection.vendor).release, (_stored(wake_at),), lanes, leases[0].owner)


def abandon(lease: Lease) -> None:
    """Stop renewing a lease after an error: it runs out by itself, and the lane is found again."""
    renewer.let_go(lease.owner, lease.lane)
