"""Actions: what filters and bots want done. Intents without I/O; `bridge.apply.scene` finds who does each by its type.

Where what follows depends on the outcome (was a seat free?), an action carries `then`: a pure function from the outcome
to more actions, which are applied in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from bridge.values.agents import Agent
from bridge.values.content import Content
from bridge.values.windows import Grant

if TYPE_CHECKING:
    from bridge.inbox.storing import NewEvent


@dataclass(frozen=True)
class Action:
    """The base of all actions. `moves`: the conversation stands elsewhere afterwards, or looks so to those who look on."""

    moves: ClassVar[bool] = False


@dataclass(frozen=True)
class UpdateCustomer(Action):
    """Write down what an event tells of the customer; makes the customer where this is the first event."""

    subscribed: bool | None = None
    scene: str = ""
    wrote: bool = False
    # The permission to write that this gives, from `at` on.
    grant: Grant | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Block(Action):
    """Take nothing of this customer any more, or take it again."""

    moves = True

    reason: str
    on: bool = True


@dataclass(frozen=True)
class Rename(Action):
    """Write down what this customer is called; "" for nothing of its own."""

    moves = True

    remark: str


@dataclass(frozen=True)
class TagWith(Action):
    """Put the tag called `name` on the customer or the conversation, whichever it is for, or take it off (`on` False).

    `then` gets the tag's name, or None with the names there are where there is no such tag.
    """

    moves = True

    name: str
    then: Callable[[str | None, list[str]], Iterable[Action]]
    on: bool = True


@dataclass(frozen=True)
class Summarize(Action):
    """Write down what the conversation was about."""

    moves = True

    conversation: int
    text: str


@dataclass(frozen=True)
class OpenConversation(Action):
    """Open a conversation for the customer of the lane."""

    moves = True

    mode: str
    group: str


@dataclass(frozen=True)
class ReopenConversation(Action):
    """Open once more the conversation that the customer had a moment ago."""

    moves = True

    id: int
    mode: str


@dataclass(frozen=True)
class AskScore(Action):
    """Ask the customer how it was, once per conversation, if a seat has answered in it."""


@dataclass(frozen=True)
class Score(Action):
    """The customer says how it was: 1 to 5. `then` gets whether it counts."""

    moves = True

    conversation: int
    value: int
    then: Callable[[bool], Iterable[Action]]


@dataclass(frozen=True)
class Watch(Action):
    """`agent` reads along from now on, and writes along where `speaks`; or no longer (`on` False)."""

    moves = True

    agent: Agent
    speaks: bool = True
    on: bool = True


@dataclass(frozen=True)
class Reminded(Action):
    """Write down that the silence was pointed out to the seat or to the customer ("seat", "customer")."""

    side: str


@dataclass(frozen=True)
class CloseConversation(Action):
    """Close the conversation and forget its context."""

    moves = True

    reason: str


@dataclass(frozen=True)
class SwitchMode(Action):
    """From now on the bot called `mode` handles the conversation's messages."""

    mode: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HandOver(Action):
    """Let the bot called `mode` handle this same message, and those that follow; "" for the account's next one."""

    mode: str = ""


@dataclass(frozen=True)
class Record(Action):
    """Write a message to the log. `handled` says that no seat needs to be handed it any more."""

    content: Content
    side: str
    author: str = ""
    handled: bool = False


@dataclass(frozen=True)
class Relay(Action):
    """Write a message to the log and send it to the other side: a customer's to `agent`, a seat's to the customer."""

    content: Content
    side: str
    author: str = ""
    agent: Agent | None = None


@dataclass(frozen=True)
class RelayBacklog(Action):
    """Send `agent` the customer's messages that no seat was handed yet, in order."""

    agent: Agent


@dataclass(frozen=True)
class SendContext(Action):
    """Send `agent` the last messages of the conversation as one readable message, if there are any.

    What no seat was handed yet follows as itself where `agent` gets the conversation; `waiting`: it stands here, too.
    """

    agent: Agent
    waiting: bool = False


@dataclass(frozen=True)
class Answer(Action):
    """A bot says something to the customer. It spends one of the few messages WeChat allows."""

    content: Content
    author: str


@dataclass(frozen=True)
class Notify(Action):
    """The product tells a seat something, in the chat with the customer of this lane."""

    agent: Agent
    text: str


@dataclass(frozen=True)
class Reply(Action):
    """Answer whoever gave the command of this event; `refused` says that it was not carried out."""

    text: str
    refused: bool = False


@dataclass(frozen=True)
class Whisper(Action):
    """Say something to all agents in the conversation but `author`; the customer sees nothing of it."""

    text: str
    author: Agent


@dataclass(frozen=True)
class PassOn(Action):
    """Give the sender's command to the lanes of other conversations, by their numbers.

    `then` gets the numbers there are not.
    """

    conversations: tuple[int, ...]
    name: str
    arguments: Mapping[str, str]
    then: Callable[[list[int]], Iterable[Action]]


@dataclass(frozen=True)
class ReleaseHeld(Action):
    """Send what was held back until the customer writes."""


@dataclass(frozen=True)
class Resend(Action):
    """Send deliveries to the customer that failed or whose outcome is unknown once more.

    `ids` names them; without it, all of `conversation`, by default the open one. `then` gets how many there were.
    """

    ids: tuple[int, ...] = ()
    conversation: int | None = None
    then: Callable[[int], Iterable[Action]] = lambda count: ()


@dataclass(frozen=True)
class Drop(Action):
    """Give up deliveries that wait or have failed, because of `reason`."""

    ids: tuple[int, ...]
    reason: str


@dataclass(frozen=True)
class MoveEvent(Action):
    """Post an event that could not be read when it came to the lane that it belongs to; this one is done with."""

    event: NewEvent


@dataclass(frozen=True)
class Erase(Action):
    """Delete the customer of the lane with all that was said; no conversation is open any more."""


@dataclass(frozen=True)
class Recall(Action):
    """Take back the message that came in as the event with this key. `then` gets whether it was still here."""

    dedup: str
    then: Callable[[bool], Iterable[Action]]


@dataclass(frozen=True)
class MarkRead(Action):
    """The seat's client says that the chat was read up to `at`."""

    moves = True

    at: datetime


@dataclass(frozen=True)
class ShowTyping(Action):
    """Show the customer that somebody is typing, or no longer, if that can be done at once."""

    typing: bool


@dataclass(frozen=True)
class WarnOfWindow(Action):
    """Remind seat and supervisors that the window is about to close, if the customer waits for an answer."""


@dataclass(frozen=True)
class SendDue(Action):
    """Try now what waits for its next try."""
