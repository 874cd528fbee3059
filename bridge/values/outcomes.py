"""Why a delivery was not done, as its platform or we ourselves say it."""

from __future__ import annotations

from enum import Enum, StrEnum


class Outcome(Enum):
    """What is to be done about a delivery that was not done."""

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


class Chance(StrEnum):
    """What was put right before a delivery is tried once more. Each helps a delivery once."""

    TOKEN = "token"  # noqa: S105  an access token was fetched afresh
    SIGNATURE = "sig"  # a user signature was made afresh
    IMPORT = "import"  # the accounts were imported
    MEDIA = "media"  # what was uploaded is uploaded afresh
    COUNT = "count"  # WeChat may not have counted the customer's message yet: it had a moment


class DeliveryError(Exception):
    """A delivery that was not done: the platform's code, the reason in words, and what to do.

    `chance` says what was put right for Outcome.CHANCE; `pause` is how long to wait before the next try, in seconds; `after`
    is what follows when the chance was already used. `window` says that the customer's window is to blame: `windows.COUNT`
    or `windows.TIME`; `alarm` that somebody must do something about it. Nothing changes an error that was raised.
    """

    def __init__(
        self,
        code: str,
        reason: str,
        outcome: Outcome,
        *,
        chance: Chance | None = None,
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

    def turned(self, outcome: Outcome) -> DeliveryError:
        """Return the same error with another outcome."""
        return DeliveryError(
            self.code,
            self.reason,
            outcome,
            chance=self.chance,
            pause=self.pause,
            after=self.after,
            window=self.window,
            alarm=self.alarm,
        )
