"""The outbox: sends what is owed, in order per lane and direction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import prefetch_related_objects

from bridge import clock
from bridge.attempts import answer_passively, attempt
from bridge.lanes import Lease
from bridge.ledger import Ledger
from bridge.models import Delivery
from bridge.permits import Permit
from bridge.platforms.registry import get_platform
from bridge.settling import hold_behind, settle

BATCH = 20
State = Delivery.State
_OPEN = (State.QUEUED, State.SENDING, State.HELD)


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
    heads = [rows[0] for rows in queues.values() if rows and rows[0].state != State.HELD]
    return Pass(
        tried=any(tried for tried, _settled in passed),
        settled=all(settled for _tried, settled in passed),
        due=min((head.due_at for head in heads), default=None),
    )


def _queues(lane: str) -> dict[str, list[Delivery]]:
    """Return what is open in the lane, at most BATCH of each direction, in order."""
    open_ = Delivery.objects.filter(lane=lane, state__in=_OPEN).order_by("pk")
    rows = list(open_[: 2 * BATCH])
    ways = Delivery.Direction.values
    if len(rows) < 2 * BATCH:
        queues = {way: [row for row in rows if row.direction == way][:BATCH] for way in ways}
    else:
        # Those of one direction may hide the other's.
        queues = {way: list(open_.filter(direction=way)[:BATCH]) for way in ways}
    # Only what goes to a customer depends on what its message is.
    prefetch_related_objects(queues[Delivery.Direction.CUSTOMER.value], "message")
    return queues


def _deliver_direction(lease: Lease, direction: str, rows: list[Delivery]) -> tuple[bool, bool]:
    """Work on one direction; tell whether anything was tried, and whether nothing is left of it."""
    if not rows:
        return False, True
    ledger, full = Ledger(lease), len(rows) == BATCH
    if rows[0].state == State.HELD:
        queued = Delivery.objects.filter(lane=lease.lane, direction=direction, state=State.QUEUED).order_by("pk")
        tried = _hold_all(ledger, rows[0], list(queued.select_related("message")))
    else:
        tried = _deliver(ledger, list(rows))
    owes = ledger.owes
    ledger.write()
    return tried, not (full or owes or any(row.state in _OPEN for row in rows))


def _hold_all(ledger: Ledger, head: Delivery, behind: list[Delivery]) -> bool:
    """What stands behind a held delivery is held as well, and its seat told."""
    for before, delivery in zip([head, *behind], behind, strict=False):
        hold_behind(ledger, delivery, head, told=before.message_id == delivery.message_id)
    return bool(behind)


def _deliver(ledger: Ledger, rows: list[Delivery]) -> bool:
    permit, tried = None, False
    while rows and rows[0].state != State.HELD and rows[0].due_at <= clock.now():
        tried, delivery = True, rows.pop(0)
        if permit is None:
            to_customer = delivery.direction == Delivery.Direction.CUSTOMER
            permit = Permit.of_lane(delivery.lane) if to_customer else Permit.unlimited()
        if not _one(ledger, delivery, rows, permit):
            break
    return tried


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
    due = []
    for direction in Delivery.Direction.values:
        head = Delivery.objects.filter(lane=lane, direction=direction, state__in=_OPEN).order_by("pk").first()
        if head and head.state != State.HELD:
            due.append(head.due_at)
    return min(due, default=None)
