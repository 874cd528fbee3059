"""Actions: what filters and bots want done. Intents without I/O; `bridge.apply` finds who does each by its type.

Where what follows depends on the outcome (was a seat free?), an action carries `then`: a pure function from the outcome
to more actions, which are applied in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.agents import Agent
from bridge.content import Content
from bridge.windows import Grant


@dataclass(frozen=True)
class Action:
    """The base of all actions."""


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
class OpenConversation(Action):
    """Open a conversation for the customer of the lane."""

    mode: str
    group: str


@dataclass(frozen=True)
class CloseConversation(Action):
    """Close the conversation and forget its context."""

    reason: str


@dataclass(frozen=True)
class SwitchMode(Action):
    """From now on the bot called `mode` handles the conversation's messages."""

    mode: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HandOver(Action):
    """Let the bot called `mode` handle this same message, and those that follow."""

    mode: str


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
    """Send `agent` the last messages of the conversation as one readable message, if there are any."""

    agent: Agent


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
class ReleaseHeld(Action):
    """Send what was held back until the customer writes."""


@dataclass(frozen=True)
class Resend(Action):
    """Send deliveries to the customer that failed or whose outcome is unknown once more.

    `ids` names them; without it, all of the open conversation. `then` gets how many there were.
    """

    ids: tuple[int, ...] = ()
    then: Callable[[int], Iterable[Action]] = lambda count: ()


@dataclass(frozen=True)
class Recall(Action):
    """Take back the message that came in as the event with this key. `then` gets whether it was still here."""

    dedup: str
    then: Callable[[bool], Iterable[Action]]


@dataclass(frozen=True)
class MarkRead(Action):
    """The seat's client says that the chat was read up to `at`."""

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


# What follows is done by the seats app.


@dataclass(frozen=True)
class Assigned:
    """An outcome: the conversation is `agent`'s now."""

    agent: Agent


@dataclass(frozen=True)
class Full:
    """An outcome: nobody is free, or others wait before this customer."""


@dataclass(frozen=True)
class Unknown:
    """An outcome: there is no such seat or group."""


@dataclass(frozen=True)
class Waiting:
    """An outcome: the conversation waits at this place of the queue, counted from 1."""

    place: int
    group: str


Outcome = Assigned | Full | Unknown | Waiting


@dataclass(frozen=True)
class Assign(Action):
    """Give the conversation to the best free seat of `group`; the outcome is Assigned, Full or Unknown."""

    group: str
    then: Callable[[Outcome], Iterable[Action]]


@dataclass(frozen=True)
class Enqueue(Action):
    """Let the customer wait for a seat of `group`; the outcome is Waiting."""

    group: str
    then: Callable[[Outcome], Iterable[Action]]


@dataclass(frozen=True)
class Transfer(Action):
    """Give the conversation to the seat or group called `target`, away from `sender`.

    The outcome is Assigned; Full (the seat is away or full: nothing changes); Waiting (nobody of the group is free); or
    Unknown.
    """

    target: str
    sender: Agent
    then: Callable[[Outcome], Iterable[Action]]


@dataclass(frozen=True)
class Release(Action):
    """Take the conversation from its seat, or out of the queue; whoever waits longest gets the free place."""


@dataclass(frozen=True)
class ChangePresence(Action):
    """A seat came or went."""

    im_id: str
    online: bool


@dataclass(frozen=True)
class SetAvailability(Action):
    """A seat says whether it takes new conversations: "open", "busy" or "away". Its own lane hears of it."""

    im_id: str
    availability: str


@dataclass(frozen=True)
class ChangeAvailability(Action):
    """In the seat's own lane: from now on it takes new conversations, or not."""

    im_id: str
    availability: str


@dataclass(frozen=True)
class CapacityChanged(Action):
    """A seat may have room that it had not: look who waits."""

    im_id: str


@dataclass(frozen=True)
class QueueLine:
    """How one group's queue stands: how many wait, the longest wait in seconds, seats online and places free."""

    group: str
    waiting: int
    longest: int
    online: int
    free: int
    place: int = 0


@dataclass(frozen=True)
class ReportQueue(Action):
    """Tell `then` how the queues stand: of the agent's groups, or of the one where the conversation waits."""

    agent: Agent | None
    then: Callable[[list[QueueLine]], Iterable[Action]]
