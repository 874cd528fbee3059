"""A worker's turn on a lane: its events in order, then the deliveries that are due, until nothing is left.

`work` takes the turn and lets the lane go; `_turn` has its steps.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

from bridge.apply.applier import apply_event
from bridge.apply.standing import Standing
from bridge.base import clock, stopping, subject
from bridge.base.prepared import Given, Select
from bridge.inbox import spill
from bridge.lanes import leases, nudges
from bridge.lanes.leases import Lease, LeaseLost, fence, is_conflict
from bridge.live.parameters import parameters
from bridge.models import Delivery, InboundEvent
from bridge.observe import alarms
from bridge.outbox import failures, queues
from bridge.pipeline.filters.base import chain
from bridge.values.incoming import UnreadableError
from bridge.values.traces import trace_of

logger = structlog.get_logger(__name__)

BATCH = 20  # events that are read at a time
LOOK = 0.1  # seconds between the look at the spill and the look at the lane
MAX_CONFLICTS = 20  # times that one event is begun again because another transaction stood in its way
CRASHES = 10  # leases in a row that ran out without any progress: the lane's head kills its workers


def work_lane(lane: str) -> bool:
    """Take the lane and work on it; tell whether it could be taken."""
    lease = leases.claim(lane)
    if lease:
        work(lease)
    return lease is not None


def work(lease: Lease) -> None:
    """Work on a lane that was taken until nothing is left or the turn is over."""
    try:
        due = _turn(lease)
        leases.release(lease, due)
        if due:
            nudges.later((due - clock.now()).total_seconds())
    except LeaseLost:
        logger.warning("the lease of a lane went to another worker")
        leases.abandon(lease)
    except BaseException:
        leases.abandon(lease)
        raise


def _turn(lease: Lease) -> datetime | None:
    """Take one turn: until nothing is left or its time is over; return when the lane's next delivery is due."""
    ends = time.monotonic() + settings.LANE_TURN_SECONDS
    if lease.stolen >= CRASHES:
        _fail_head(lease)
    while time.monotonic() < ends and not stopping.is_told():
        events = next_events([lease.lane])
        if events is None:
            break
        standing = None
        for event in events:
            standing = _apply(lease, event, standing)
        passed = queues.deliver_due(lease)
        if passed.settled and len(events) < BATCH:
            # What has come meanwhile is found by whoever looks for lanes next, this worker at the latest.
            return None
        if not passed.tried and not events:
            return passed.due
    return queues.next_due(lease.lane)


def next_events(lanes: Sequence[str]) -> list[InboundEvent] | None:
    """Return the lanes' waiting events, none of which has an older one in the spill; None while the spill is not empty.

    The spill is looked at first. Between the two looks less time passes than a customer needs to write again; where it was
    more, because this thread was held up, what came meanwhile is left for the next look.
    """
    if not spill.is_empty():
        return None
    events = _waiting(lanes)
    if not events or spill.age() < LOOK:
        return events
    if not spill.is_empty():
        return None
    last = events[-1].received_at
    return [event for event in _waiting(lanes) if event.received_at <= last]


def _waiting(lanes: Sequence[str]) -> list[InboundEvent]:
    return _events(BATCH * len(lanes)).all(lanes=lanes)


@cache
def _events(most: int) -> Select[InboundEvent]:
    """By the time at the door: what was spilled is stored later than it came in."""
    waiting = InboundEvent.objects.filter(lane__in=[Given("lanes")], state=InboundEvent.State.NEW)
    return Select(waiting.order_by("received_at", "pk")[:most])


def _apply(lease: Lease, event: InboundEvent, standing: Standing | None) -> Standing | None:
    """Apply one event. One that cannot be applied ends as failed after a few tries, and the next one follows.

    `standing` is how the event before left the lane; None after a failure, so that it is read afresh.
    """
    conflicts = 0
    while True:
        try:
            with subject.about(event_id=event.pk, lane=lease.lane, account_id=event.account_id, dedup=event.dedup):
                return apply_event(lease, event, chain(), standing)
        except LeaseLost:
            raise
        except (OperationalError, InterfaceError) as error:
            # Not the event's fault. Two transactions in each other's way: again, at once. A database away: later.
            conflicts += 1
            if not is_conflict(error) or conflicts > MAX_CONFLICTS:
                raise
        except UnreadableError as error:
            # Its words may be the event's own: they stand with it in the admin.
            _say_failed(event, "an event cannot be read")
            event.tries = parameters.EVENT_MAX_TRIES
            _record_failure(lease, event, str(error))
            alarms.cannot_read(event)
            return None
        except Exception as error:
            _say_failed(event, "an event failed", exc_info=True)
            event.tries += 1
            # The exception's text may hold what must not be stored; its type and place are in the log.
            _record_failure(lease, event, type(error).__name__)
            if event.tries >= parameters.EVENT_MAX_TRIES:
                return None
        standing = None


def _say_failed(event: InboundEvent, said: str, **more: Any) -> None:
    trace = trace_of(event.pk)
    logger.error(said, trace=trace, account=event.account_id, platform=event.platform, kind=event.kind, **more)


def _record_failure(lease: Lease, event: InboundEvent, reason: str) -> None:
    last = event.tries >= parameters.EVENT_MAX_TRIES
    changes: dict[str, Any] = {"state": InboundEvent.State.FAILED, "finished_at": clock.now()} if last else {}
    if last and failures.names_others(event):
        changes["body"] = ""
    with transaction.atomic():
        fence(lease)
        InboundEvent.objects.filter(pk=event.pk).update(tries=event.tries, reason=reason[:300], **changes)
        if last:
            Delivery.objects.bulk_create(failures.notices(event))


def _fail_head(lease: Lease) -> None:
    for event in _waiting([lease.lane])[:1]:
        event.tries = parameters.EVENT_MAX_TRIES
        _record_failure(lease, event, _("the worker died %d times while working on it") % lease.stolen)


def work_all(limit: int | None = None) -> int:
    """Work on lanes until none has work; return how many turns were taken. For tests, tools and one-off runs."""
    taken = 0
    while spill.drain() and (limit is None or taken < limit):
        waiting = leases.lanes_with_work(8)
        worked = sum(work_lane(lane) for lane in waiting)
        if not worked:
            return taken
        taken += worked
    return taken
