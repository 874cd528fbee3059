"""Actions: what filters and bots want done. Intents without I/O; `bridge.apply.scene` finds who does each by its type.

Where what follows depends on the outcome (was a seat free?), an action carries `then`: a pure function from the outcome
to more actions, which are applied in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
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


class Effect(Enum):
    """What came of an action that may find nothing to do."""

    DONE = "done"
    NONE = "none"


@dataclass(frozen=True)
class UpdateCustomer(Action):
    """Write down what an event tells of the customer; makes the customer where this is the first event."""

    subscribed: bool | None = None
    scene: str = ""
    # By which way they begin to follow, see `bridge.values.ways`; "" where the event does not say.
    way: str = ""
    # The scene of the source that leads their next conversation; "" for none any more, None changes nothing.
    led_by: str | None = None
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
class TakeOverProfile(Action):
    """Take over what the platform itself has changed: what the customer is called (None: nothing), and tags by their names."""

    moves = True

    remark: str | None = None
    tags_on: tuple[str, ...] = ()
    tags_off: tuple[str, ...] = ()


@dataclass(frozen=True)
class LearnWay(Action):
    """Write down by which way the customer, who began to follow at `since`, did so, as their platform says now."""

    since: datetime
    way: str


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
    """Open a conversation for the customer of the lane. `came_by`: the scene of the code that they had scanned before.

    `way`: the way that the reports count it for; "": that by which the customer began to follow.
    """

    moves = True

    mode: str
    group: str
    came_by: str = ""
    way: str = ""


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
    """The customer says how it was: 1 to 5. `then` gets whether it was done: it counts once, and for who was asked."""

    moves = True

    conversation: int
    value: int
    then: Callable[[Effect], Iterable[Action]]


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
    """From now on the bot called `mode` handles the conversation's messages.

    Where that is another bot, the one before is not woken any more. `group`: the conversation is that group's from now on;
    "", or one that is not there, changes nothing.
    """

    mode: str
    data: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""


@dataclass(frozen=True)
class HandOver(Action):
    """Let the bot called `mode` handle this same message, and those that follow; "" for the account's next one.

    `group`: a seat is looked for in that group; "", or one that is not there, stands for the one that the customer is in
    anyway. Out of `on_event` there is no message: the other bot gets SeatSought.
    """

    mode: str = ""
    group: str = ""


@dataclass(frozen=True)
class Wake(Action):
    """Wake the conversation's bot after this time with the event BotWoken; None: no more.

    Once: the last one counts. It ends when another bot or a seat gets the conversation, and when it is closed.
    """

    after: timedelta | None


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
    """A bot says something to the customer. It spends one of the few messages that the platform allows."""

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
class SendTemplate(Action):
    """Send the customer a notice by template, about a conversation by its number.

    `template` is its number or title; "" stands for the one that is sent when answers wait. `reason`: why, as the seat called
    `seat` has said. `then` gets "", or why it cannot be sent.
    """

    conversation: int
    template: str = ""
    reason: str = ""
    seat: str = ""
    then: Callable[[str], Iterable[Action]] = lambda refusal: ()


@dataclass(frozen=True)
class SendBroadcast(Action):
    """Send the customer the broadcast with this number, if it still goes on and their window is open."""

    broadcast: int


@dataclass(frozen=True)
class TemplateCame(Action):
    """The platform says what became of a notice, by its own ids of it and of its template; `trouble` is "" where it arrived."""

    id: str
    template: str
    trouble: str = ""


@dataclass(frozen=True)
class AcceptTemplate(Action):
    """The customer accepts one more notice of the template with the platform's id, or none any more (`on` False)."""

    template: str
    on: bool = True


@dataclass(frozen=True)
class Resend(Action):
    """Send deliveries to the customer that failed or whose outcome is unknown once more.

    `ids` names them; without it, all of `conversation`, by default the open one, or those of its one `message`. `then` gets
    how many there were.
    """

    ids: tuple[int, ...] = ()
    conversation: int | None = None
    message: int | None = None
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
    """Take back the message that came in as the event with this key. `then` gets whether it was done: it was still here."""

    dedup: str
    then: Callable[[Effect], Iterable[Action]]


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
