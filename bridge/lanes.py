"""Lanes: who may work on a customer's events and deliveries, one at a time, by a lease that runs out.

A lease is renewed by a thread of its process while the process lives, and checked inside every transaction that uses it
(`fence`): a worker that was frozen and comes back changes nothing.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, InterfaceError, connection
from django.db.models import Case, F, Min, Q, SmallIntegerField, Value, When

from bridge import clock
from bridge.models import InboundEvent, Lane

logger = logging.getLogger(__name__)

WINDOW = 256  # how many of the oldest waiting events are looked at for lanes with work


class LeaseLost(Exception):
    """The lease is another's by now; whatever was about to be written must not be."""


@dataclass(frozen=True)
class Lease:
    """The right to work on a lane. `stolen` counts the leases before it that ran out without progress."""

    lane: str
    owner: str
    stolen: int = 0


def _ends() -> datetime:
    return clock.now() + timedelta(seconds=settings.LEASE_SECONDS)


def _free(now: datetime) -> Q:
    return Q(lease_until__isnull=True) | Q(lease_until__lt=now)


def lanes_with_work(limit: int) -> list[str]:
    """Return up to `limit` lanes that nobody holds and that have an event or a due delivery, longest waiting first."""
    now = clock.now()
    waiting = InboundEvent.objects.filter(state=InboundEvent.State.NEW)
    oldest = waiting.order_by("pk").values_list("lane", flat=True)[:WINDOW]
    lanes = list(dict.fromkeys(oldest))
    held = set(Lane.objects.filter(pk__in=lanes, lease_until__gte=now).values_list("pk", flat=True))
    found = [lane for lane in lanes if lane not in held]
    if not found and lanes and len(oldest) == WINDOW:
        # All of the window belongs to lanes at work: look at everything.
        busy = Lane.objects.filter(lease_until__gte=now).values("pk")
        grouped = waiting.exclude(lane__in=busy).values("lane").annotate(first=Min("pk")).order_by("first")
        found = [row["lane"] for row in grouped[:limit]]
    due = Lane.objects.filter(_free(now), wake_at__lte=now).order_by("wake_at").values_list("pk", flat=True)[:limit]
    return list(dict.fromkeys([*found, *due]))[:limit]


def claim(lane: str) -> Lease | None:
    """Take the lane, or return None where another has it."""
    now = clock.now()
    owner = f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid.uuid4().hex[:16]}"
    # `stolen` comes first: MySQL assigns from left to right, and it must see the old owner.
    values = {
        "stolen": Case(When(owner="", then=F("stolen")), default=F("stolen") + 1, output_field=SmallIntegerField()),
        "owner": Value(owner),
        "claimed_at": now,
        "lease_until": _ends(),
    }
    stolen = 0
    if not Lane.objects.filter(_free(now), pk=lane).update(**values):
        if Lane.objects.filter(pk=lane).exists():
            return None
        try:
            Lane.objects.create(key=lane, owner=owner, claimed_at=now, lease_until=_ends())
        except IntegrityError:
            return None
    else:
        stolen = Lane.objects.filter(pk=lane).values_list("stolen", flat=True)[0]
    _renewer.hold(owner, lane)
    return Lease(lane, owner, stolen)


def fence(lease: Lease, **changes: Any) -> None:
    """Prove inside a transaction that the lease still holds, and write `changes` to the lane. LeaseLost where not."""
    if not Lane.objects.filter(pk=lease.lane, owner=lease.owner).update(stolen=0, lease_until=_ends(), **changes):
        raise LeaseLost(lease.lane)


def release(lease: Lease, wake_at: datetime | None) -> None:
    """Let the lane go; `wake_at` is when its next delivery is due."""
    _renewer.let_go(lease.owner)
    Lane.objects.filter(pk=lease.lane, owner=lease.owner).update(owner="", lease_until=None, wake_at=wake_at)


def abandon(lease: Lease) -> None:
    """Stop renewing a lease after an error: it runs out by itself, and the lane is found again."""
    _renewer.let_go(lease.owner)


class Renewer:
    """Renews the leases of this process in a thread, three times within a lease's life.

    A lease held for much longer than a turn lasts belongs to work that hangs, and is left to run out.
    """

    def __init__(self) -> None:
        self._held: dict[str, tuple[str, float]] = {}  # owner -> lane, since
        self._lock = threading.Lock()
        self._pid = 0

    def hold(self, owner: str, lane: str) -> None:
        if not settings.BACKGROUND_THREADS:
            return
        with self._lock:
            if self._pid != os.getpid():
                self._pid, self._held = os.getpid(), {}
                threading.Thread(target=self._run, name="leases", daemon=True).start()
            self._held[owner] = (lane, time.monotonic())

    def let_go(self, owner: str) -> None:
        with self._lock:
            self._held.pop(owner, None)

    def _run(self) -> None:
        while True:
            time.sleep(settings.LEASE_SECONDS / 3)
            try:
                self._renew()
            except (DatabaseError, InterfaceError):
                logger.warning("could not renew leases")
                connection.close()

    def _renew(self) -> None:
        oldest = time.monotonic() - settings.LANE_TURN_SECONDS - 10 * settings.HTTP_TIMEOUT
        with self._lock:
            held = {owner: lane for owner, (lane, since) in self._held.items() if since > oldest}
        if held:
            # By their keys: the owner has no index, and a scan would touch every lane there is.
            Lane.objects.filter(pk__in=list(held.values()), owner__in=list(held)).update(lease_until=_ends())


_renewer = Renewer()
