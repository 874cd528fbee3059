"""Side by side: the deliveries of several lanes are sent at the same time, each lane's in its order, in threads of their own.

These threads write nothing: what came of it is written by the one that takes it. So only what needs no record before its call
goes this way, to a platform that recognizes a repeat.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection

from bridge.lanes.leases import Lease
from bridge.models import Delivery
from bridge.outbox.ledger import Ledger
from bridge.outbox.queues import deliver_all
from bridge.outbox.waiting import Queues
from bridge.platforms.registry import get_platform

THREADS = 16  # of a process: calls that are under way at once, beside those of its workers' own threads
State = Delivery.State
_pool = ThreadPoolExecutor(THREADS, "beside")


@dataclass
class Sent:
    """What a lane's thread has sent: its ledgers, and whether nothing is left in the lane."""

    ledgers: list[Ledger] = field(default_factory=list)
    is_settled: bool = False


def may_go(queues: Queues) -> bool:
    """Tell whether these deliveries may be sent beside those of other lanes: words to a seat that were never tried."""
    rows = [row for rows in queues.values() for row in rows]
    return bool(rows) and settings.BACKGROUND_THREADS and all(map(_is_simple, rows))


def _is_simple(row: Delivery) -> bool:
    known = get_platform(row.platform).repeats_recognized and row.direction == Delivery.Direction.SEAT
    return known and row.state == State.QUEUED and not row.attempts and not row.code and not row.is_unprepared


def send(
    leases: Sequence[Lease], waiting: dict[str, Queues], ends: float, pause: float
) -> Iterator[tuple[Lease | None, Sent | None]]:
    """Send what is due in these lanes; yield each lane that is done, and nothing where none was for `pause` seconds.

    After `ends` (time.monotonic) no other lane is begun. Raises: what a lane's thread raised, once none is under way and all
    that was sent has been yielded.
    """
    sent = {lease.lane: Sent() for lease in leases}
    tasks = {_pool.submit(_send, lease, waiting[lease.lane], sent[lease.lane]): lease for lease in leases}
    open_: set[Future[None]] = set(tasks)
    failed: BaseException | None = None
    try:
        while open_:
            done, open_ = wait(open_, pause, FIRST_COMPLETED)
            if failed or time.monotonic() > ends:
                open_ = {task for task in open_ if not task.cancel()}
            for task in done:
                failed = failed or task.exception()
                yield tasks[task], sent[tasks[task].lane]
            if not done:
                yield None, None
    finally:
        # Whoever takes what was sent may fail as well.
        wait([task for task in open_ if not task.cancel()])
    if failed:
        raise failed


def _send(lease: Lease, queues: Queues, sent: Sent) -> None:
    try:
        sent.is_settled = deliver_all(lease, queues, sent.ledgers)
    finally:
        connection.close()  # these threads seldom need one
