"""What the bridge asks of a platform, and the words in which a platform answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from bridge.content import Content
from bridge.platforms.checks import Check
from bridge.redaction import Rules
from bridge.windows import Grant

if TYPE_CHECKING:
    from bridge.inbox import NewEvent
    from bridge.media.store import Draft
    from bridge.models import Customer, Delivery


@dataclass(frozen=True)
class Incoming:
    """What one event says, in the bridge's words.

    `side` is who it comes from: "customer", "seat", "presence" (a seat came or went) or "internal".
    `event` names a platform event, "" for a message. `ignored` says why the event is of no use to anyone.
    `trigger` names the permission to write that the customer's action gives; see `Platform.grant`.
    """

    side: str
    sender: str = ""
    recipient: str = ""
    contents: tuple[Content, ...] = ()
    event: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    ignored: str = ""
    trigger: str = ""


@dataclass(frozen=True)
class Profile:
    """What a platform says of a customer."""

    unionid: str = ""
    remark: str = ""
    scene: str = ""


@dataclass(frozen=True)
class Prepared:
    """A payload, and what its sender should read about it: that a picture was made smaller, or went as a link; "" for nothing."""

    payload: dict[str, Any]
    note: str = ""


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


class UnreadableError(Exception):
    """An event that its door let in unread, and that nobody can read yet. Trying again changes nothing, until the code does."""


class Platform:
    """One end of the bridge. A platform's folder subclasses this in `platform.py`.

    `redaction` says what of its exchanges is secret, `repeats_recognized` whether the platform itself drops a repeated call (promise 4).
    """

    name: ClassVar[str]
    redaction: ClassVar[Rules]
    repeats_recognized: ClassVar[bool] = False

    def parse(self, kind: str, body: str) -> Incoming:
        """Return what the event says. ValueError where the body is not what the platform sends."""
        raise NotImplementedError

    def reread(self, account_id: int, body: str) -> NewEvent:
        """Return the event of a body that its door let in although it could not be read.

        Raises: ValueError where it still cannot be.
        """
        raise ValueError("this platform's door lets in only what it can read")

    def render(self, content: Content) -> list[dict[str, Any] | None]:
        """Return the payloads that carry `content`, in order, one delivery each.

        None stands where the content itself is only prepared when it is sent; see `prepare`.
        """
        raise NotImplementedError

    def prepare(self, delivery: Delivery, *, again: bool = False) -> Prepared:
        """Return the payload for the delivery's `content`: fetches, converts and uploads what it carries.

        `again`: what was prepared before was refused, so nothing of it is to be used. DeliveryError where it can't be.
        """
        raise NotImplementedError

    def send(self, delivery: Delivery) -> None:
        """Make the delivery's call. DeliveryError where the platform did not take it."""
        raise NotImplementedError

    def download(self, account_id: int | None, media_id: str, into: Draft, limit: int) -> None:
        """Write the platform's file into the draft. MediaError where it can't be had, DeliveryError where we may not."""
        raise NotImplementedError

    def profile(self, customer: Customer) -> Profile | None:
        """Return what the platform says of the customer, None where it says nothing. DeliveryError."""
        return None

    def present(self, agents: list[str]) -> dict[str, tuple[str, ...]]:
        """Return the connected clients of each agent by IM account, as the platform sees them; who is unknown is left out.

        DeliveryError where the platform does not answer.
        """
        return {}

    def credentials(self, agent: str, seconds: int) -> dict[str, Any]:
        """Return what the agent's own client logs in with, valid for `seconds`; empty where it needs nothing."""
        return {}

    def check(self, endpoint: Any) -> Iterator[Check]:
        """Yield how an endpoint of this platform is set up, as far as it can be seen from here; makes calls."""
        yield from ()

    def forget(self, im_id: str) -> None:
        """Take away what the platform shows of a customer who is erased here. DeliveryError where it does not."""

    def pause(self, delivery: Delivery) -> float:
        """Return for how many seconds calls like this delivery's should wait: the platform's pace, its refusals."""
        return 0.0

    def grant(self, kind: str, rules: Mapping[str, Any], trigger: str) -> Grant | None:
        """Return what a customer's action allows, by the kind of the account and its own rules; None for nothing."""
        return None

    def refusal(self, why: str) -> DeliveryError:
        """Return the error with which the platform would refuse a message: `windows.COUNT` or `windows.TIME`."""
        raise NotImplementedError

    def join(self, first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any] | None:
        """Return one payload that says what both say, None where they can't be joined."""
        return None
