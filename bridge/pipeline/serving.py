"""Actions about who serves a conversation, and their outcomes. The seats app carries them out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from bridge.pipeline.actions import Action, AskScore, CloseConversation, Effect
from bridge.values.agents import Agent


@dataclass(frozen=True)
class Assigned:
    """An outcome: the conversation is `agent`'s now."""

    agent: Agent


@dataclass(frozen=True)
class Offered:
    """An outcome: the conversation is offered to `agent`, for `seconds`."""

    agent: Agent
    seconds: int


@dataclass(frozen=True)
class Full:
    """An outcome: nobody is free, or others wait before this customer."""


@dataclass(frozen=True)
class Unknown:
    """An outcome: there is no such seat or group, or nothing to do it with."""


@dataclass(frozen=True)
class Closed:
    """An outcome: it is outside of working hours; `opens` is when they begin, `text` what those hours say, if anything."""

    opens: datetime | None
    text: str = ""


@dataclass(frozen=True)
class TooLong:
    """An outcome: more wait than the group takes."""


@dataclass(frozen=True)
class Queued:
    """An outcome: the conversation waits at this place of the queue, counted from 1.

    `seconds` is the wait that is to be expected, 0 where nothing is known. `left` says that the customer left a message
    and is not kept waiting; `closed` that it is outside of the group's working hours.
    """

    place: int
    group: str
    seconds: int = 0
    left: bool = False
    closed: Closed | None = None


Outcome = Assigned | Offered | Full | Unknown | Closed | TooLong | Queued
Then = Callable[[Outcome], Iterable[Action]]


@dataclass(frozen=True)
class Assign(Action):
    """Give the conversation to the best free seat of `group`, or of another group in whose queue it waits too.

    `first`: whoever was taken back from a seat passes those who wait. `to` is the seat's id that is asked first, `leaving`
    that of the seat which has the conversation and wants to leave it: it keeps it only where it takes new ones, nobody
    else is free and nobody waits. The outcome is Assigned, Full, Closed or Unknown.
    """

    moves = True

    group: str
    then: Then
    first: bool = False
    to: int | None = None
    leaving: int | None = None


@dataclass(frozen=True)
class Enqueue(Action):
    """Let the customer wait for a seat of `group`; the outcome is Queued, or TooLong (nothing changes).

    `left`: a message was left; the answer may take its time. `first`: at the head, whoever else waits.
    """

    moves = True

    group: str
    then: Then
    left: bool = False
    first: bool = False


@dataclass(frozen=True)
class NotifyOfPlace(Action):
    """The customer wrote while waiting; the outcome is Queued, where they may hear of it again by now."""

    then: Then


@dataclass(frozen=True)
class Overflow(Action):
    """The customer has waited long enough for another group to take them too."""

    moves = True


@dataclass(frozen=True)
class Transfer(Action):
    """Give the conversation to the seat or group called `target`, away from the seat that has it.

    `direct`: without asking, whatever the group's rule. The outcome is Assigned; Offered; Full (the seat is away or full:
    nothing changes); Queued (nobody of the group is free); or Unknown.
    """

    moves = True

    target: str
    sender: Agent
    then: Then
    note: str = ""
    direct: bool = False


@dataclass(frozen=True)
class Take(Action):
    """Give the conversation to `agent`, whoever has it and whether or not the agent takes new ones.

    The outcome is Assigned, or Full where the agent has no room.
    """

    moves = True

    agent: Agent
    then: Then


@dataclass(frozen=True)
class TakeUp(Action):
    """Open the closed conversation with the id `conversation` once more, for `agent`, who had it last and writes in it.

    The outcome is Assigned, or Full where the agent has no room: then it stays closed.
    """

    moves = True

    conversation: int
    agent: Agent
    then: Then


@dataclass(frozen=True)
class TakeNext(Action):
    """Let `agent` take whoever waits longest for one of their groups. `then` gets whether it was done: somebody waits."""

    agent: Agent
    then: Callable[[Effect], Iterable[Action]]


@dataclass(frozen=True)
class SettleOffer(Action):
    """`agent` accepts what it is offered, or not; without an agent, the offer has run out.

    `then` gets the seat who offered, whom it was offered to, and the note; or Nones where there is no such offer.
    """

    moves = True

    agent: Agent | None
    accept: bool
    then: Callable[[Agent | None, Agent | None, str], Iterable[Action]]


@dataclass(frozen=True)
class TakeBack(Action):
    """Take the conversation from its seat, if that is still offline since `since`. `then` gets whether it was done."""

    moves = True

    since: datetime
    then: Callable[[Effect], Iterable[Action]]


@dataclass(frozen=True)
class Release(Action):
    """Take the conversation from its seat, or out of the queue; whoever waits longest gets the free place."""

    moves = True


def closing(agent: Agent | None, reason: str) -> list[Action]:
    """Return what closes a conversation; where `agent` has it, the customer is asked how it was."""
    ask = [AskScore()] if agent else []
    return [*ask, Release(), CloseConversation(reason)]


@dataclass(frozen=True)
class ChangePresence(Action):
    """A client of a seat came or went, or gave a sign of life; `client` "" stands for all of the seat's."""

    im_id: str
    online: bool
    client: str = ""


@dataclass(frozen=True)
class PresenceSeen(Action):
    """All clients of the seat that its platform saw when it was asked, at `asked`: the others are gone."""

    im_id: str
    clients: tuple[str, ...]
    asked: datetime


@dataclass(frozen=True)
class SetAvailability(Action):
    """A seat says whether it takes new conversations: "open", "busy", "away", "offline". Its own lane hears of it."""

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
    left: int = 0


@dataclass(frozen=True)
class ReportQueue(Action):
    """Tell `then` how the queues stand: of the agent's groups, or of the one where the conversation waits."""

    agent: Agent | None
    then: Callable[[list[QueueLine]], Iterable[Action]]


@dataclass(frozen=True)
class ConversationLine:
    """One open conversation on a list: its number, customer, account, who has it, and seconds unanswered (0: none)."""

    id: int
    customer: str
    account: str
    seat: str
    status: str
    unanswered: int


@dataclass(frozen=True)
class ReportConversations(Action):
    """Tell `then` the agent's open conversations and, of groups it supervises, everybody's."""

    agent: Agent
    then: Callable[[list[ConversationLine]], Iterable[Action]]
