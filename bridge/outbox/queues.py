"""The outbox: sends what is owed, in order per lane and direction.

One thing passes another: what carries a file for which our storage has no room, or that needs a call at its limit, is
set aside, and words behind it go on. It is tried again in its old place, before all that is newer; files of which the
storage takes none keep their order (docs/decisions/0014).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bridge.base import clock, stopping
from bridge.lanes.leases import Lease, LeaseLost
from bridge.media.errors import STORAGE
from bridge.models import Delivery
from bridge.outbox import notices, waiting
from bridge.outbox.attempt import answer_passively, attempt
from bridge.outbox.ledger import Ledger
from bridge.outbox.permit import Permit
from bridge.outbox.settle import settle
from bridge.outbox.verdict import Follow, aside_behind, held_behind, joined
from bridge.platforms.registry import get_platform
from bridge.values.content import Link

State = Delivery.State


@dataclass(frozen=True)
class Pass:
    """What came of one look at a lane's outbox: whether anything was tried; whether nothing is left; when more is due."""

    tried: bool
    settled: bool
    due: datetime | None


def deliver_due(lease: Lease) -> Pass:
    """Send what is due in the lane, each direction in order."""
    found = waiting.queues(lease.lane)
    tried, settled = False, True
    for line in lines(lease, found):
        line.work()
        line.ledger.write()
        tried = tried or line.tried
        settled = line.is_settled and settled
    return Pass(tried, settled, None if settled else _next_due(found))


def deliver_all(lease: Lease, queues: waiting.Queues, ledgers: list[Ledger]) -> bool:
    """Send what is due in a lane; its ledgers are added to those to be written. Tell whether nothing is left."""
    settled = True
    for line in lines(lease, queues):
        try:
            line.work()
        except LeaseLost:
            return False
        ledgers.append(line.ledger)
        settled = line.is_settled and settled
    return settled


def lines(lease: Lease, queues: waiting.Queues) -> Iterator[Line]:
    """Return the lines of a lane, in the order in which they are worked on; each has a ledger of its own."""
    return (Line(direction, rows, list(rows), Ledger(lease)) for direction, rows in queues.items() if rows)


def next_due(lane: str) -> datetime | None:
    """Return when the lane's next delivery is due; what is held or stands behind another does not count."""
    return _next_due(waiting.queues(lane))


def _next_due(queues: waiting.Queues) -> datetime | None:
    """Of each direction count all that is set aside before the head of its line, and the head itself."""
    found = []
    for rows in queues.values():
        is_held = False
        for row in rows:
            if row.state == State.HELD:
                is_held = True
            elif not (is_held and row.needs_window):
                found.append(row.due_at)
                if row.state in waiting.IN_LINE:
                    break
    return min(found, default=None)


def _past_held(behind: list[Delivery]) -> list[Delivery]:
    """Return what goes on behind a delivery that waits for the customer to write: what needs no window."""
    return [row for row in behind if not row.needs_window]


@dataclass
class Line:
    """The deliveries of one direction, in order, and what one pass makes of them.

    `behind` are those whose turn has not come yet, `no_room` is the first file for which the storage has no room. `tried`
    says that something was done about at least one of them.
    """

    direction: str
    rows: list[Delivery]
    behind: list[Delivery]
    ledger: Ledger
    permit: Permit | None = None
    no_room: Delivery | None = None
    tried: bool = False

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing is left, after `work`."""
        full = len(self.rows) >= waiting.BATCH
        return not (full or self.ledger.owes or any(row.state in waiting.OPEN for row in self.rows))

    def work(self) -> None:
        """Deliver what is due and may go; what came of it is in the ledger."""
        self._deliver()
        if not self.tried:
            self._hold_behind_head()

    def _deliver(self) -> None:
        while self.behind and not stopping.is_told():
            delivery, is_due = self.behind[0], self.behind[0].due_at <= clock.now()
            if delivery.state == State.HELD:
                self.behind = _past_held(self.behind[1:])
                continue
            # What is set aside, due or not, keeps nobody waiting.
            if not (is_due or delivery.state == State.ASIDE):
                break
            self.behind.pop(0)
            if self.no_room and _needs_room(delivery):
                self._set_aside(delivery, self.no_room)
            elif is_due:
                self.tried = True
                if self._one(delivery) is Follow.WAIT:
                    break
            if self.ledger.owes:
                # What a seat is to hear goes out before the next message does.
                break
            if delivery.state == State.ASIDE and delivery.code == STORAGE:
                self.no_room = self.no_room or delivery

    def _one(self, delivery: Delivery) -> Follow:
        """Send one delivery. To a customer it goes as the answer to a waiting request, or within the window, or not."""
        if self.direction != Delivery.Direction.CUSTOMER:
            return attempt(self.ledger, delivery, None)
        if delivery.passive_for and answer_passively(self.ledger, delivery):
            return Follow.NEXT
        permit = self.permit = self.permit or Permit.of_lane(delivery.lane)
        if delivery.state != State.SENDING:
            if refusal := permit.refusal(delivery, get_platform(delivery.platform), clock.now()):
                return settle(self.ledger, delivery, refusal, permit)
            if self.behind:
                self._join(delivery, permit)
        return attempt(self.ledger, delivery, permit)

    def _join(self, delivery: Delivery, permit: Permit) -> None:
        """Say what the texts behind say in one message with this one, where little is left."""
        platform, behind = get_platform(delivery.platform), self.behind
        while behind and permit.joins(delivery) and permit.joins(behind[0]) and behind[0].state == State.QUEUED:
            payload = platform.join(delivery.payload, behind[0].payload)
            if payload is None:
                return
            self.ledger.record(delivery, payload=payload)
            self.ledger.apply(behind.pop(0), joined(delivery, clock.now()))

    def _set_aside(self, delivery: Delivery, first: Delivery) -> None:
        """Let a file wait behind another one for which there is no room; nothing where it does already."""
        verdict = aside_behind(delivery, first, clock.now())
        if verdict:
            self.tried = True
            self.ledger.apply(delivery, verdict)
            if verdict.told:
                notices.report(self.ledger, delivery, verdict.told)

    def _hold_behind_head(self) -> None:
        """Where the head is held, hold all that stands behind it; the seat hears once of each message."""
        before = next((row for row in self.rows if row.state != State.ASIDE), None)
        if before is None or before.state != State.HELD:
            return
        head = before
        for delivery in self._queued_behind(head):
            self.tried = True
            verdict = held_behind(delivery, head, clock.now())
            self.ledger.apply(delivery, verdict)
            if verdict.told and before.message_id != delivery.message_id:
                notices.report(self.ledger, delivery, verdict.told)
            before = delivery

    def _queued_behind(self, head: Delivery) -> list[Delivery]:
        behind = Delivery.objects.filter(lane=head.lane, direction=self.direction, pk__gt=head.pk)
        queued = behind.filter(state__in=(State.QUEUED, State.ASIDE), needs_window=True).order_by("pk")
        return list(queued.select_related("message"))


def _needs_room(delivery: Delivery) -> bool:
    carries = delivery.content is not None and delivery.content["type"] != Link.__name__
    return carries and delivery.is_unprepared and delivery.state in (State.QUEUED, State.ASIDE)
