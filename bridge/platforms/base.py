"""What the bridge asks of a platform, and the words in which a platform answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from bridge.content import Content

if TYPE_CHECKING:
    from bridge.models import Delivery


@dataclass(frozen=True)
class Incoming:
    """What one event says, in the bridge's words.

    `side` is who it comes from: "customer", "seat", "presence" (a seat came or went) or "internal".
    `event` names a platform event, "" for a message. `ignored` says why the event is of no use to anyone.
    """

    side: str
    sender: str = ""
    recipient: str = ""
    contents: tuple[Content, ...] = ()
    event: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    ignored: str = ""


class Outcome(Enum):
    """What to do about a delivery that was not done."""

    RETRY = "retry"  # again later, with a growing pause
    CHANCE = "chance"  # once more at once after something was put right; the second time it is a failure
    HOLD = "hold"  # until the customer writes again
    FAIL = "fail"  # never
    STOP = "stop"  # the endpoint as a whole is refused: keep the delivery, raise an alarm, try slowly
    UNKNOWN = "unknown"  # it may or may not have arrived
    WAIT = "wait"  # another process may still be at it: look again after the pause


class DeliveryError(Exception):
    """A delivery that was not done: the platform's code, the reason in words, and what to do.

    `chance` names what was put right for Outcome.CHANCE, so that each is used once per delivery; `pause` is how long
    to wait before it, in seconds; `after` is what follows when the chance was already used.
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
    ) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.outcome = outcome
        self.chance = chance
        self.pause = pause
        self.after = after


class Platform:
    """One end of the bridge. A platform's folder subclasses this in `platform.py`.

    `repeats_recognized` says whether the platform itself drops a repeated call (promise 4).
    """

    name: ClassVar[str]
    repeats_recognized: ClassVar[bool] = False

    def parse(self, kind: str, body: str) -> Incoming:
        """Return what the event says. ValueError where the body is not what the platform sends."""
        raise NotImplementedError

    def render(self, content: Content) -> list[dict[str, Any]]:
        """Return the payloads that carry `content`, in order; one delivery each."""
        raise NotImplementedError

    def send(self, delivery: Delivery) -> None:
        """Make the delivery's call. DeliveryError where the platform did not take it."""
        raise NotImplementedError
