"""How a delivery can end that was not done."""

from __future__ import annotations

from enum import Enum


class Outcome(Enum):
    """What to do about a delivery that was not done."""

    RETRY = "retry"  # again later, with a growing pause
    CHANCE = "chance"  # once more at once after something was put right; the second time it is a failure
    HOLD = "hold"  # until the customer writes again
    FAIL = "fail"  # never
    STOP = "stop"  # the endpoint as a whole is refused: keep the delivery, raise an alarm, try slowly
    UNKNOWN = "unknown"  # it may or may not have arrived
    DROP = "drop"  # never, and nobody need hear of it
    ASIDE = "aside"  # our storage takes no file now: later, and words of the lane may pass meanwhile
    LIMIT = "limit"  # a limit of one call is reached: after the pause, and only what needs that call waits
    WAIT = "wait"  # another process may still be at it: look again after the pause


class DeliveryError(Exception):
    """A delivery that was not done: the platform's code, the reason in words, and what to do.

    `chance` names what was put right for Outcome.CHANCE, so that each is used once per delivery; `pause` is how long
    to wait before it, in seconds; `after` is what follows when the chance was already used. `window` says that the
    customer's window is to blame: `windows.COUNT` or `windows.TIME`; `alarm` that somebody must do something about it.
    """

    def __init__(
        self,
        code: str,
        reason: str,
        outcome: Outcome,
        *,
        chance: str = "",
        pause: float = 0.0,
        after: Outcome = Outcome.FAIL,
        window: str = "",
        alarm: bool = False,
    ) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.outcome = outcome
        self.chance = chance
        self.pause = pause
        self.after = after
        self.window = window
        self.alarm = alarm
