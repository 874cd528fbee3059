"""The outbox as one state machine: what an answer makes of a delivery, and of what stands behind it. Pure.

    QUEUED ── try ──> SENDING ──> DONE          it was taken
      ^  ^              |  |────> UNKNOWN       it may have been taken, and the platform knows no repeats
      |  '── again ─────'  |────> FAILED        it was refused, or tried too often
      |                    |────> HELD ───────> QUEUED when the customer writes
      '── when it is due ──'────> ASIDE ──────> tried when it is due; words pass it meanwhile
    Without a try: QUEUED ──> HELD, FAILED, DROPPED (refused by us), JOINED (another one carries its words)

docs/decisions/0015 has the whole table; `tests/bridge/outbox/test_verdict.py` compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.utils.translation import gettext as _

from bridge.base.flight import Trace
from bridge.models import Delivery
from bridge.observe.troubles import STOP_PAUSE
from bridge.values.outcomes import Chance, DeliveryError, Outcome
from bridge.values.windows import COUNT

MAX_PAUSE = 300  # seconds between two tries at most
FIRST_PAUSE = 5  # seconds until a file is tried again for which there was no room
LOOKS = 15  # looks, 2 s apart, at a try whose process lives but was too slow to keep the lane
LOOK_PAUSE = 2.0
State = Delivery.State


class Follow(Enum):
    """What its line does after a delivery was dealt with."""

    NEXT = "next"  # the delivery behind it may go
    SAME = "same"  # the same delivery once more, at once
    WAIT = "wait"  # all behind it waits until it is due


@dataclass(frozen=True)
class Rules:
    """What site, account and platform say about deliveries that were not done. Times in seconds."""

    max_tries: int
    repeats: bool  # an unknown outcome is tried again
    over_count: Outcome  # HOLD or FAIL, for what is over the window's count
    over_time: Outcome  # HOLD or FAIL, for what comes after the window's end
    storage_pause: float  # at most, between two tries of a file for which there is no room
    storage_patience: float  # for how long such a file is tried


@dataclass(frozen=True)
class Verdict:
    """What becomes of a delivery: its next state, its other columns that change, and what its line does next.

    `outcome` is None where it was done or never tried. `told` is the state in whose words the seat hears of it, None where
    it hears nothing.
    """

    state: State
    follow: Follow
    changes: Mapping[str, Any] = field(default_factory=dict)
    outcome: Outcome | None = None
    told: State | None = None


@dataclass(frozen=True)
class _Case:
    """One delivery that was not done, with all that its verdict depends on."""

    delivery: Delivery
    error: DeliveryError
    rules: Rules
    now: datetime

    @property
    def said(self) -> dict[str, str]:
        return {"code": self.error.code[:20], "reason": self.error.reason[:300]}

    @property
    def untried(self) -> dict[str, int]:
        """What kept it from being sent is no fault of its own, so it does not count as a try."""
        return {"attempts": max(self.delivery.attempts - 1, 0)}

    def after(self, pause: float) -> dict[str, datetime]:
        return {"due_at": self.now + timedelta(seconds=pause)}

    def verdict(self, outcome: Outcome) -> Verdict:
        """Return what this outcome makes of it. What is worth nothing later never waits; what is not kept is not sent again."""
        found = replace(_TRANSITIONS[outcome](self), outcome=outcome)
        if not self.delivery.kept and found.state in (State.FAILED, State.UNKNOWN):
            found = replace(found, state=State.DROPPED, told=None)
        if self.delivery.ephemeral and found.follow is not Follow.SAME and "finished_at" not in found.changes:
            return replace(dropped(self.now), outcome=outcome, changes={**found.changes, "finished_at": self.now})
        return found


def judge(delivery: Delivery, error: DeliveryError, rules: Rules, now: datetime) -> Verdict:
    """Return what a refusal or a failed try makes of the delivery, which is QUEUED, SENDING or ASIDE."""
    outcome = error.outcome
    if outcome is Outcome.CHANCE and error.chance in delivery.chances:
        outcome = error.after
    if error.window and outcome in (Outcome.HOLD, Outcome.FAIL):
        outcome = rules.over_count if error.window == COUNT else rules.over_time
        outcome = Outcome.DROP if delivery.ephemeral or delivery.notice else outcome
    if outcome is Outcome.UNKNOWN and rules.repeats:
        outcome = Outcome.RETRY
    if outcome is Outcome.ASIDE and _waited(delivery, now) > rules.storage_patience:
        outcome = Outcome.FAIL
    if outcome is Outcome.RETRY and delivery.attempts >= rules.max_tries:
        outcome = Outcome.FAIL
    return _Case(delivery, error, rules, now).verdict(outcome)


def _waited(delivery: Delivery, now: datetime) -> float:
    """Return for how many seconds a delivery has been set aside."""
    return (now - delivery.aside_since).total_seconds() if delivery.aside_since else 0.0


def _chance(case: _Case) -> Verdict:
    error, delivery = case.error, case.delivery
    changes = {**case.after(error.pause), "chances": [*delivery.chances, error.chance], **case.said}
    if error.chance is Chance.MEDIA and delivery.content:
        changes["payload"] = {}  # prepared afresh
    return Verdict(State.QUEUED, Follow.WAIT if error.pause else Follow.SAME, changes)


def _retry(case: _Case) -> Verdict:
    pause = case.error.pause or min(2 ** (case.delivery.attempts - 1), MAX_PAUSE)
    return Verdict(State.QUEUED, Follow.WAIT, {**case.after(pause), **case.said})


def _stop(case: _Case) -> Verdict:
    pause = case.error.pause or STOP_PAUSE
    return Verdict(State.QUEUED, Follow.WAIT, {**case.after(pause), **case.untried, **case.said})


def _look_again(case: _Case) -> Verdict:
    changes = {**case.after(case.error.pause), "looks": case.delivery.looks + 1}
    return Verdict(State(case.delivery.state), Follow.WAIT, changes)


def _storage(case: _Case) -> Verdict:
    """After half as long as it has waited, within bounds."""
    pause = min(max(_waited(case.delivery, case.now) / 2, FIRST_PAUSE), case.rules.storage_pause)
    return _aside(case.delivery, {**case.after(pause), **case.untried, **case.said}, case.now)


def _limit(case: _Case) -> Verdict:
    """Where preparing it needs the call at its limit, words pass it; where sending needs it, all must wait."""
    delivery, changes = case.delivery, {**case.after(case.error.pause), **case.untried, **case.said}
    if delivery.content and not delivery.payload:
        return _aside(delivery, changes, case.now)
    news = delivery.reason != case.said["reason"] and not delivery.ephemeral
    return Verdict(State.QUEUED, Follow.WAIT, changes, told=State.HELD if news else None)


def _aside(delivery: Delivery, changes: Mapping[str, Any], now: datetime) -> Verdict:
    """Words pass it until it is due; said once."""
    news = delivery.state != State.ASIDE or delivery.reason != changes["reason"]
    since = {"aside_since": delivery.aside_since or now}
    return Verdict(State.ASIDE, Follow.NEXT, {**changes, **since}, told=State.ASIDE if news else None)


def _hold(case: _Case) -> Verdict:
    return Verdict(State.HELD, Follow.NEXT, case.said, told=State.HELD)


def _ended(state: State) -> Callable[[_Case], Verdict]:
    def end(case: _Case) -> Verdict:
        told = None if case.delivery.ephemeral or state == State.DROPPED else state
        return Verdict(state, Follow.NEXT, {"finished_at": case.now, **case.said}, told=told)

    return end


_TRANSITIONS: dict[Outcome, Callable[[_Case], Verdict]] = {
    Outcome.CHANCE: _chance,
    Outcome.RETRY: _retry,
    Outcome.STOP: _stop,
    Outcome.WAIT: _look_again,
    Outcome.ASIDE: _storage,
    Outcome.LIMIT: _limit,
    Outcome.HOLD: _hold,
    Outcome.UNKNOWN: _ended(State.UNKNOWN),
    Outcome.FAIL: _ended(State.FAILED),
    Outcome.DROP: _ended(State.DROPPED),
}


def delivered(delivery: Delivery, now: datetime) -> Verdict:
    """The platform has taken it. What was said while it was prepared stays to be read; what went wrong before does not."""
    said = {"code": "", "reason": "" if delivery.code else delivery.reason}
    return Verdict(State.DONE, Follow.NEXT, {"finished_at": now, **said})


def dropped(now: datetime, reason: str = "") -> Verdict:
    """It is worth nothing later, and it cannot go now."""
    return Verdict(State.DROPPED, Follow.NEXT, {"finished_at": now, **({"reason": reason} if reason else {})})


def postponed(delivery: Delivery, pause: float, now: datetime) -> Verdict:
    """Its endpoint takes nothing for `pause` seconds, so it is not tried."""
    if delivery.ephemeral:
        return dropped(now)
    return Verdict(State(delivery.state), Follow.WAIT, {"due_at": now + timedelta(seconds=pause)})


def joined(first: Delivery, now: datetime) -> Verdict:
    """What it says goes out with `first`."""
    return Verdict(State.JOINED, Follow.NEXT, {"finished_at": now, "reason": f"#{first.pk}"})


def held_behind(delivery: Delivery, head: Delivery, now: datetime) -> Verdict:
    """It stands behind `head`, which waits for the customer to write. The seat hears once of each message."""
    if delivery.notice or delivery.ephemeral:
        return dropped(now, head.reason)
    return Verdict(State.HELD, Follow.NEXT, {"code": head.code, "reason": head.reason}, told=State.HELD)


def aside_behind(delivery: Delivery, first: Delivery, now: datetime) -> Verdict | None:
    """It carries a file, and stands behind a file for which there is no room: files keep their order. None: it waits already."""
    if delivery.state == State.ASIDE and delivery.due_at >= first.due_at:
        return None
    return _aside(delivery, {"due_at": max(first.due_at, now), "code": first.code, "reason": first.reason}, now)


def interrupted(delivery: Delivery, trace: Trace) -> DeliveryError | None:
    """Return what is known of a try that a crash interrupted, by its record; None where it surely was not sent."""
    if trace is Trace.NOT_SENT:
        return None
    reason = _("the server stopped in the middle of sending")
    if trace is Trace.PENDING and delivery.looks < LOOKS:
        return DeliveryError("crash", reason, Outcome.WAIT, pause=LOOK_PAUSE)
    return DeliveryError("crash", reason, Outcome.UNKNOWN)
