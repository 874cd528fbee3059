"""Several lanes' deliveries: what came of them is written together. They are sent side by side unless the platform is quick."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bridge.base import stopping
from bridge.lanes.leases import Lease
from bridge.models import Delivery
from bridge.outbox import beside, quickness
from bridge.outbox.ledger import Ledger, write_all
from bridge.outbox.queues import deliver_all
from bridge.outbox.waiting import Queues, queues_of
from bridge.platforms.registry import get_platform

WRITE_AFTER = 0.2  # seconds that the outcome of a delivery waits for those of other lanes


def deliver_together(leases: Sequence[Lease], seconds: float) -> list[Lease]:
    """Send what is due in several lanes with one owner; return those lanes in which nothing is left.

    After so many `seconds` no other lane is begun. What came of it is written together, at the latest WRITE_AFTER seconds
    after the first was sent, where the platform would drop what is sent once more after a crash; else at once.
    """
    waiting, settled, book = queues_of([lease.lane for lease in leases]), list[Lease](), _Book()
    _look_ahead(waiting)
    rest, ends = deque(leases), time.monotonic() + seconds
    try:
        while rest:
            if others := _beside(rest, waiting):
                settled += _side_by_side(others, waiting, book, ends)
                rest = deque(lease for lease in rest if lease not in others)
            else:
                settled += _alone(rest.popleft(), waiting, book)
            if time.monotonic() > ends or stopping.is_told():
                break
    finally:
        book.write()
    return settled


def _beside(leases: Iterable[Lease], waiting: dict[str, Queues]) -> list[Lease]:
    """Return the lanes that may go side by side, unless their platform is known to be quick; none where that would be one alone."""
    now = time.monotonic()
    found = [one for one in leases if not _is_quick(waiting[one.lane], now) and beside.may_go(waiting[one.lane])]
    return found if len(found) > 1 else []


def _is_quick(queues: Queues, now: float) -> bool:
    return all(quickness.is_quick(row.platform, now) for rows in queues.values() for row in rows)


def _alone(lease: Lease, waiting: dict[str, Queues], book: _Book) -> list[Lease]:
    own = waiting[lease.lane]
    if any(row.is_unprepared for rows in own.values() for row in rows):
        book.write()
    is_settled = deliver_all(lease, own, book.ledgers)
    book.write_in_time()
    return [lease] if is_settled else []


def _side_by_side(leases: Sequence[Lease], waiting: dict[str, Queues], book: _Book, ends: float) -> list[Lease]:
    settled = []
    for lease, sent in beside.send(leases, waiting, ends, WRITE_AFTER / 4):
        if lease and sent:
            book.ledgers += sent.ledgers
            if sent.is_settled:
                settled.append(lease)
        book.write_in_time()
    return settled


def _look_ahead(waiting: dict[str, Queues]) -> None:
    by_platform: dict[str, list[Delivery]] = {}
    for queues in waiting.values():
        for row in (row for rows in queues.values() for row in rows):
            by_platform.setdefault(row.platform, []).append(row)
    for name, deliveries in by_platform.items():
        get_platform(name).look_ahead(deliveries)


@dataclass
class _Book:
    """The ledgers of what was sent, until they are written."""

    ledgers: list[Ledger] = field(default_factory=list)
    written: float = field(default_factory=time.monotonic)

    def write_in_time(self) -> None:
        """Write them where one may wait no longer."""
        if time.monotonic() - self.written > WRITE_AFTER or any(ledger.page.flights for ledger in self.ledgers):
            self.write()

    def write(self) -> None:
        """Write all of them."""
        ledgers, self.ledgers, self.written = self.ledgers, [], time.monotonic()
        write_all(ledgers)
