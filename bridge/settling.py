"""Settling: what a failed try means for a delivery, for its endpoint, and for the seat who wrote it."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge import clock, owing
from bridge.agents import directory
from bridge.content import Notice
from bridge.ledger import Ledger
from bridge.models import Delivery, TencentIMApp, WeChatAccount
from bridge.platforms.base import DeliveryError, Outcome
from bridge.platforms.registry import get_platform

logger = logging.getLogger(__name__)

MAX_PAUSE = 300  # seconds between two tries at most
STOP_PAUSE = 60  # seconds between two tries while an endpoint refuses us as a whole
State = Delivery.State


def settle(ledger: Ledger, delivery: Delivery, error: DeliveryError) -> bool:
    """Note what the failed try means; tell whether the direction may go on at once."""
    said = {"code": error.code[:20], "reason": error.reason[:300]}
    match judge(delivery, error):
        case Outcome.CHANCE:
            due = clock.now() + timedelta(seconds=error.pause)
            chances = [*delivery.chances, error.chance]
            ledger.note(delivery, state=State.QUEUED, due_at=due, chances=chances, **said)
            return not error.pause
        case Outcome.WAIT:
            due = clock.now() + timedelta(seconds=error.pause)
            ledger.note(delivery, due_at=due, chances=[*delivery.chances, "wait"])
        case Outcome.RETRY:
            pause = error.pause or min(2 ** (delivery.attempts - 1), MAX_PAUSE)
            ledger.note(delivery, state=State.QUEUED, due_at=clock.now() + timedelta(seconds=pause), **said)
        case Outcome.STOP:
            _stop(ledger, delivery, said)
        case Outcome.HOLD:
            ledger.note(delivery, state=State.HELD, **said)
            _tell_seat(ledger, delivery)
        case Outcome.UNKNOWN:
            return _end(ledger, delivery, State.UNKNOWN, said)
        case Outcome.FAIL:
            return _end(ledger, delivery, State.FAILED, said)
    return False


def judge(delivery: Delivery, error: DeliveryError) -> Outcome:
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


def _stop(ledger: Ledger, delivery: Delivery, said: dict[str, str]) -> None:
    """Keep the delivery, note the endpoint's trouble, try slowly: it resumes by itself once the cause is mended."""
    now = clock.now()
    due = now + timedelta(seconds=STOP_PAUSE)
    ledger.note(delivery, state=State.QUEUED, due_at=due, attempts=max(delivery.attempts - 1, 0), **said)
    trouble = {"trouble": f"{said['code']}: {said['reason']}"[:300], "trouble_since": now}
    logger.error("%s refuses us: %s", delivery.platform, trouble["trouble"])
    if delivery.account_id:
        WeChatAccount.objects.filter(pk=delivery.account_id, trouble="").update(**trouble)
    else:
        TencentIMApp.objects.filter(trouble="").update(**trouble)


def clear_trouble(delivery: Delivery) -> None:
    """The endpoint takes calls again; only a delivery that was refused before has anything to clear."""
    if not delivery.code:
        return
    clear = {"trouble": "", "trouble_since": None}
    if delivery.account_id:
        WeChatAccount.objects.filter(pk=delivery.account_id).exclude(trouble="").update(**clear)
    else:
        TencentIMApp.objects.exclude(trouble="").update(**clear)


def _end(ledger: Ledger, delivery: Delivery, state: Delivery.State, said: dict[str, str]) -> bool:
    ledger.note(delivery, state=state, finished_at=clock.now(), **said)
    _tell_seat(ledger, delivery)
    return True


_SAID = {
    State.FAILED: gettext_noop("Not delivered: “%(text)s”. Reason: %(reason)s. #resend tries again."),
    State.UNKNOWN: gettext_noop(
        "Perhaps not delivered: “%(text)s” (%(reason)s). If it did not arrive, #resend sends it again."
    ),
    State.HELD: gettext_noop("Waiting: “%(text)s”. %(reason)s."),
}


def _tell_seat(ledger: Ledger, delivery: Delivery) -> None:
    """Tell the seat that has the conversation what became of an answer to the customer."""
    if delivery.direction != Delivery.Direction.CUSTOMER or not delivery.reports or not delivery.conversation_id:
        return
    agent = directory().assigned(delivery.conversation_id)
    if agent is None:
        return
    text = delivery.message.preview[:40] if delivery.message else ""
    notice = Notice(_(_SAID[State(delivery.state)]) % {"text": text, "reason": delivery.reason})
    ends = {"conversation_id": delivery.conversation_id, "sender": delivery.lane, "recipient": agent.im_id}
    ledger.owe(owing.deliveries(notice, Delivery.Direction.SEAT, clock.now(), lane=delivery.lane, **ends))
