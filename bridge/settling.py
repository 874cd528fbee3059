"""Settling: what a failed try means for a delivery, for the customer's window, and for the seat who wrote it."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge import alarms, clock, owing, troubles
from bridge.agents import directory
from bridge.content import Notice
from bridge.endpoints import wechat_accounts
from bridge.ledger import Ledger
from bridge.models import Delivery, Fact, WeChatAccount
from bridge.parameters import parameters, parameters_of
from bridge.permits import Permit
from bridge.platforms.base import DeliveryError, Outcome
from bridge.platforms.registry import get_platform
from bridge.windows import COUNT

logger = logging.getLogger(__name__)

ASIDE = "aside:"  # among a delivery's chances, with the time: since when it is set aside
FIRST_PAUSE = 5  # seconds until a file is tried again for which there was no room
MAX_PAUSE = 300  # seconds between two tries at most
State = Delivery.State


def settle(ledger: Ledger, delivery: Delivery, error: DeliveryError, permit: Permit) -> bool:
    """Note what the failed try means; tell whether the direction may go on at once."""
    said = {"code": error.code[:20], "reason": error.reason[:300]}
    outcome = judge(delivery, error)
    if error.alarm:
        alarms.raise_alarm(delivery, error.code, error.reason)
    _learn(ledger, error, outcome, permit)
    if error.window and outcome in (Outcome.HOLD, Outcome.FAIL):
        ledger.count(Fact.Kind.REFUSED, delivery, error.window)
    match outcome:
        case Outcome.CHANCE:
            due = clock.now() + timedelta(seconds=error.pause)
            again: dict[str, object] = {"payload": {}} if error.chance == "media" and delivery.content else {}
            chances = [*delivery.chances, error.chance]
            ledger.note(delivery, state=State.QUEUED, due_at=due, chances=chances, **again, **said)
            return not error.pause
        case Outcome.WAIT:
            due = clock.now() + timedelta(seconds=error.pause)
            ledger.note(delivery, due_at=due, chances=[*delivery.chances, "wait"])
        case Outcome.RETRY:
            pause = error.pause or min(2 ** (delivery.attempts - 1), MAX_PAUSE)
            ledger.note(delivery, state=State.QUEUED, due_at=clock.now() + timedelta(seconds=pause), **said)
        case Outcome.STOP:
            pause = troubles.stop(delivery, error)
            due = clock.now() + timedelta(seconds=pause)
            _untried(ledger, delivery)
            ledger.note(delivery, state=State.QUEUED, due_at=due, **said)
        case Outcome.ASIDE:
            _untried(ledger, delivery)
            return _set_aside(ledger, delivery, _pause_of_storage(delivery), said)
        case Outcome.LIMIT:
            _untried(ledger, delivery)
            wait = _set_aside if delivery.content and not delivery.payload else _wait_for_limit
            return wait(ledger, delivery, error.pause, said)
        case Outcome.HOLD:
            ledger.note(delivery, state=State.HELD, **said)
            tell_seat(ledger, delivery, _said_of(delivery))
            return True
        case Outcome.UNKNOWN:
            return _end(ledger, delivery, State.UNKNOWN, said)
        case Outcome.FAIL:
            return _end(ledger, delivery, State.FAILED, said)
        case Outcome.DROP:
            ledger.note(delivery, state=State.DROPPED, finished_at=clock.now(), **said)
            return True
    return _gone_if_ephemeral(ledger, delivery)


def judge(delivery: Delivery, error: DeliveryError) -> Outcome:
    """Return what to do, with the delivery's history and the parameters taken into account."""
    outcome = error.outcome
    if outcome is Outcome.CHANCE and error.chance in delivery.chances:
        outcome = error.after
    if error.window and outcome in (Outcome.HOLD, Outcome.FAIL):
        outcome = _policy(delivery, error.window)
    if outcome is Outcome.UNKNOWN:
        repeatable = get_platform(delivery.platform).repeats_recognized
        if repeatable or parameters_of(delivery.account_id).UNKNOWN_OUTCOME == "resend":
            outcome = Outcome.RETRY
    if outcome is Outcome.ASIDE and _waited(delivery) > parameters.STORAGE_WAIT_HOURS * 3600:
        outcome = Outcome.FAIL
    if outcome is Outcome.RETRY and delivery.attempts >= parameters.DELIVERY_MAX_TRIES:
        outcome = Outcome.FAIL
    return outcome


def _policy(delivery: Delivery, why: str) -> Outcome:
    """Return what the account wants of a message that the window does not allow."""
    if delivery.ephemeral or delivery.notice:
        return Outcome.DROP
    account = wechat_accounts.get(str(delivery.account_id))
    if account is None:
        return Outcome.FAIL
    policy = account.over_count if why == COUNT else account.over_time
    return Outcome.HOLD if policy == WeChatAccount.Policy.HOLD else Outcome.FAIL


def _learn(ledger: Ledger, error: DeliveryError, outcome: Outcome, permit: Permit) -> None:
    """Take over what the platform said of the window; what may have arrived counts as sent."""
    before = permit.window
    if error.window and outcome is not Outcome.CHANCE:
        permit.window = before.refused(error.window, clock.now())
    elif outcome is Outcome.UNKNOWN:
        permit.window = before.spent()
    if permit.window != before:
        ledger.note_window(permit.window)


def _gone_if_ephemeral(ledger: Ledger, delivery: Delivery) -> bool:
    if delivery.ephemeral:
        ledger.note(delivery, state=State.DROPPED, finished_at=clock.now())
    return delivery.ephemeral


def hold_behind(ledger: Ledger, delivery: Delivery, head: Delivery, *, told: bool) -> None:
    """Hold what stands behind a held delivery; what is worth nothing later goes instead."""
    if delivery.notice or delivery.ephemeral:
        ledger.note(delivery, state=State.DROPPED, finished_at=clock.now(), reason=head.reason)
        return
    ledger.note(delivery, state=State.HELD, code=head.code, reason=head.reason)
    if not told:
        tell_seat(ledger, delivery, _said_of(delivery))


def _untried(ledger: Ledger, delivery: Delivery) -> None:
    """What kept it from being sent is no fault of its own, so it does not count as a try."""
    ledger.note(delivery, attempts=max(delivery.attempts - 1, 0))


def _set_aside(ledger: Ledger, delivery: Delivery, pause: float, said: dict[str, str]) -> bool:
    """Let what needs no file pass this delivery, and say so once; it is tried again after `pause` seconds."""
    news = delivery.state != State.ASIDE or delivery.reason != said["reason"]
    since = [] if _aside_since(delivery) else [f"{ASIDE}{clock.timestamp():.0f}"]
    due = clock.now() + timedelta(seconds=pause)
    ledger.note(delivery, state=State.ASIDE, due_at=due, chances=[*delivery.chances, *since], **said)
    if news:
        tell_seat(ledger, delivery, _said_of(delivery))
    return True


def _wait_for_limit(ledger: Ledger, delivery: Delivery, pause: float, said: dict[str, str]) -> bool:
    """The call that sends it is at its limit, so what stands behind waits as well."""
    news = delivery.reason != said["reason"]
    due = clock.now() + timedelta(seconds=pause)
    ledger.note(delivery, state=State.QUEUED, due_at=due, **said)
    if news and not delivery.ephemeral:
        words = gettext_noop("Waiting: “%(text)s”. %(reason)s.")
        tell_seat(ledger, delivery, _(words) % {"text": _text_of(delivery), "reason": delivery.reason})
    return _gone_if_ephemeral(ledger, delivery)


def stay_behind(ledger: Ledger, delivery: Delivery, first: Delivery) -> bool:
    """Set a file aside that stands behind another one for which the storage has no room: files keep their order.

    False where it was already.
    """
    if delivery.state == State.ASIDE and delivery.due_at >= first.due_at:
        return False
    pause = (first.due_at - clock.now()).total_seconds()
    return _set_aside(ledger, delivery, max(pause, 0.0), {"code": first.code, "reason": first.reason})


def _aside_since(delivery: Delivery) -> float:
    """Return when the delivery was first set aside, in seconds since the epoch; 0 for never."""
    return next((float(one.removeprefix(ASIDE)) for one in delivery.chances if one.startswith(ASIDE)), 0.0)


def _waited(delivery: Delivery) -> float:
    since = _aside_since(delivery)
    return clock.timestamp() - since if since else 0.0


def _pause_of_storage(delivery: Delivery) -> float:
    """Return in how many seconds to try again: half as long as it has waited, within bounds."""
    return min(max(_waited(delivery) / 2, FIRST_PAUSE), parameters.STORAGE_RETRY_SECONDS)


def _end(ledger: Ledger, delivery: Delivery, state: Delivery.State, said: dict[str, str]) -> bool:
    ledger.note(delivery, state=state, finished_at=clock.now(), **said)
    if not delivery.ephemeral:
        ledger.count(Fact.Kind.FAILED, delivery, said["code"])
        tell_seat(ledger, delivery, _said_of(delivery))
    return True


_SAID = {
    State.FAILED: gettext_noop("Not delivered: “%(text)s”. Reason: %(reason)s. #resend tries again."),
    State.UNKNOWN: gettext_noop(
        "Perhaps not delivered: “%(text)s” (%(reason)s). If it did not arrive, #resend sends it again."
    ),
    State.HELD: gettext_noop("Waiting: “%(text)s”. %(reason)s."),
    State.ASIDE: gettext_noop(
        "Waiting: “%(text)s”. %(reason)s. It goes out by itself later; texts you write meanwhile go before it."
    ),
}
# The same of what a customer sent, as far as their seat needs to know.
_SAID_OF_THEIRS = {
    State.FAILED: gettext_noop("“%(text)s” of the customer cannot be shown: %(reason)s."),
    State.ASIDE: gettext_noop(
        "“%(text)s” of the customer cannot be shown yet: %(reason)s. It comes by itself later; texts come before it."
    ),
}


def _text_of(delivery: Delivery) -> str:
    return delivery.message.preview[:40] if delivery.message else ""


def _said_of(delivery: Delivery) -> str:
    to_customer = delivery.direction == Delivery.Direction.CUSTOMER
    words = (_SAID if to_customer else _SAID_OF_THEIRS).get(State(delivery.state), "")
    return _(words) % {"text": _text_of(delivery), "reason": delivery.reason} if words else ""


def tell_seat(ledger: Ledger, delivery: Delivery, words: str) -> None:
    """Tell the seat that has the conversation something about a delivery to the customer, or about a customer's file."""
    recipient = _who_is_told(delivery) if delivery.reports and delivery.conversation_id and words else ""
    if not recipient:
        return
    ends = {"conversation_id": delivery.conversation_id, "sender": delivery.lane, "recipient": recipient}
    ledger.owe(owing.deliveries(Notice(words), Delivery.Direction.SEAT, clock.now(), lane=delivery.lane, **ends))


def _who_is_told(delivery: Delivery) -> str:
    """Return the IM account of who hears about a delivery; "" for nobody."""
    if delivery.direction == Delivery.Direction.CUSTOMER:
        agent = directory().assigned(delivery.conversation_id or 0)
        return agent.im_id if agent else ""
    # What a seat wrote elsewhere is shown to itself as well: of that it hears when it does not reach the customer.
    return delivery.recipient if delivery.content and delivery.sender == delivery.lane else ""
