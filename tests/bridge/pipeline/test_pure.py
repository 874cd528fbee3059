"""Every filter and every bot decides without the database: pytest-django refuses it here, as no test asks for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.db import connection

from bridge.apply.load import load
from bridge.inbox.events import Event
from bridge.pipeline.bots import ChatBot, arrivals, bots
from bridge.pipeline.filters.base import chain
from bridge.pipeline.turn import (
    AccountState,
    ClosedConversation,
    ConversationState,
    CustomerState,
    EventState,
    Known,
    NotLoadedError,
    SourceState,
    Turn,
    decided,
)
from bridge.values.agents import Agent, Roles
from bridge.values.content import Image, Text
from bridge.values.incoming import INTERNAL, Incoming
from bridge.values.taps import BOT, PERSON, Tap
from chatbots.faq import Entry
from chatbots.replies import Reply
from tests.bridge.inbox.test_events import EXAMPLES

pytestmark = pytest.mark.once
NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
ALICE, BOB = Agent(1, "alice", "alice"), Agent(2, "bob", "bob")
ACCOUNT = AccountState(1, "shop", "sales", bots=[{"name": "faq", "on": True}], opening_keys="*", reopen_minutes=10)
CUSTOMER = CustomerState("customer", "lane")
FAQ = [Entry(("hours",), Reply(Text("9 to 18")))]
RECENT = ClosedConversation(1, "sales", NOW, ALICE, NOW)
KNOWN = {
    "agents": {"alice": ALICE, "bob": BOB},
    "roles": {1: Roles(), 2: Roles(site=True)},
    "bots": {"faq": FAQ, "welcome": [Reply(Text("hello"))]},
    "sources": {"k": SourceState("care", tags=("new",), welcome=Text("hello"))},
    "answering": {},
    "taps": {"human": Tap("Human", PERSON), "faq": Tap("Hours", BOT, bot="faq", words="hours")},
}


class Told:
    """A platform that says this."""

    def __init__(self, incoming: Incoming) -> None:
        self.incoming = incoming

    def parse(self, kind, body):
        return self.incoming

    def grant(self, kind, rules, trigger):
        return None


def open_in(mode: str) -> ConversationState:
    agent = ALICE if mode == "send" else None
    return ConversationState(1, mode, "sales", "assigned" if agent else "bot", agent=agent, unanswered_since=NOW)


def decide(event: EventState, incoming: Incoming | None, conversation: ConversationState | None) -> Turn:
    recent = None if conversation else RECENT
    platform = Told(incoming) if incoming else None
    turn = Turn(event, NOW, platform, ACCOUNT, CUSTOMER, conversation, recent)
    return decided(turn, chain(), lambda lack: KNOWN[lack.where].get(lack.key))


def test_the_database_is_out_of_reach():
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        connection.ensure_connection()


CONVERSATIONS = [None, *(open_in(mode) for mode in ("transform", "stack", "leave", "send", "faq", "quit", "help"))]
MESSAGES = [
    *(
        Incoming("customer", "o", contents=(one,), trigger="message")
        for one in (Text("hours"), Text("5"), Image(url="u"))
    ),
    *(Incoming("customer", "o", event=one, facts={"key": "k"}) for one in ("follow", "unfollow", "click", "scan")),
    *(Incoming("customer", "o", event="click", facts={"key": one}) for one in ("human", "faq")),
    Incoming("seat", "alice", "lane", (Text("hello"),)),
    Incoming("seat", "bob", "lane", (Text("hello"),)),
    Incoming("seat", "nobody", "lane", (Text("hello"),)),
    Incoming("seat", "alice", "lane", event="typing", facts={"typing": True}),
    Incoming("seat", "alice", "lane", event="read", facts={"at": 1}),
    Incoming("seat", "alice", "lane", event="recall", facts={"dedup": "x"}),
    Incoming("presence", "alice", facts={"online": True}),
]


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda one: one.mode if one else "none")
def test_messages(conversation):
    for incoming in MESSAGES:
        turn = decide(EventState("script", "message", "", "lane", NOW), incoming, conversation)
        assert turn.actions or turn.filtered, incoming


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda one: one.mode if one else "none")
def test_events_of_our_own(conversation):
    for event in EXAMPLES:
        body = json.dumps(event.to_json())
        decide(EventState(INTERNAL, event.kind, body, "lane", NOW), None, conversation)


COMMANDS = [command for bot in bots().values() for command in bot.commands()]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.names[0])
def test_commands(command):
    words = " ".join(f"-{flag.letter} x" for flag in command.flags)
    for conversation in (None, open_in("send"), open_in("stack")):
        for sender in ["alice", "bob"] if "seat" in command.sides else []:
            incoming = Incoming("seat", sender, "lane", (Text(f"#{command.names[0]} {words}"),))
            turn = decide(EventState("script", "message", "", "lane", NOW), incoming, conversation)
            assert turn.actions, (sender, conversation)


def test_all_bots_are_among_them():
    """A bot with no commands has a mode of its own, and the other way round; but those that only welcome."""
    moded = {one.mode for one in CONVERSATIONS if one}
    for bot in bots().values():
        assert bot.commands() or bot.name in moded or bot in arrivals()
    assert len(settings.FILTERS) == 4, "a new filter needs messages here that reach it"


def test_what_is_lacking_is_loaded_and_decided_anew():
    asked: list[str] = []

    def supply(lack: NotLoadedError):
        asked.append(f"{lack.where}: {lack.key}")
        return KNOWN[lack.where].get(lack.key)

    incoming = Incoming("seat", "bob", "lane", (Text("#close"),))
    turn = Turn(EventState("script", "message", ""), NOW, Told(incoming), ACCOUNT, CUSTOMER, open_in("send"))
    done = decided(turn, chain(), supply)
    assert asked == ["agents: bob", "roles: 2"]
    assert done.actions
    assert turn.actions == [], "what was given stays as it is"


def test_what_is_known_is_not_asked_for():
    incoming = Incoming("seat", "alice", "lane", (Text("hello"),))
    known = Known(agents={"alice": ALICE})
    turn = Turn(EventState("x", "x", ""), NOW, Told(incoming), ACCOUNT, CUSTOMER, open_in("send"), known=known)
    assert decided(turn, chain(), load).actions


def test_a_decision_that_never_has_enough_ends():
    def greedy(turn: Turn) -> None:
        raise NotLoadedError(turn, "agents", object())

    with pytest.raises(RuntimeError, match="asks for more and more"):
        decided(Turn(EventState("x", "x", ""), NOW), greedy, lambda lack: None)


def test_a_bot_that_loads_nothing_is_not_asked():
    assert ChatBot().loaded(Turn(EventState("x", "x", ""), NOW)) is None


def test_every_kind_of_event_has_an_example():
    assert {type(one) for one in EXAMPLES} == set(Event.kinds.values())
