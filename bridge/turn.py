"""A turn: one event, the state it meets, and the actions decided on. Plain values, so that deciding is pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bridge.agents import Agent, Roles
from bridge.platforms.base import Incoming

if TYPE_CHECKING:
    from bridge.actions import Action
    from bridge.commands import ParsedCommand


@dataclass(frozen=True)
class EventState:
    """The event as it was stored."""

    platform: str
    kind: str
    body: str
    lane: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class AccountState:
    """The account the customer follows. `opening_keys`: see WeChatAccount; `texts`: see `bridge.texts`.

    `bots` are those that greet its customers: lists of name, whether they are `on`, and their `settings`.
    """

    id: int
    name: str
    group: str = ""
    first_mode: str = "transform"
    kind: str = "service"
    window_rules: Mapping[str, Any] = field(default_factory=dict)
    opening_keys: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    reopen_minutes: int = 0
    bots: Sequence[Mapping[str, Any]] = ()

    def opens_at(self, key: str) -> bool:
        """Tell whether a tap on the menu item `key`, or a scan of the scene `key`, opens a conversation."""
        keys = self.opening_keys.split()
        return "*" in keys or (bool(key) and key in keys)


@dataclass(frozen=True)
class CustomerState:
    """The customer whose lane this is."""

    name: str
    im_id: str
    blocked: bool = False


@dataclass(frozen=True)
class Watcher:
    """A supervisor who reads a conversation along, and writes along where `speaks`."""

    agent: Agent
    speaks: bool

    @classmethod
    def from_json(cls, stored: list[Any]) -> Watcher:
        """Return the watcher that `to_json` wrote."""
        number, name, im_id, speaks = stored
        return cls(Agent(number, name, im_id), speaks)

    def to_json(self) -> list[Any]:
        """Return the watcher as a list."""
        return [self.agent.id, self.agent.name, self.agent.im_id, self.speaks]


@dataclass(frozen=True)
class ClosedConversation:
    """The customer's last conversation, where none is open. `agent` had it last."""

    id: int
    group: str
    closed_at: datetime
    agent: Agent | None = None
    surveyed_at: datetime | None = None
    score: int | None = None


@dataclass(frozen=True)
class ConversationState:
    """The customer's open conversation; `id` is None for one that this turn opens.

    `unanswered_since` and `last_message_at` say who waits for whom; see the model.
    """

    id: int | None
    mode: str
    group: str
    status: str = "bot"
    data: Mapping[str, Any] = field(default_factory=dict)
    agent: Agent | None = None
    watchers: tuple[Watcher, ...] = ()
    unanswered_since: datetime | None = None
    last_message_at: datetime | None = None

    def others(self, but: Agent | None) -> list[Agent]:
        """Return all agents in the conversation, the seat first, without `but`."""
        present = [self.agent, *(watcher.agent for watcher in self.watchers)]
        unique = {agent.im_id: agent for agent in reversed(present) if agent}
        return [agent for agent in reversed(unique.values()) if but is None or agent.im_id != but.im_id]


def _nobody(im_id: str) -> Agent | None:
    return None


def _no_roles(agent_id: int) -> Roles:
    return Roles()


@dataclass
class Turn:
    """What filters and bots see, and where filters put what they decide.

    `find_agent` looks an IM account up, `roles_of` what an agent may do; everything else is a value. `filtered` says why
    an event came to nothing. `sender` is the agent whose message or command it is; `site` says that they oversee
    everything; `quiet` that they wrote
    and read elsewhere than on IM. `recent` is known where no conversation is open.
    """

    event: EventState
    now: datetime
    account: AccountState | None = None
    customer: CustomerState | None = None
    conversation: ConversationState | None = None
    recent: ClosedConversation | None = None
    find_agent: Callable[[str], Agent | None] = _nobody
    roles_of: Callable[[int], Roles] = _no_roles
    incoming: Incoming = field(default_factory=lambda: Incoming(side=""))
    sender: Agent | None = None
    site: bool = False
    quiet: bool = False
    command: ParsedCommand | None = None
    actions: list[Action] = field(default_factory=list)
    filtered: str = ""

    @property
    def is_owner(self) -> bool:
        """Tell whether the sender is the seat that has the conversation."""
        agent = self.conversation.agent if self.conversation else None
        return agent is not None and self.sender is not None and agent.id == self.sender.id

    def oversees(self, group: str) -> bool:
        """Tell whether the sender may see and direct every conversation of the group."""
        return self.site or (self.sender is not None and self.roles_of(self.sender.id).oversees(group))

    def do(self, *actions: Action) -> None:
        """Decide on `actions`, after those decided before."""
        self.actions.extend(actions)

    def drop(self, reason: str) -> None:
        """End this event as filtered, because of `reason`."""
        self.filtered = reason
