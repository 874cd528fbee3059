"""A turn: one event, the state it meets, and the actions decided on. Plain values, so that deciding is pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from bridge.values.agents import Agent, Author, Roles
from bridge.values.content import Content
from bridge.values.incoming import Incoming
from bridge.values.taps import Tap
from bridge.values.windows import Grant

if TYPE_CHECKING:
    from bridge.inbox.events import Event
    from bridge.inbox.storing import NewEvent
    from bridge.pipeline.actions import Action
    from bridge.pipeline.commands import ParsedCommand

MOST_LOADED = 20  # things that one decision may ask for


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
    """The account the customer follows. `opening_keys`: see Account; `texts` are those in force, see `bridge.values.texts`.

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
class SourceState:
    """A scene by which customers come, such as a QR code's, and what follows from it; see the model.

    Their conversation goes to the seat with the id `seat`, else to the bot called `mode`, in `group`; what is empty is the
    account's own. `opens`: it begins at once, else with their next message.
    """

    group: str = ""
    seat: int | None = None
    mode: str = ""
    opens: bool = False
    tags: tuple[str, ...] = ()
    welcome: Content | None = None

    @property
    def leads(self) -> bool:
        """Tell whether it says anything of who serves."""
        return bool(self.group or self.seat or self.mode)


@dataclass(frozen=True)
class CustomerState:
    """The customer whose lane this is. `refusal` says why nothing can be written to them now, "" where it can; see `Window`.

    `led_by` is the scene of the source that leads their next conversation, `invited_to` the number of the one that a notice
    has called them back to.
    """

    name: str
    im_id: str
    blocked: bool = False
    refusal: str = ""
    led_by: str = ""
    invited_to: int = 0


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

    `unanswered_since` and `last_message_at` say who waits for whom, `wake_at` when its bot is woken; see the model.
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
    wake_at: datetime | None = None

    def others(self, *but: Agent | None) -> list[Agent]:
        """Return all agents in the conversation, the seat first, without `but`."""
        present = [self.agent, *(watcher.agent for watcher in self.watchers)]
        unique = {agent.im_id: agent for agent in reversed(present) if agent}
        left_out = {agent.im_id for agent in but if agent}
        return [agent for agent in reversed(unique.values()) if agent.im_id not in left_out]


@dataclass(frozen=True)
class Known:
    """What was loaded for a decision besides the state of the lane itself.

    `agents` by their IM account (None: no seat has it), the `roles` of agents by their id, by their name what `bots` have
    loaded, by its id whether a seat is `answering` in a conversation (its words are on their way to the customer), the account's
    `sources` by their scenes, and the `taps` by the keys of its menu's items (None: there is no such source, or key).
    """

    agents: Mapping[str, Agent | None] = field(default_factory=dict)
    roles: Mapping[int, Roles] = field(default_factory=dict)
    bots: Mapping[str, Any] = field(default_factory=dict)
    answering: Mapping[int, bool] = field(default_factory=dict)
    sources: Mapping[str, SourceState | None] = field(default_factory=dict)
    taps: Mapping[str, Tap | None] = field(default_factory=dict)


class NotLoadedError(Exception):
    """Deciding needs something that was not loaded: it is to be loaded, and decided on anew from the start.

    `where` is the field of Known, `key` which of them, `turn` the turn as far as it had come.
    """

    def __init__(self, turn: Turn, where: str, key: Any) -> None:
        super().__init__(f"{where}: {key}")
        self.turn, self.where, self.key = turn, where, key


class Reader(Protocol):
    """What deciding asks of the platform that an event came from; see `bridge.platforms.base.Platform`. All of it is pure."""

    def parse(self, kind: str, body: str) -> Incoming: ...

    def reread(self, account_id: int, body: str) -> NewEvent: ...

    def grant(self, kind: str, rules: Mapping[str, Any], trigger: str) -> Grant | None: ...


@dataclass
class Turn:
    """What filters and bots see, and where filters put what they decide.

    All of it are values: deciding reads nothing, and asks for what it lacks by NotLoadedError. `platform` reads the event;
    None for one of our own, which is `internal` once it is read. `filtered` says why an event came to nothing. `sender` is
    the agent whose message or command it is; `site` says that they oversee everything; `quiet` that they wrote and read
    elsewhere than on IM, in this `language`. `recent` is known where no conversation is open.
    """

    event: EventState
    now: datetime
    platform: Reader | None = None
    account: AccountState | None = None
    customer: CustomerState | None = None
    conversation: ConversationState | None = None
    recent: ClosedConversation | None = None
    known: Known = field(default_factory=Known)
    incoming: Incoming = field(default_factory=lambda: Incoming(side=""))
    internal: Event | None = None
    sender: Agent | None = None
    site: bool = False
    quiet: bool = False
    language: str = ""
    command: ParsedCommand | None = None
    actions: list[Action] = field(default_factory=list)
    filtered: str = ""

    @property
    def texts(self) -> Mapping[str, str]:
        """The account's texts in force; the product's own where there is no account."""
        return self.account.texts if self.account else {}

    @property
    def is_owner(self) -> bool:
        """Tell whether the sender is the seat that has the conversation."""
        agent = self.conversation.agent if self.conversation else None
        return agent is not None and self.sender is not None and agent.id == self.sender.id

    @property
    def author(self) -> Author:
        """The sender, with what goes along where their command is passed on. RuntimeError where nobody sent this."""
        if self.sender is None:
            raise RuntimeError("nobody sent this")
        return Author(self.sender, self.site, self.quiet, self.language)

    @property
    def names_others(self) -> bool:
        """Tell whether what was said may name customers of other lanes, which do not erase it with them.

        So do alarms, what an agent writes in no customer's chat, and commands on IM that were refused or name a conversation.
        """
        if self.internal is not None:
            return not self.internal.kept
        if self.sender is None or self.incoming.side != "seat":
            return False
        command = self.command
        elsewhere = command is not None and (self.filtered or command.error or command.arguments.get("conversation"))
        return self.customer is None or bool(elsewhere)

    def find_agent(self, im_id: str) -> Agent | None:
        """Return the active seat with this IM account; None where there is none."""
        return self._known("agents", im_id)

    def roles_of(self, agent_id: int) -> Roles:
        """Return what the agent with this id may do."""
        return self._known("roles", agent_id)

    def loaded_by(self, bot: str) -> Any:
        """Return what the bot of this name has loaded."""
        return self._known("bots", bot)

    def source(self, scene: str) -> SourceState | None:
        """Return the account's source with this scene; None where there is none."""
        return self._known("sources", scene) if scene else None

    def is_answering(self, conversation: int) -> bool:
        """Tell whether a seat's words are on their way to the customer of this conversation."""
        return self._known("answering", conversation)

    def tap_at(self, key: str) -> Tap | None:
        """Return what a tap on the menu item with this key brings about; None where the account has no such key."""
        return self._known("taps", key)

    def _known(self, where: str, key: Any) -> Any:
        known = getattr(self.known, where)
        if key not in known:
            raise NotLoadedError(self, where, key)
        return known[key]

    def oversees(self, group: str) -> bool:
        """Tell whether the sender may see and direct every conversation of the group."""
        return self.site or (self.sender is not None and self.roles_of(self.sender.id).oversees(group))

    def do(self, *actions: Action) -> None:
        """Decide on `actions`, after those decided before."""
        self.actions.extend(actions)

    def drop(self, reason: str) -> None:
        """End this event as filtered, because of `reason`."""
        self.filtered = reason


def decided(turn: Turn, decide: Callable[[Turn], None], load: Callable[[NotLoadedError], Any]) -> Turn:
    """Let `decide` decide on the turn, which stays as it is; return the one that has the actions.

    Deciding is pure, so that it can be done again: `load` returns what it turns out to lack, and it begins anew.
    Raises: RuntimeError where it asks for more and more.
    """
    for _time in range(MOST_LOADED):
        attempt = replace(turn, actions=[])
        try:
            decide(attempt)
        except NotLoadedError as lack:
            loaded = {**getattr(turn.known, lack.where), lack.key: load(lack)}
            turn = replace(turn, known=replace(turn.known, **{lack.where: loaded}))
        else:
            return attempt
    raise RuntimeError(f"deciding on an event of the type {turn.event.kind} asks for more and more")
