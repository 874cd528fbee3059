"""The outbox: sends what is owed, in order per lane and direction."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _

from bridge import clock
from bridge.flight import Flight, Verdict, recorded, verdict
from bridge.lanes import Lease
from bridge.ledger import Ledger
from bridge.models import Delivery
from bridge.platforms.base import DeliveryError, Outcome, Platform
from bridge.platforms.registry import get_platform
from bridge.settling import clear_trouble, settle

logger = logging.getLogger(__name__)

BATCH = 20
PATIENCE = 15  # looks, 2 s apart, at a try whose process lives but was too slow to keep the lane
State = Delivery.State
_OPEN = (State.QUEUED, State.SENDING, State.HELD)


def deliver_due(lease: Lease) -> bool:
    """Send what is due in the lane, each direction in order; tell whether anything was tried."""
    tried = [_deliver_direction(lease, direction) for direction in Delivery.Direction.values]
    return any(tried)


def _deliver_direction(lease: Lease, direction: str) -> bool:
    rows = Delivery.objects.filter(lane=lease.lane, direction=direction, state__in=_OPEN).order_by("pk")
    ledger, tried = Ledger(lease), False
    for delivery in rows[:BATCH]:
        if delivery.state == State.HELD or delivery.due_at > clock.now():
            break
        tried = True
        if not _attempt(ledger, delivery):
            break
    ledger.write()
    return tried


def next_due(lane: str) -> datetime | None:
    """Return when the lane's next delivery is due; what is held or stands behind another does not count."""
    due = []
    for direction in Delivery.Direction.values:
        head = Delivery.objects.filter(lane=lane, direction=direction, state__in=_OPEN).order_by("pk").first()
        if head and head.state != State.HELD:
            due.append(head.due_at)
    return min(due, default=None)


def _attempt(ledger: Ledger, delivery: Delivery) -> bool:
    """Try one delivery; tell whether the next one of its direction may follow."""
    platform = get_platform(delivery.platform)
    error = _look_back(delivery, platform)
    if error is None:
        attempt = delivery.attempts + 1
        flight = None if platform.repeats_recognized else Flight(delivery.pk, attempt)
        # Written down before the call: after a crash we know that the outcome is unknown.
        ledger.note(delivery, state=State.SENDING, attempts=attempt)
        ledger.write()
        with recorded(flight):
            error = _send(platform, delivery)
        ledger.landed(flight)
    if error is None:
        clear_trouble(delivery)
        ledger.note(delivery, state=State.DONE, finished_at=clock.now(), code="", reason="")
        return True
    follow = settle(ledger, delivery, error)
    if error.outcome is Outcome.CHANCE and follow and delivery.state == State.QUEUED:
        return _attempt(ledger, delivery)
    return follow


def _send(platform: Platform, delivery: Delivery) -> DeliveryError | None:
    """Make the call; return what went wrong, None where nothing did."""
    try:
        platform.send(delivery)
    except DeliveryError as error:
        return error
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("delivery %s", delivery.pk)
        return DeliveryError("error", type(error).__name__, Outcome.RETRY)
    return None


def _look_back(delivery: Delivery, platform: Platform) -> DeliveryError | None:
    """Ask what became of a try that a crash interrupted; the error says UNKNOWN where it may have been sent."""
    if delivery.state != State.SENDING or platform.repeats_recognized:
        return None
    reason = _("the server stopped in the middle of sending")
    match verdict(delivery.pk, delivery.attempts):
        case Verdict.NOT_SENT:
            return None
        case Verdict.PENDING if delivery.chances.count("wait") < PATIENCE:
            return DeliveryError("crash", reason, Outcome.WAIT, pause=2.0)
    return DeliveryError("crash", reason, Outcome.UNKNOWN)
