"""Events of our own: what one lane tells another, what time makes due, and what people do elsewhere than on a platform.

A class a kind, stored as JSON like any event. Apps above the bridge define more by subclassing; what each of them brings
about is registered with `bridge.pipeline.filters.internal.reacts_to`, or decided by the bot of the conversation's mode.
PURE: storing them is `bridge.inbox.storing.post`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Self

from django.utils.translation import gettext_noop

from bridge.values.agents import Author
from bridge.values.characters import clean_all
from bridge.values.content import Content


class UnknownEventError(LookupError):
    """An event whose kind no class reads: of another version, or of an app that is no longer installed."""


@dataclass(frozen=True)
class Event:
    """The base of all events of our own. `kind` is what the inbox calls it; each class has one of its own.

    `title` is what people call it. What is not `kept` may name customers of other lanes: its body goes once it is done with.
    """

    kinds: ClassVar[dict[str, type[Event]]] = {}
    kind: ClassVar[str]
    title: ClassVar[str] = ""
    kept: ClassVar[bool] = True

    def __init_subclass__(cls) -> None:
        kind = cls.__dict__.get("kind")
        if kind and Event.kinds.setdefault(kind, cls) is not cls:
            raise ValueError(f"two events of the kind {kind}: {Event.kinds[kind].__qualname__}, {cls.__qualname__}")

    def to_json(self) -> dict[str, Any]:
        """Return the event as a JSON object; moments in ISO 8601."""
        return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the event that `to_json` wrote. Raises: TypeError, ValueError, LookupError where it did not."""
        return cls(**{one.name: _value(str(one.type), data[one.name]) for one in fields(cls) if one.name in data})


def _value(annotation: str, stored: Any) -> Any:
    """Return a field's value out of what JSON made of it."""
    if annotation == "datetime":
        return datetime.fromisoformat(stored)
    return tuple(stored) if annotation.startswith("tuple[") else stored


@dataclass(frozen=True)
class ConversationEvent(Event):
    """The base of events that mean something only while the lane's conversation is open."""


def read(kind: str, body: str) -> Event:
    """Return a stored event. Characters that nobody can show are taken out, as no door has done it before.

    Raises: UnknownEventError; ValueError, TypeError, LookupError where the body is not what the kind says.
    """
    if kind not in Event.kinds:
        raise UnknownEventError(kind)
    return Event.kinds[kind].from_json(clean_all(json.loads(body)))


@dataclass(frozen=True)
class CommandGiven(Event):
    """Somebody gave a command elsewhere than on IM, or with `-c` from another chat. What they may do is decided here.

    `conversation`: the number of the one it is about, None for whichever is open.
    """

    kind = "command"
    title = gettext_noop("a command")

    author: Author
    name: str
    arguments: Mapping[str, str]
    conversation: int | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return super().from_json({**data, "author": Author.from_json(data["author"])})


@dataclass(frozen=True)
class Written(Event):
    """A seat wrote to the customer elsewhere than on IM. `conversation` as in CommandGiven."""

    kind = "written"
    title = gettext_noop("a seat writes")

    author: Author
    contents: tuple[Content, ...]
    conversation: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {**super().to_json(), "contents": [one.to_json() for one in self.contents]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        contents = tuple(Content.from_json(one) for one in data["contents"])
        return super().from_json({**data, "author": Author.from_json(data["author"]), "contents": contents})


@dataclass(frozen=True)
class SeatTyping(ConversationEvent):
    """The seat or supervisor with the id `agent` types at their desk, or no longer (`on` False)."""

    kind = "typing"
    title = gettext_noop("a seat is typing")

    agent: int
    on: bool


@dataclass(frozen=True)
class ResendAsked(Event):
    """Staff want these deliveries of the lane, by their ids, sent once more."""

    kind = "resend"
    title = gettext_noop("deliveries are to be sent again")

    deliveries: tuple[int, ...]


@dataclass(frozen=True)
class DropAsked(Event):
    """Staff give these deliveries of the lane up, by their ids."""

    kind = "drop"
    title = gettext_noop("deliveries are to be dropped")

    deliveries: tuple[int, ...]
    reason: str


@dataclass(frozen=True)
class EraseAsked(Event):
    """Staff want the customer of the lane erased."""

    kind = "erase"
    title = gettext_noop("the customer is to be erased")


@dataclass(frozen=True)
class CloseAsked(ConversationEvent):
    """Staff want the open conversation closed."""

    kind = "close"
    title = gettext_noop("the conversation is to be closed")

    reason: str


@dataclass(frozen=True)
class EndpointRecovered(Event):
    """A platform's endpoint takes calls again: what waits for its next try is tried now."""

    kind = "send_due"
    title = gettext_noop("the platform takes calls again")


@dataclass(frozen=True)
class AgentNotified(Event):
    """The system account has something to say to the agent with this IM account, in the agent's own lane."""

    kind = "tell"
    title = gettext_noop("a notice to a seat")
    kept = False

    im_id: str
    text: str


@dataclass(frozen=True)
class WindowEnding(ConversationEvent):
    """The platform's permission to write to the customer is about to end."""

    kind = "window"
    title = gettext_noop("the window ends soon")


@dataclass(frozen=True)
class BroadcastDue(Event):
    """It is the customer's turn to get the broadcast with this number."""

    kind = "broadcast"
    title = gettext_noop("a broadcast")

    broadcast: int


@dataclass(frozen=True)
class ProfileChanged(Event):
    """The platform itself calls the customer otherwise now (None: no other remark), or has put tags on them or taken them off."""

    kind = "profile"
    title = gettext_noop("remark and tags of the platform")

    remark: str | None
    tags_on: tuple[str, ...] = ()
    tags_off: tuple[str, ...] = ()


@dataclass(frozen=True)
class WayLearned(Event):
    """The platform says by which way the customer came who began to follow at `since`; see `bridge.values.ways`."""

    kind = "way"
    title = gettext_noop("how the customer began to follow")

    since: datetime
    way: str


@dataclass(frozen=True)
class AnswerHeld(Event):
    """A seat's answer in this conversation waits for the customer to write: the platform allows it no more."""

    kind = "answer_held"
    title = gettext_noop("an answer waits for the customer")

    conversation: int


@dataclass(frozen=True)
class BotWoken(ConversationEvent):
    """The time has come for which the conversation's bot asked to be woken; `at` is that time."""

    kind = "wake"

    at: datetime


@dataclass(frozen=True)
class BotIdle(ConversationEvent):
    """Nobody has written for long in a conversation that is with a bot alone; `last` is the last message known of."""

    kind = "expire"
    title = gettext_noop("silence with a chatbot")

    last: datetime
