"""Settling: writes a verdict down, and tells all who must know: the window, the seat, the reports, the administrators."""

from __future__ import annotations

from bridge.base import clock
from bridge.inbox.events import AnswerHeld
from bridge.live.endpoints import endpoints
from bridge.live.parameters import parameters, parameters_of
from bridge.models import Account, Delivery, Fact
from bridge.observe import alarms, troubles
from bridge.outbox import notices, templates
from bridge.outbox.ledger import Ledger
from bridge.outbox.permit import Permit
from bridge.outbox.verdict import Follow, Rules, delivered, judge
from bridge.platforms.registry import get_platform
from bridge.values.outcomes import DeliveryError, Outcome
from bridge.values.windows import TIME

State = Delivery.State


def settle(ledger: Ledger, delivery: Delivery, error: DeliveryError, permit: Permit | None) -> Follow:
    """Write down what a refusal or a failed try means; return what the line does next.

    `permit`: the window of the customer it goes to, None where it goes to a seat.
    """
    verdict = judge(delivery, error, rules_for(delivery), clock.now())
    if error.alarm:
        alarms.raise_alarm(delivery, error.code, error.reason)
    if verdict.outcome is Outcome.STOP:
        troubles.stop(delivery, error)
    if permit and (window := permit.learn(error, verdict.outcome, clock.now(), counts=delivery.needs_window)):
        ledger.record_window(window)
    ledger.apply(delivery, verdict)
    _count(ledger, delivery, error, verdict.outcome)
    if verdict.told:
        notices.report(ledger, delivery, verdict.told)
    if verdict.state == State.HELD and error.window and templates.invites(delivery, error.window):
        ledger.post(AnswerHeld(delivery.conversation_id or 0))
    return verdict.follow


def _count(ledger: Ledger, delivery: Delivery, error: DeliveryError, outcome: Outcome | None) -> None:
    """Keep for the reports what the window refused, and what did not arrive."""
    if error.window and outcome in (Outcome.HOLD, Outcome.FAIL):
        ledger.count(Fact.Kind.REFUSED, delivery, error.window)
    if outcome in (Outcome.FAIL, Outcome.UNKNOWN) and not delivery.ephemeral:
        ledger.count(Fact.Kind.FAILED, delivery, delivery.code)


def settle_delivered(ledger: Ledger, delivery: Delivery, permit: Permit | None) -> Follow:
    """Write down that the platform has taken it, and what that costs of the customer's window."""
    if delivery.code:
        # Only a delivery that was refused before can tell that a trouble is over.
        troubles.clear(delivery)
    verdict = delivered(delivery, clock.now())
    ledger.apply(delivery, verdict)
    if permit and not delivery.ephemeral and delivery.needs_window:
        permit.window = permit.window.spent()
        ledger.record_window(permit.window)
        if words := permit.low(clock.now()):
            notices.notify_seat(ledger, delivery, words)
    return verdict.follow


def rules_for(delivery: Delivery) -> Rules:
    """Return what is in force for a delivery that was not done."""
    account = endpoints.account(delivery.account_id)
    resend = parameters_of(delivery.account_id).UNKNOWN_OUTCOME == "resend"
    return Rules(
        max_tries=parameters.DELIVERY_MAX_TRIES,
        repeats=resend or get_platform(delivery.platform).repeats_recognized,
        over_count=_wanted(account.over_count if account else None),
        over_time=Outcome.HOLD
        if templates.invites(delivery, TIME)
        else _wanted(account.over_time if account else None),
        storage_pause=parameters.STORAGE_RETRY_SECONDS,
        storage_patience=parameters.STORAGE_WAIT_HOURS * 3600,
    )


def _wanted(policy: str | None) -> Outcome:
    return Outcome.HOLD if policy == Account.Policy.HOLD else Outcome.FAIL
