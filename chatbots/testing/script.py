"""The script of a conversation: who says what, and what comes of it. The decisions are the product's own filters and bots."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bridge.inbox.events import BotWoken, Event
from bridge.inbox.storing import NewEvent
from bridge.pipeline.actions import Action
from bridge.pipeline.bot_settings import Value, as_stored, setting_of
from bridge.pipeline.bots import ChatBot, beside, bots
from bridge.pipeline.filters.base import Filter, chain
from bridge.pipeline.turn import AccountState, EventState, Known, NotLoadedError, SourceState, Turn, decided
from bridge.values.agents import Agent
from bridge.values.content import Content, Text
from bridge.values.incoming import INTERNAL, Incoming
from bridge.values.taps import Tap
from bridge.values.windows import Grant
from chatbots.testing import serving as _serving  # noqa: F401  registers what it carries out
from chatbots.testing.carrying_out import Hands
from chatbots.testing.world import LANE, Seat, World

GROUP = "sales"
MOST_WAKES = 1000  # while a script lets time pass once


@dataclass(frozen=True)
class _Told:
    """A platform whose every event says the same."""

    incoming: Incoming

    def parse(self, kind: str, body: str) -> Incoming:
        return self.incoming

    def reread(self, account_id: int, body: str) -> NewEvent:
        raise ValueError("a script has nothing unreadable")

    def grant(self, kind: str, rules: Mapping[str, Any], trigger: str) -> Grant | None:
        return None


class Side:
    """One side of the conversation, and what it reads."""

    def __init__(self, script: Script, name: str) -> None:
        self._script, self._name = script, name

    @property
    def reads(self) -> list[str]:
        """What the last thing that happened in the script has brought to this side, in words."""
        return self._script.read_since(self._name)

    @property
    def has_read(self) -> list[str]:
        """All that this side has read so far."""
        return list(self._script.world.read.get(self._name, []))


class CustomerSide(Side):
    """The customer: called with what they write, which is a text or any Content."""

    def __call__(self, *said: str | Content) -> None:
        contents = tuple(Text(one) if isinstance(one, str) else one for one in said)
        self._script.takes_in(Incoming("customer", "openid", contents=contents, trigger="message"))

    def does(self, event: str, key: str = "") -> None:
        """Let the customer do something that is no message: "follow", "unfollow", "click", "scan", "enter"."""
        self._script.takes_in(Incoming("customer", "openid", event=event, facts={"key": key}, trigger=event))


class SeatSide(Side):
    """A seat, by its name. `seat` is its place in the office: `conversation.seat("alice").seat.takes = False`."""

    @property
    def seat(self) -> Seat:
        """The seat's capacity, and whether it takes new conversations."""
        return self._script.world.seats[self._name]

    def says(self, *said: str | Content) -> None:
        """Let the seat write in the chat with the customer: words, a command, or any Content."""
        contents = tuple(Text(one) if isinstance(one, str) else one for one in said)
        self._script.takes_in(Incoming("seat", self._name, LANE, contents))

    def does(self, event: str, **facts: Any) -> None:
        """Let the seat do something that is no message: "typing", "read", "recall"."""
        self._script.takes_in(Incoming("seat", self._name, LANE, event=event, facts=facts))


def _as_kept(name: str, values: Mapping[str, Value]) -> dict[str, Any]:
    """Return the settings of a bot as an account keeps them. LookupError, ValueError where it takes no such thing."""
    if name not in bots():
        raise LookupError(f"there are settings for {name!r}, and no bot of this name")
    known = bots()[name]
    one_by_one = ((setting_of(type(known).__name__, known.settings, key), value) for key, value in values.items())
    return {one.name: as_stored(one.checked(value)) for one, value in one_by_one}


class Script:
    """A conversation with one customer of an account that has these `bots` before its `seats`.

    `bots`: names, or classes that need not be installed, in the order in which they greet; `settings` are the account's,
    by the bot's name. `loads` is what each bot's `load` would have returned, `sources` are the account's by their scenes,
    `taps` what the keys of its menu stand for. `seats`: the names of the account's group, or the names by group, the account's
    first; each supervisor oversees the groups that `supervisors` names for them. `filters` stand where those from outside do.
    `account` are more fields of AccountState, such as its texts.
    """

    def __init__(
        self,
        *,
        bots: Sequence[str | type[ChatBot]] = (),
        filters: Sequence[type[Filter]] = (),
        settings: Mapping[str, Mapping[str, Value]] | None = None,
        loads: Mapping[str, Any] | None = None,
        sources: Mapping[str, SourceState] | None = None,
        seats: Iterable[str] | Mapping[str, Sequence[str]] = (),
        supervisors: Mapping[str, Sequence[str]] | None = None,
        taps: Mapping[str, Tap] | None = None,
        **account: Any,
    ) -> None:
        self._filters = tuple(filters)
        self._more = [one for one in bots if isinstance(one, type)]
        names = [one if isinstance(one, str) else one.name for one in bots]
        groups = {slug: list(one) for slug, one in (seats if isinstance(seats, Mapping) else {GROUP: seats}).items()}
        with beside(*self._more):
            own = {name: _as_kept(name, values) for name, values in (settings or {}).items()}
        stored = [{"name": name, "on": True, "settings": own.get(name, {})} for name in names]
        fields = {"id": 1, "name": "shop", "group": next(iter(groups)), "bots": stored, **account}
        read = {"welcome": [], **(loads or {})}
        self.world = World(AccountState(**fields), groups, supervisors or {}, read, sources or {}, taps or {})
        people = dict.fromkeys(name for one in (*groups.values(), *self.world.supervisors.values()) for name in one)
        self.world.seats = {name: Seat(Agent(number, name, name)) for number, name in enumerate(people, start=1)}
        self.customer = CustomerSide(self, "")
        self.actions: list[Action] = []
        self.dropped = ""
        self._read_before: dict[str, int] = {}

    def seat(self, name: str) -> SeatSide:
        """Return the seat of this name. KeyError where there is none."""
        return SeatSide(self, self.world.seats[name].agent.name)

    def after(self, **time: float) -> Script:
        """Let time pass, such as `minutes=5`, and wake the bot that asks for it meanwhile.

        What another timer would find is told with `happens`. RuntimeError where the bot is woken on and on.
        """
        until = self.world.now + timedelta(**time)
        for _time in range(MOST_WAKES):
            open_one = self.world.open_conversation
            if open_one is None or open_one.wake_at is None or open_one.wake_at > until:
                self.world.now = until
                return self
            self.world.now = max(self.world.now, open_one.wake_at)
            self.happens(BotWoken(open_one.wake_at))
        raise RuntimeError(f"the bot {self.mode} has been woken {MOST_WAKES} times by {self.world.now}")

    def happens(self, event: Event) -> None:
        """Let an event of our own come into the conversation's lane."""
        body = json.dumps(event.to_json(), ensure_ascii=False)
        self._decide(EventState(INTERNAL, event.kind, body, LANE, self.world.now))

    def takes_in(self, incoming: Incoming) -> None:
        """Let a platform's event come in that says this."""
        self._decide(EventState("script", incoming.event or "message", "", LANE, self.world.now), _Told(incoming))

    @property
    def mode(self) -> str:
        """The bot that has the conversation; "" where none is open."""
        return self.world.open_conversation.mode if self.world.open_conversation else ""

    @property
    def status(self) -> str:
        """ "bot", "queued", "assigned", "closed", or "" before the first conversation."""
        conversation = self.world.conversation
        return "" if conversation is None else conversation.status if conversation.closed_at is None else "closed"

    @property
    def owner(self) -> str:
        """The name of the seat that has the conversation; "" where none has."""
        conversation = self.world.open_conversation
        return conversation.seat.agent.name if conversation and conversation.seat else ""

    @property
    def now(self) -> datetime:
        """The time in the script."""
        return self.world.now

    def acted(self, kind: type[Action]) -> list[Any]:
        """Return the actions of this class that the last event brought about."""
        return [one for one in self.actions if isinstance(one, kind)]

    def read_since(self, name: str) -> list[str]:
        """Return what a side has read because of the last event."""
        return self.world.read.get(name, [])[self._read_before.get(name, 0) :]

    def _decide(self, event: EventState, platform: _Told | None = None) -> None:
        self._read_before = {name: len(words) for name, words in self.world.read.items()}
        with ExitStack() as stack:
            if self._more:
                stack.enter_context(beside(*self._more))
            turn = decided(self._turn(event, platform), chain(self._filters), self._load)
            hands = Hands(self.world, turn)
            hands.run(turn.actions)
        self.actions, self.dropped = hands.done, turn.filtered

    def _turn(self, event: EventState, platform: _Told | None) -> Turn:
        world = self.world
        conversation = world.open_conversation.state() if world.open_conversation else None
        recent = world.conversation.closed_state() if world.conversation else None
        return Turn(
            event, world.now, platform, world.account, world.customer, conversation, recent, Known(),
        )  # fmt: skip

    def _load(self, lack: NotLoadedError) -> Any:
        match lack.where:
            case "agents":
                return self.world.find(lack.key)
            case "roles":
                return self.world.roles(lack.key)
            case "sources":
                return self.world.sources.get(lack.key)
            case "answering":
                return False  # what a seat says arrives at once here
            case "taps":
                return self.world.taps.get(lack.key)
        if lack.key not in self.world.loads:
            name = type(bots()[lack.key]).__name__
            raise LookupError(f"{name} loads something: give it to the script, such as loads={{{lack.key!r}: ...}}")
        return self.world.loads[lack.key]
