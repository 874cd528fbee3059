"""Settling: what a failed try means for a delivery, for the customer's window, and for the seat who wrote it."""

from __future__ import annotations

import logging
from datetime import timedelta

from bridge import alarms, clock, troubles
from bridge.aside import pause_of_storage, set_aside, waited
from bridge.endpoints import wechat_accounts
from bridge.ledger import Ledger
from bridge.models import Delivery, Fact, WeChatAccount
from bridge.parameters import parameters, parameters_of
from bridge.permits import Permit
from bridge.platforms.base import DeliveryError, Outcome
from bridge.platforms.registry import get_platform
from bridge.telling import said_of, tell_seat, waits
from bridge.windows import COUNT

logger = logging.getLogger(__name__)

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
            return set_aside(ledger, delivery, pause_of_storage(delivery), said)
        case Outcome.LIMIT:
            _untried(ledger, delivery)
            wait = set_aside if delivery.content and not delivery.payload else _wait_for_limit
            return wait(ledger, delivery, error.pause, said)
        case Outcome.HOLD:
            ledger.note(delivery, state=State.HELD, **said)
            tell_seat(ledger, delivery, said_of(delivery))
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
    if outcome is Outcome.ASIDE and waited(delivery) > parameters.STORAGE_WAIT_HOURS * 3600:
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
        tell_seat(ledger, delivery, said_of(delivery))


def _untried(ledger: Ledger, delivery: Delivery) -> None:
    """What kept it from being sent is no fault of its own, so it does not count as a try."""
    ledger.note(delivery, attempts=max(delivery.attempts - 1, 0))


def _wait_for_limit(ledger: Ledger, delivery: Delivery, pause: float, said: dict[str, str]) -> bool:
    """The call that sends it is at its limit, so what stands behind waits as well."""
    news = delivery.reason != said["reason"]
    due = clock.now() + timedelta(seconds=pause)
    ledger.note(delivery, state=State.QUEUED, due_at=due, **said)
    if news and not delivery.ephemeral:
        tell_seat(ledger, delivery, waits(delivery))
    return _gone_if_ephemeral(ledger, delivery)


def _end(ledger: Ledger, delivery: Delivery, state: Delivery.State, said: dict[str, str]) -> bool:
    ledger.note(delivery, state=state, finished_at=clock.now(), **said)
    if not delivery.ephemeral:
        ledger.count(Fact.Kind.FAILED, delivery, said["code"])
        tell_seat(ledger, delivery, said_of(delivery))
    return True
