"""The outbox: sends what is owed, in order per lane and direction, and settles each try."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import OperationalError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge import clock, flight, owing
from bridge.agents import directory
from bridge.content import Notice
from bridge.lanes import Lease, fence
from bridge.models import Delivery, TencentIMApp, WeChatAccount
from bridge.platforms.base import DeliveryError, Outcome, Platform
from bridge.platforms.registry import get_platform

logger = logging.getLogger(__name__)

BATCH = 20
MAX_PAUSE = 300  # seconds between two tries at most
STOP_PAUSE = 60  # seconds between two tries while an endpoint refuses us as a whole
State = Delivery.State
_OPEN = (State.QUEUED, State.SENDING, State.HELD)


def deliver_due(lease: Lease) -> bool:
    """Send what is due in the lane, each direction in order; tell whether anything was tried."""
    tried = [_deliver_direction(lease, direction) for direction in Delivery.Direction.values]
    return any(tried)


def _waiting(lane: str, direction: str) -> list[Delivery]:
    rows = Delivery.objects.filter(lane=lane, direction=direction, state__in=_OPEN)
    return list(rows.select_related("account").order_by("pk")[:BATCH])


def _deliver_direction(lease: Lease, direction: str) -> bool:
    tried = False
    for delivery in _waiting(lease.lane, direction):
        if delivery.state == State.HELD or delivery.due_at > clock.now():
            break
        tried = True
        if not _attempt(lease, delivery):
            break
    return tried


def next_due(lane: str) -> datetime | None:
    """Return when the lane's next delivery is due; what is held or stands behind another does not count."""
    due = []
    for direction in Delivery.Direction.values:
        head = Delivery.objects.filter(lane=lane, direction=direction, state__in=_OPEN).order_by("pk").first()
        if head and head.state != State.HELD:
            due.append(head.due_at)
    return min(due, default=None)


def _attempt(lease: Lease, delivery: Delivery) -> bool:
    """Try one delivery; tell whether the next one of its direction may follow."""
    platform = get_platform(delivery.platform)
    if error := _look_back(delivery, platform):
        return _settle(lease, delivery, error)
    attempt = delivery.attempts + 1
    with flight.armed(delivery.pk, attempt):
        # Written down before the call: after a crash we know that the outcome is unknown.
        _write(lease, delivery, state=State.SENDING, attempts=attempt)
        error = _send(platform, delivery)
        if error is None:
            _succeed(lease, delivery)
            return True
        return _settle(lease, delivery, error)


def _send(platform: Platform, delivery: Delivery) -> DeliveryError | None:
    """Make the call; return what went wrong, None where nothing did."""
    try:
        platform.send(delivery)
    except DeliveryError as error:
        return error
    except OperationalError:
        raise
    except Exception as error:
        logger.exception("delivery %s", delivery.pk)
        return DeliveryError("error", type(error).__name__, Outcome.RETRY)
    return None


def _look_back(delivery: Delivery, platform: Platform) -> DeliveryError | None:
    """Ask what became of a try that a crash interrupted; the error says UNKNOWN where it may have been sent."""
    if delivery.state != State.SENDING or platform.repeats_recognized:
        return None
    if flight.verdict(delivery.pk, delivery.attempts) is flight.Verdict.NOT_SENT:
        return None
    return DeliveryError("crash", _("the server stopped in the middle of sending"), Outcome.UNKNOWN)


def _write(lease: Lease, delivery: Delivery, **changes: object) -> None:
    with transaction.atomic():
        fence(lease)
        Delivery.objects.filter(pk=delivery.pk).update(**changes)
    for name, value in changes.items():
        setattr(delivery, name, value)


def _succeed(lease: Lease, delivery: Delivery) -> None:
    had_trouble = bool(delivery.code)
    _write(lease, delivery, state=State.DONE, finished_at=clock.now(), code="", reason="")
    account = delivery.account
    if account and account.trouble:
        WeChatAccount.objects.filter(pk=account.pk).update(trouble="", trouble_since=None)
    elif had_trouble and not account:
        TencentIMApp.objects.exclude(trouble="").update(trouble="", trouble_since=None)


def _settle(lease: Lease, delivery: Delivery, error: DeliveryError) -> bool:
    """Write down what a failed try means; tell whether the next delivery of the direction may follow."""
    said = {"code": error.code[:20], "reason": error.reason[:300]}
    outcome = _judge(delivery, error)
    match outcome:
        case Outcome.CHANCE:
            due = clock.now() + timedelta(seconds=error.pause)
            chances = [*delivery.chances, error.chance]
            _write(lease, delivery, state=State.QUEUED, due_at=due, chances=chances, **said)
            return not error.pause and _attempt(lease, delivery)
        case Outcome.RETRY:
            pause = error.pause or min(2 ** (delivery.attempts - 1), MAX_PAUSE)
            due = clock.now() + timedelta(seconds=pause)
            _write(lease, delivery, state=State.QUEUED, due_at=due, **said)
        case Outcome.STOP:
            _stop(lease, delivery, said)
        case Outcome.HOLD:
            _end(lease, delivery, State.HELD, said)
        case Outcome.UNKNOWN:
            _end(lease, delivery, State.UNKNOWN, said)
            return True
        case Outcome.FAIL:
            _end(lease, delivery, State.FAILED, said)
            return True
    return False


def _judge(delivery: Delivery, error: DeliveryError) -> Outcome:
    """Return what to do, with the delivery's history and the parameters taken into account."""
    outcome = error.outcome
    if outcome is Outcome.CHANCE and error.chance in delivery.chances:
        outcome = error.after
    if outcome is Outcome.UNKNOWN:
        repeatable = get_platform(delivery.platform).repeats_recognized
        if repeatable or settings.UNKNOWN_OUTCOME == "resend":
            outcome = Outcome.RETRY
    if outcome is Outcome.RETRY and delivery.attempts >= settings.DELIVERY_MAX_TRIES:
        outcome = Outcome.FAIL
    return outcome


def _stop(lease: Lease, delivery: Delivery, said: dict[str, str]) -> None:
    """Keep the delivery, note the endpoint's trouble, try slowly: it resumes by itself once the cause is mended."""
    now = clock.now()
    due = now + timedelta(seconds=STOP_PAUSE)
    _write(lease, delivery, state=State.QUEUED, due_at=due, attempts=max(delivery.attempts - 1, 0), **said)
    trouble = {"trouble": f"{said['code']}: {said['reason']}"[:300], "trouble_since": now}
    logger.error("%s refuses us: %s", delivery.platform, trouble["trouble"])
    if delivery.account_id:
        WeChatAccount.objects.filter(pk=delivery.account_id, trouble="").update(**trouble)
    else:
        TencentIMApp.objects.filter(trouble="").update(**trouble)


_SAID = {
    State.FAILED: gettext_noop("Not delivered: “%(text)s”. Reason: %(reason)s. #resend tries again."),
    State.UNKNOWN: gettext_noop("Perhaps not delivered: “%(text)s” (%(reason)s). If it did not arrive, #resend sends it again."),
    State.HELD: gettext_noop("Waiting: “%(text)s”. %(reason)s."),
}


def _end(lease: Lease, delivery: Delivery, state: Delivery.State, said: dict[str, str]) -> None:
    """End the delivery (or hold it), and tell the seat, in one transaction."""
    finished = None if state == State.HELD else clock.now()
    with transaction.atomic():
        fence(lease, wake_at=clock.now())
        Delivery.objects.filter(pk=delivery.pk).update(state=state, finished_at=finished, **said)
        if delivery.direction == Delivery.Direction.CUSTOMER and delivery.reports:
            _tell_seat(delivery, state, said["reason"])


def _tell_seat(delivery: Delivery, state: Delivery.State, reason: str) -> None:
    agent = directory().assigned(delivery.conversation_id) if delivery.conversation_id else None
    if agent is None:
        return
    text = delivery.message.preview[:40] if delivery.message else ""
    words = _(_SAID[state]) % {"text": text, "reason": reason}
    Delivery.objects.bulk_create(
        owing.deliveries(
            Notice(words),
            Delivery.Direction.SEAT,
            clock.now(),
            lane=delivery.lane,
            conversation_id=delivery.conversation_id,
            sender=delivery.lane,
            recipient=agent.im_id,
        )
    )
