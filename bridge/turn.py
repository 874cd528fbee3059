"""A turn: one event, the state it meets, and the actions decided on. Plain values, so that deciding is pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bridge.agents import Agent
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
    """The account the customer follows. `opening_keys`: see WeChatAccount; `texts`: see `bridge.texts`."""

    id: int
    name: str
    group: str = ""
    first_mode: str = "transform"
    kind: str = "service"
    window_rules: Mapping[str, Any] = field(default_factory=dict)
    opening_keys: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)

    def opens_at(self, key: str) -> bool:
        """Tell whether a tap on the menu item `key`, or a scan of the scene `key`, opens a conversation."""
        keys = self.opening_keys.split()
        return "*" in keys or (bool(key) and key in keys)


@dataclass(frozen=True)
class CustomerState:
    """The customer whose lane this is."""

    name: str
    im_id: str


@dataclass(frozen=True)
class ConversationState:
    """The customer's open conversation; `id` is None for one that this turn opens."""

    id: int | None
    mode: str
    group: str
    status: str = "bot"
    data: Mapping[str, Any] = field(default_factory=dict)
    agent: Agent | None = None


def _nobody(im_id: str) -> Agent | None:
    return None


@dataclass
class Turn:
    """What filters and bots see, and where filters put what they decide.

    `find_agent` looks an IM account up; everything else is a value. `filtered` says why an event came to nothing.
    """

    event: EventState
    now: datetime
    account: AccountState | None = None
    customer: CustomerState | None = None
    conversation: ConversationState | None = None
    find_agent: Callable[[str], Agent | None] = _nobody
    incoming: Incoming = field(default_factory=lambda: Incoming(side=""))
    sender: Agent | None = None
    command: ParsedCommand | None = None
    actions: list[Action] = field(default_factory=list)
    filtered: str = ""

    def do(self, *actions: Action) -> None:
        """Decide on `actions`, after those decided before."""
        self.actions.extend(actions)

    def drop(self, reason: str) -> None:
        """End this event as filtered, because of `reason`."""
        self.filtered = reason
