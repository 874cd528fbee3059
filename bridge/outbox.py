"""The outbox: sends what is owed, in order per lane and direction.

One thing passes another: what carries a file for which our storage has no room, or that needs a call at its limit, is
set aside, and words behind it go on. It is tried again in its old place, before all that is newer; files of which the
storage takes none keep their order (docs/decisions/0014).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet, prefetch_related_objects

from bridge import clock
from bridge.aside import stay_behind
from bridge.attempts import answer_passively, attempt
from bridge.content import Link
from bridge.lanes import Lease
from bridge.ledger import Ledger
from bridge.media.errors import STORAGE
from bridge.models import Delivery
from bridge.permits import Permit
from bridge.platforms.registry import get_platform
from bridge.settling import hold_behind, settle

BATCH = 20
State = Delivery.State
_IN_LINE = (State.QUEUED, State.SENDING, State.HELD)
_OPEN = (*_IN_LINE, State.ASIDE)
# A seat hears what became of its messages before the next one goes out.
_WAYS = (Delivery.Direction.SEAT.value, Delivery.Direction.CUSTOMER.value)


@dataclass(frozen=True)
class Pass:
    """What came of one look at a lane's outbox: whether anything was tried; whether nothing is left; when more is due."""

    tried: bool
    settled: bool
    due: datetime | None


def deliver_due(lease: Lease) -> Pass:
    """Send what is due in the lane, each direction in order."""
    queues = _queues(lease.lane)
    passed = [_deliver_direction(lease, direction, rows) for direction, rows in queues.items()]
    return Pass(
        tried=any(tried for tried, _settled in passed),
        settled=all(settled for _tried, settled in passed),
        due=min((due for rows in queues.values() for due in _dues(rows)), default=None),
    )


def _dues(rows: list[Delivery]) -> Iterator[datetime]:
    """Yield when something of a direction is due: all that is set aside before the line's head, and the head itself."""
    for row in rows:
        if row.state == State.ASIDE:
            yield row.due_at
        elif row.state in _IN_LINE:
            if row.state != State.HELD:
                yield row.due_at
            return


def _queues(lane: str) -> dict[str, list[Delivery]]:
    """Return what is open in the lane, in order: of each direction at most BATCH in line, and as many set aside."""
    open_ = Delivery.objects.filter(lane=lane, state__in=_OPEN).order_by("pk")
    rows = list(open_[: 2 * BATCH])
    if len(rows) < 2 * BATCH:
        queues = {way: _batch([row for row in rows if row.direction == way]) for way in _WAYS}
    else:
        # Those of one direction may hide the other's.
        queues = {way: _read(open_.filter(direction=way)) for way in _WAYS}
    # Only what goes to a customer depends on what its message is.
    prefetch_related_objects(queues[Delivery.Direction.CUSTOMER.value], "message")
    return queues


def _batch(rows: list[Delivery]) -> list[Delivery]:
    """Return the rows up to the BATCHth in line."""
    in_line = [row for row in rows if row.state != State.ASIDE]
    return [row for row in rows if row.pk <= in_line[BATCH - 1].pk] if len(in_line) >= BATCH else rows


def _read(rows: QuerySet[Delivery]) -> list[Delivery]:
    """Return the first rows in line and the first set aside, in order."""
    in_line = list(rows.exclude(state=State.ASIDE)[:BATCH])
    aside = rows.filter(state=State.ASIDE)
    if len(in_line) == BATCH:
        aside = aside.filter(pk__lt=in_line[-1].pk)
    return sorted([*in_line, *aside[:BATCH]], key=lambda row: row.pk)


def _deliver_direction(lease: Lease, direction: str, rows: list[Delivery]) -> tuple[bool, bool]:
    """Work on one direction; tell whether anything was tried, and whether nothing is left of it."""
    if not rows:
        return False, True
    ledger, full = Ledger(lease), len(rows) >= BATCH
    tried = _deliver(ledger, list(rows))
    head = next((row for row in rows if row.state != State.ASIDE), None)
    if head and head.state == State.HELD and not tried:
        waiting = Delivery.objects.filter(lane=lease.lane, direction=direction, pk__gt=head.pk)
        queued = waiting.filter(state__in=(State.QUEUED, State.ASIDE)).order_by("pk")
        tried = _hold_all(ledger, head, list(queued.select_related("message")))
    owes = ledger.owes
    ledger.write()
    return tried, not (full or owes or any(row.state in _OPEN for row in rows))


def _hold_all(ledger: Ledger, head: Delivery, behind: list[Delivery]) -> bool:
    """What stands behind a held delivery is held as well, and its seat told."""
    for before, delivery in zip([head, *behind], behind, strict=False):
        hold_behind(ledger, delivery, head, told=before.message_id == delivery.message_id)
    return bool(behind)


def _deliver(ledger: Ledger, rows: list[Delivery]) -> bool:
    permit, tried, no_room = None, False, None
    while rows and rows[0].state != State.HELD and (rows[0].state == State.ASIDE or rows[0].due_at <= clock.now()):
        delivery = rows.pop(0)
        if no_room and _needs_room(delivery):
            tried = stay_behind(ledger, delivery, no_room) or tried
        elif delivery.due_at <= clock.now():
            tried = True
            permit = permit or _permit(delivery)
            if not _one(ledger, delivery, rows, permit):
                break
        if ledger.owes:
            # What a seat is to hear goes out before the next message does.
            break
        if delivery.state == State.ASIDE and delivery.code == STORAGE:
            no_room = no_room or delivery
    return tried


def _needs_room(delivery: Delivery) -> bool:
    carries = delivery.content is not None and delivery.content["type"] != Link.__name__
    return carries and not delivery.payload and delivery.state in (State.QUEUED, State.ASIDE)


def _permit(delivery: Delivery) -> Permit:
    to_customer = delivery.direction == Delivery.Direction.CUSTOMER
    return Permit.of_lane(delivery.lane) if to_customer else Permit.unlimited()


def _one(ledger: Ledger, delivery: Delivery, behind: list[Delivery], permit: Permit) -> bool:
    """Refuse it where WeChat would, else try it; tell whether the next may follow."""
    platform = get_platform(delivery.platform)
    if answer_passively(ledger, delivery):
        return True
    if delivery.state != State.SENDING:
        if refusal := permit.refuse(delivery, platform, clock.now()):
            return settle(ledger, delivery, refusal, permit)
        _join(ledger, delivery, behind, permit)
    return attempt(ledger, delivery, permit)


def _join(ledger: Ledger, delivery: Delivery, behind: list[Delivery], permit: Permit) -> None:
    """Say what the texts behind say in one message with this one, where little is left."""
    platform = get_platform(delivery.platform)
    while behind and permit.joins(delivery) and permit.joins(behind[0]) and behind[0].state == State.QUEUED:
        payload = platform.join(delivery.payload, behind[0].payload)
        if payload is None:
            return
        ledger.note(delivery, payload=payload)
        reason = f"#{delivery.pk}"
        ledger.note(behind.pop(0), state=State.JOINED, reason=reason, finished_at=clock.now())


def next_due(lane: str) -> datetime | None:
    """Return when the lane's next delivery is due; what is held or stands behind another does not count."""
    queues = _queues(lane)
    return min((due for rows in queues.values() for due in _dues(rows)), default=None)
