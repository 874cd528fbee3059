"""What the test kit keeps in memory instead of tables: one customer, one conversation at a time, and an office of seats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bridge.conversation.preview import in_words
from bridge.pipeline.turn import (
    AccountState,
    ClosedConversation,
    ConversationState,
    CustomerState,
    SourceState,
    Watcher,
)
from bridge.values.agents import Agent, Roles
from bridge.values.content import Content, Notice
from bridge.values.taps import Tap

MONDAY_MORNING = datetime(2026, 3, 2, 2, tzinfo=UTC)  # ten o'clock in China
LANE = "customer-lane"


@dataclass
class Message:
    """A line of the log; `handed` says that a seat was handed it, or that no seat needs to be."""

    content: Content
    side: str
    author: str
    handed: bool
    at: datetime


@dataclass
class Seat:
    """A seat of the office: how many conversations it may have, and whether it takes new ones."""

    agent: Agent
    capacity: int = 5
    takes: bool = True
    load: int = 0

    @property
    def is_free(self) -> bool:
        """Tell whether it takes one more conversation."""
        return self.takes and self.load < self.capacity


@dataclass
class PlayedConversation:
    """The conversation, open or closed."""

    id: int
    mode: str
    group: str
    data: Mapping[str, Any] = field(default_factory=dict)
    status: str = "bot"
    seat: Seat | None = None
    last_seat: Seat | None = None
    offered: tuple[Seat, str] | None = None
    watchers: list[Watcher] = field(default_factory=list)
    log: list[Message] = field(default_factory=list)
    unanswered_since: datetime | None = None
    last_message_at: datetime | None = None
    wake_at: datetime | None = None
    surveyed_at: datetime | None = None
    score: int | None = None
    closed_at: datetime | None = None
    close_reason: str = ""
    summary: str = ""

    def state(self) -> ConversationState:
        """Return the conversation as filters and bots see it."""
        agent = self.seat.agent if self.seat else None
        times = (self.unanswered_since, self.last_message_at, self.wake_at)
        return ConversationState(
            self.id, self.mode, self.group, self.status, self.data, agent, tuple(self.watchers), *times
        )

    def closed_state(self) -> ClosedConversation | None:
        """Return the closed conversation as filters and bots see it; None while it is open."""
        if self.closed_at is None:
            return None
        agent = self.last_seat.agent if self.last_seat else None
        return ClosedConversation(self.id, self.group, self.closed_at, agent, self.surveyed_at, self.score)


@dataclass
class World:
    """All there is in a script. `waiting` is how many other customers stand in the queue before this one.

    `offers`: a transfer is offered to the other seat, which accepts it or not. `survey`: customers are asked how it was.
    """

    account: AccountState
    groups: dict[str, list[str]]
    supervisors: Mapping[str, Sequence[str]]
    loads: Mapping[str, Any]
    sources: Mapping[str, SourceState] = field(default_factory=dict)
    taps: Mapping[str, Tap] = field(default_factory=dict)
    seats: dict[str, Seat] = field(default_factory=dict)
    now: datetime = MONDAY_MORNING
    is_open: bool = True
    opens: datetime | None = None
    waiting: int = 0
    max_queue: int = 0
    offers: bool = False
    survey: bool = True
    tags: list[str] = field(default_factory=list)
    customer: CustomerState | None = None
    conversation: PlayedConversation | None = None
    read: dict[str, list[str]] = field(default_factory=dict)

    @property
    def open_conversation(self) -> PlayedConversation | None:
        """Return the open conversation; None where none is."""
        return self.conversation if self.conversation and self.conversation.closed_at is None else None

    def reads(self, who: str, content: Content) -> None:
        """Let a side read something; "" is the customer, else a seat's name."""
        words = content.text if isinstance(content, Notice) else in_words(content)
        self.read.setdefault(who, []).append(words)

    def find(self, im_id: str) -> Agent | None:
        """Return the seat with this IM account, which is its name here."""
        seat = self.seats.get(im_id)
        return seat.agent if seat else None

    def roles(self, agent_id: int) -> Roles:
        """Return what the agent with this id may do."""
        name = next((seat.agent.name for seat in self.seats.values() if seat.agent.id == agent_id), "")
        serves = frozenset(slug for slug, names in self.groups.items() if name in names)
        return Roles(serves, frozenset(slug for slug, names in self.supervisors.items() if name in names))
