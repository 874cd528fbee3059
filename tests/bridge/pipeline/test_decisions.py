"""What filters decide, case by case: a turn with all that it asks for at hand, and the actions or the reason that come of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge.inbox import events
from bridge.pipeline import actions, bots, surveys
from bridge.pipeline.filters import chatbot, conversation
from bridge.pipeline.filters.base import chain
from bridge.pipeline.serving import (
    Assign,
    Assigned,
    Enqueue,
    Full,
    Queued,
    QueueLine,
    Release,
    TakeUp,
    Transfer,
    closing,
)
from bridge.pipeline.turn import (
    AccountState,
    ClosedConversation,
    ConversationState,
    CustomerState,
    EventState,
    Known,
    Turn,
    Watcher,
)
from bridge.values import ways
from bridge.values.agents import Agent, Author, Roles
from bridge.values.content import Image, Menu, Notice, Signal, Text
from bridge.values.incoming import INTERNAL, UNREADABLE, Incoming, UnreadableError
from bridge.values.windows import Grant
from tests.bridge.pipeline import test_pure

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALICE, BOB, CAROL = Agent(1, "alice", "alice"), Agent(2, "bob", "bob"), Agent(3, "carol", "carol")
ACCOUNT = AccountState(1, "shop", "sales", opening_keys="go", reopen_minutes=10, texts={"survey_thanks": "Thanks"})
CUSTOMER = CustomerState("customer", "lane")
OPEN = ConversationState(
    7, "send", "sales", "assigned", agent=ALICE, watchers=(Watcher(BOB, True), Watcher(CAROL, False))
)
RECENT = ClosedConversation(6, "sales", NOW - 9 * MINUTE, ALICE, NOW - MINUTE)
KNOWN = Known(
    agents={"alice": ALICE, "bob": BOB, "carol": CAROL, "nobody": None},
    roles={1: Roles(), 2: Roles(supervises=frozenset({"sales"})), 3: Roles()},
    bots={"faq": [], "welcome": []},
    answering={6: False, 7: False},
    sources=dict.fromkeys(("go", "scene", "k", "other", "*")),
    taps=dict.fromkeys(("go", "other", "x", "k" * 70)),
)


class Told(test_pure.Told):
    """A platform that says this, and grants five messages within an hour for a message and nothing for anything else."""

    def grant(self, kind, rules, trigger):
        return Grant(5, 3600) if trigger == "message" else None


def decide(incoming: Incoming | events.Event, state: ConversationState | None = OPEN, **more) -> Turn:
    if isinstance(incoming, events.Event):
        event, platform = EventState(INTERNAL, incoming.kind, json.dumps(incoming.to_json()), "lane", NOW), None
    else:
        event, platform = EventState("script", "message", "", "lane", NOW - MINUTE), Told(incoming)
    given = {"account": ACCOUNT, "customer": CUSTOMER, "recent": None if state else RECENT, **more}
    turn = Turn(event, NOW, platform, conversation=state, known=KNOWN, **given)
    chain()(turn)
    return turn


def said(*contents, **more) -> Incoming:
    return Incoming("customer", "o", contents=contents, trigger="message", **more)


def done(event: str, key: str = "", **facts) -> Incoming:
    return Incoming("customer", "o", event=event, facts={"key": key, **facts})


def from_seat(who: str, *contents, **more) -> Incoming:
    return Incoming("seat", who, "lane", contents or (), **more)


WROTE = actions.UpdateCustomer(wrote=True, grant=Grant(5, 3600), at=NOW - MINUTE)


# What a customer does


def test_a_message_opens_a_conversation():
    turn = decide(said(Text("hello")), None, recent=None)
    assert turn.actions[:3] == [WROTE, actions.ReleaseHeld(), actions.OpenConversation("transform", "sales")]


def test_a_message_of_a_conversation_that_is_open_opens_none():
    turn = decide(said(Text("hello")))
    assert turn.actions[:2] == [WROTE, actions.ReleaseHeld()]
    assert not [one for one in turn.actions if isinstance(one, actions.OpenConversation | actions.ReopenConversation)]


@pytest.mark.parametrize(
    ("recent", "minutes", "reopens"),
    [
        (RECENT, 10, True),
        (RECENT, 9, False),
        (RECENT, 0, False),
        (replace(RECENT, agent=None), 10, False),
        (None, 10, False),
    ],
)
def test_a_conversation_closed_a_moment_ago_goes_on(recent, minutes, reopens):
    turn = decide(said(Text("hello")), None, recent=recent, account=replace(ACCOUNT, reopen_minutes=minutes))
    assert turn.actions[2] == (
        actions.ReopenConversation(6, "transform") if reopens else actions.OpenConversation("transform", "sales")
    )
    assert turn.conversation.data == ({"to": 1} if reopens else {})


def test_of_a_customer_who_is_blocked_only_the_window_is_kept():
    turn = decide(said(Text("hello")), customer=replace(CUSTOMER, blocked=True))
    assert (turn.actions, turn.filtered) == ([WROTE], "the customer is blocked")
    assert decide(done("unfollow"), customer=replace(CUSTOMER, blocked=True)).filtered == ""


@pytest.mark.parametrize(
    ("event", "key", "opens"),
    [
        ("click", "go", True), ("scan", "go", True), ("enter", "go", True), ("follow", "go", True), ("view", "go", False), ("click", "other", False),
        ("click", "", False), ("follow", "", False), ("unfollow", "go", False),
    ],
)  # fmt: skip
def test_what_a_customer_does_opens_a_conversation_where_the_account_says_so(event, key, opens):
    turn = decide(done(event, key), None, recent=None)
    opened = [one for one in turn.actions if isinstance(one, actions.OpenConversation)]
    assert bool(opened) is opens
    if opens:
        assert turn.incoming.contents == (Signal(event, key),)
        assert actions.UpdateCustomer(wrote=True) in turn.actions
    else:
        assert bool(turn.filtered) is (event not in ("follow", "unfollow"))


@pytest.mark.parametrize(
    ("event", "keys", "opens"),
    [("follow", "*", False), ("scan", "*", True), ("enter", "*", True), ("enter", "", False)],
)
def test_without_a_key(event, keys, opens):
    turn = decide(done(event), None, recent=None, account=replace(ACCOUNT, opening_keys=keys))
    assert any(isinstance(one, actions.OpenConversation) for one in turn.actions) is opens


def test_what_opens_nothing_says_what_it_was():
    assert (
        decide(done("click", "k" * 70)).filtered == f"the account's setting opens no conversation at this ({'k' * 60})"
    )
    assert decide(done("enter")).filtered == "the account's setting opens no conversation at this (enter)"
    assert decide(done("scan", "go", scanned="42")).incoming.contents == (Signal("scan", "go", "42"),)
    assert decide(done("click", "x")).actions == [actions.UpdateCustomer(), actions.ReleaseHeld()]
    assert decide(done("click", "x"), None, recent=None, customer=None).actions == []


@pytest.mark.parametrize(("event", "told"), [("follow", 0), ("unfollow", 1)])
def test_who_follows_and_who_no_longer_does(event, told):
    turn = decide(done(event, "scene"))
    way = ways.OTHER_CODE if event == "follow" else ""
    assert turn.actions[0] == actions.UpdateCustomer(subscribed=event == "follow", scene="scene", way=way)
    assert [one.agent for one in turn.actions if isinstance(one, actions.Notify)] == [ALICE] * told
    assert not [
        one for one in decide(done(event), replace(OPEN, agent=None)).actions if isinstance(one, actions.Notify)
    ]


# Surveys


@pytest.mark.parametrize(
    ("content", "recent", "answer"),
    [
        (Text("anything", menu_id="score-6-5"), RECENT, (6, 5)),
        (Text("anything", menu_id="score-12-1"), None, (12, 1)),
        (Text("5", menu_id="other"), RECENT, (6, 5)),
        (Text(" 4 "), RECENT, (6, 4)),
        (Text("very satisfied"), RECENT, (6, 5)),
        (Text("very dissatisfied"), RECENT, (6, 1)),
        (Text("6"), RECENT, None),
        (Text("0"), RECENT, None),
        (Text("5"), None, None),
        (Text("5"), replace(RECENT, surveyed_at=None), None),
        (Text("5"), replace(RECENT, score=3), None),
        (Text("5"), replace(RECENT, surveyed_at=NOW - 30 * MINUTE), (6, 5)),
        (Text("5"), replace(RECENT, surveyed_at=NOW - 31 * MINUTE), None),
        (Image(url="u"), RECENT, None),
    ],
)
def test_the_answer_to_a_survey(content, recent, answer):
    turn = Turn(EventState("x", "x", ""), NOW, recent=recent, incoming=said(content))
    assert surveys.answered(turn) == answer
    turn.incoming = said(content, content)
    assert surveys.answered(turn) is None


@pytest.mark.parametrize(
    "menu_id",
    ["", "score-6", "score-6-5-1", "menu-6-5", "score-x-5", "score-6-x", "score-6-0", "score-6-6", "score-6-51"],
)
def test_what_is_no_score(menu_id):
    assert surveys.tapped(menu_id) is None


def test_the_question():
    menu = surveys.menu({"survey": "How was it?", "score_5": "Great", "score_1": ""}, 12)
    assert isinstance(menu, Menu)
    assert menu.head == "How was it?"
    assert [choice.id for choice in menu.choices] == [f"score-12-{score}" for score in (5, 4, 3, 2, 1)]
    assert [choice.text for choice in menu.choices] == ["Great", "satisfied", "neither", "dissatisfied", "1"]
    assert surveys.menu({"survey": ""}, 12) is None


@pytest.mark.parametrize(
    ("thanks", "scored", "says"),
    [("Thanks", actions.Effect.DONE, True), ("Thanks", actions.Effect.NONE, False), ("", actions.Effect.DONE, False)],
)
def test_thanks_for_a_score_that_counts(thanks, scored, says):
    turn = decide(said(Text("5")), None, account=replace(ACCOUNT, texts={"survey_thanks": thanks}))
    update, release, score = turn.actions
    assert (update, release, score.conversation, score.value) == (WROTE, actions.ReleaseHeld(), 6, 5)
    assert list(score.then(scored)) == ([actions.Answer(Notice(thanks), "survey")] if says else [])


# What a seat does


@pytest.mark.parametrize(
    ("incoming", "state", "expected"),
    [
        (from_seat("alice", event="read", facts={"at": 0}), OPEN, [actions.MarkRead(datetime(1970, 1, 1, tzinfo=UTC))]),
        (from_seat("alice", event="typing", facts={"typing": True}), OPEN, [actions.ShowTyping(True)]),
        (from_seat("alice", event="typing", facts={"typing": False}), OPEN, [actions.ShowTyping(False)]),
        (from_seat("bob", event="typing", facts={"typing": True}), OPEN, "there is no conversation of this seat here"),
        (from_seat("alice", event="read", facts={"at": 1}), None, "there is no conversation of this seat here"),
        (from_seat("alice", event="read", facts={"at": 1}), replace(OPEN, agent=None), "there is no conversation of this seat here"),
        (from_seat("nobody", Text("x")), OPEN, "nobody is not a seat"),
    ],
)  # fmt: skip
def test_what_a_client_tells(incoming, state, expected):
    turn = decide(incoming, state)
    assert (turn.filtered or turn.actions) == expected


def test_a_recalled_message():
    (recall,) = decide(from_seat("bob", event="recall", facts={"dedup": "k"}), None).actions
    assert recall.dedup == "k"
    assert [
        one.text.partition(":")[0] for taken in (actions.Effect.DONE, actions.Effect.NONE) for one in recall.then(taken)
    ] == [
        "Recalled",
        "It can't be taken back",
    ]


def test_refusals_are_told_before_the_rest():
    turn = decide(from_seat("alice", Text("hi"), facts={"refusals": ["no", "nor that"]}))
    assert turn.actions[:2] == [actions.Notify(ALICE, "no"), actions.Notify(ALICE, "nor that")]
    assert actions.Relay(Text("hi"), "seat", "alice") in turn.actions


@pytest.mark.parametrize(
    ("who", "online", "drops"), [("alice", True, False), ("nobody", True, True), ("nobody", False, False)]
)
def test_presence(who, online, drops):
    turn = decide(Incoming("presence", who, facts={"online": online, "client": "im:web"}))
    assert turn.filtered == ("nobody is not a seat" if drops else "")
    assert len(turn.actions) == (0 if drops else 1)
    assert drops or (turn.actions[0].im_id, turn.actions[0].online, turn.actions[0].client) == (who, online, "im:web")


@pytest.mark.parametrize(
    ("who", "state", "more", "reason"),
    [
        ("alice", OPEN, {}, ""),
        ("bob", OPEN, {}, ""),
        ("carol", OPEN, {}, "Not sent: alice has this conversation."),
        ("carol", replace(OPEN, agent=None), {}, "Not sent: this conversation is not assigned to you."),
        ("bob", replace(OPEN, agent=None), {}, ""),
        ("bob", None, {}, "Not sent: this conversation is closed. It opens again when the customer writes."),
        ("alice", None, {"recent": None}, "Not sent: this conversation is closed. It opens again when the customer writes."),
        ("alice", None, {"customer": replace(CUSTOMER, refusal="count")},
         "Not sent: this conversation is closed, and the customer can be sent nothing until they write."),
        ("bob", None, {"customer": replace(CUSTOMER, refusal="count")},
         "Not sent: this conversation is closed. It opens again when the customer writes."),
        ("alice", None, {"customer": replace(CUSTOMER, blocked=True)},
         "Not sent: this conversation is closed. It opens again when the customer writes."),
        ("alice", OPEN, {"customer": None}, " is not a customer"),
    ],
)  # fmt: skip
def test_to_whom_a_seat_may_write(who, state, more, reason):
    turn = decide(from_seat(who, Text("hi")), state, **more)
    assert turn.filtered == (reason and (reason if reason[0] != " " else "lane is not a customer"))
    told = [one.text for one in turn.actions if isinstance(one, actions.Notify)]
    assert told == ([reason] if reason and reason[0] != " " else [])


def test_a_closed_conversation_is_taken_up_by_who_had_it():
    turn = decide(from_seat("alice", Text("hi"), Text("again")), None)
    (take,) = turn.actions
    assert isinstance(take, TakeUp)
    assert (take.conversation, take.agent) == (6, ALICE)
    assert list(take.then(Assigned(ALICE)))[1:] == [
        actions.Relay(Text(one), "seat", "alice") for one in ("hi", "again")
    ]
    assert turn.filtered == ""
    (told,) = take.then(Full())
    assert told.text == turn.filtered == "Not sent: this conversation is closed, and you have no room to open it again."
    turn.quiet = True
    assert list(take.then(Full())) == []


@pytest.mark.parametrize(
    ("numbers", "to"),
    [
        ("12", (12,)),
        (" 12 ，13", (12, 13)),
        ("#12,12", (12,)),
        ("x", None),
        ("12,", None),
        ("-1", None),
        (",".join(map(str, range(101))), tuple(range(100))),
    ],
)
def test_a_command_for_other_conversations(numbers, to):
    (one,) = chatbot._pass_on(Turn(EventState("x", "x", ""), NOW), "close", {"a": "b"}, numbers)
    if to is None:
        assert isinstance(one, actions.Reply)
        assert one.refused
        return
    assert (one.conversations, one.name, one.arguments) == (to, "close", {"a": "b"})
    assert list(one.then([])) == []
    assert list(one.then([3, 4])) == [actions.Reply("There is no conversation 3, 4.", refused=True)]


# Events of our own


def author(agent: Agent = ALICE, site: bool = False, quiet: bool = False) -> Author:
    return Author(agent, site, quiet)


@pytest.mark.parametrize(
    ("conversation", "state", "in_time"),
    [(7, OPEN, True), (None, OPEN, True), (8, OPEN, False), (6, None, True), (5, None, False)],
)
def test_what_is_meant_for_a_conversation_before_the_last_is_refused(conversation, state, in_time):
    turn = decide(events.Written(author(quiet=True), (Text("hi"),), conversation), state)
    refused = [one for one in turn.actions if isinstance(one, actions.Reply) and one.refused]
    assert bool(refused) is not in_time
    assert (turn.sender, turn.site, turn.quiet) == (ALICE, False, True)
    if not in_time:
        assert refused[0].text == f"Conversation {conversation} is closed."


@pytest.mark.parametrize(
    ("name", "arguments", "answer"),
    [("nonsense", {}, "There is no command #nonsense. #help lists them all."), ("transfer", {}, "-n is missing")],
)
def test_a_command_that_was_given_elsewhere_and_cannot_be_carried_out(name, arguments, answer):
    (told,) = decide(events.CommandGiven(author(), name, arguments, None)).actions
    assert (told.text, told.refused) == (answer, True)


@pytest.mark.parametrize(("agent", "shown"), [(0, False), (1, True), (2, True), (3, False), (4, False)])
def test_who_is_seen_typing(agent, shown):
    turn = decide(events.SeatTyping(agent, True))
    assert turn.actions == ([actions.ShowTyping(True)] if shown else [])
    assert bool(turn.filtered) is not shown


@pytest.mark.parametrize(
    ("status", "last", "closes"), [("bot", NOW, True), ("bot", NOW - MINUTE, False), ("queued", NOW, False)]
)
def test_a_conversation_with_a_bot_alone_ends_when_nobody_writes(status, last, closes):
    turn = decide(events.BotIdle(NOW), ConversationState(7, "faq", "sales", status, last_message_at=last))
    assert turn.actions == ([actions.CloseConversation("nobody wrote any more")] if closes else [])
    assert turn.filtered == ("" if closes else "somebody has written since")


@pytest.mark.parametrize(("asked", "woken"), [(NOW, True), (NOW - MINUTE, False), (None, False)])
def test_a_bot_is_woken_once_and_only_for_the_time_it_asked_for_last(asked, woken):
    turn = decide(events.BotWoken(NOW), ConversationState(7, "faq", "sales", "bot", wake_at=asked))
    assert turn.actions == ([actions.Wake(None)] if woken else [])
    assert turn.filtered == ("" if woken else "the chatbot does not ask to be woken any more")


def test_events_of_a_conversation_that_is_closed_come_to_nothing():
    assert decide(events.CloseAsked("x"), None).filtered == "the conversation is closed"
    assert decide(events.CloseAsked("x")).actions == closing(ALICE, "x")
    assert closing(None, "x") == [Release(), actions.CloseConversation("x")]
    assert closing(ALICE, "x")[0] == actions.AskScore()


def test_erasing_closes_first_what_is_open():
    erased = [Release(), actions.CloseConversation("erased"), actions.Erase()]
    assert (decide(events.EraseAsked()).actions, decide(events.EraseAsked(), None).actions) == (
        erased,
        [actions.Erase()],
    )


# Bots that greet


class _Greeter(bots.ChatBot):
    name, greets, settings = "greeter", True, (bots.Setting("most", "most", 3), bots.Setting("least", "least", 1))


class _Silent(bots.ChatBot):
    name = "silent"


def listed(*names: str, on: bool = True) -> list[dict]:
    return [{"name": name, "on": on} for name in names]


@pytest.mark.parametrize(
    ("stored", "first", "order"),
    [
        ([], "transform", ["transform"]),
        (listed("greeter"), "transform", ["greeter", "transform"]),
        (listed("greeter", on=False), "transform", ["transform"]),
        (listed("greeter", "faq"), "transform", ["greeter", "faq", "transform"]),
        (listed("gone"), "transform", ["transform"]),
        ([], "greeter", ["greeter", "transform"]),
        (listed("faq"), "greeter", ["greeter", "faq", "transform"]),
        (listed("faq", "greeter"), "greeter", ["faq", "greeter", "transform"]),
        (listed("greeter", on=False), "greeter", ["transform"]),
        (listed("greeter"), "silent", ["greeter", "silent"]),
        (listed("silent"), "silent", ["silent"]),
        ([], "gone", ["gone"]),
    ],
)
def test_in_which_order_bots_greet(stored, first, order):
    with bots.beside(_Greeter, _Silent):
        assert bots.greeters(stored, first) == order
        turn = Turn(EventState("x", "x", ""), NOW, account=replace(ACCOUNT, bots=stored, first_mode=first))
        modes = ["before", *order]
        assert [bots.next_greeter(turn, mode) for mode in order] == [*order[1:], order[-1]]
        assert bots.next_greeter(turn, modes[0]) == order[-1]
        assert bots.next_greeter(replace(turn, account=None), "greeter") == "transform"
        assert (bots.known_mode("silent"), bots.known_mode("gone")) == ("silent", "transform")
    assert "silent" not in bots.bots()


@pytest.mark.parametrize(
    ("stored", "most"),
    [
        ([], 3),
        ([{"name": "greeter"}], 3),
        ([{"name": "greeter", "settings": {"most": "5"}}], 5),
        ([{"name": "faq", "settings": {"most": 5}}], 3),
    ],
)
def test_what_an_account_has_set(stored, most):
    turn = Turn(EventState("x", "x", ""), NOW, account=replace(ACCOUNT, bots=stored))
    assert (_Greeter().setting(turn, "most"), _Greeter().setting(turn, "least")) == (most, 1)
    assert _Greeter().setting(replace(turn, account=None), "most") == 3


class _Circle(bots.ChatBot):
    name = "circle"

    def on_message(self, turn, loaded):
        return [actions.Notify(ALICE, "round"), actions.HandOver("circle")]


def test_bots_that_hand_over_in_a_circle_are_stopped():
    with bots.beside(_Circle), pytest.raises(RuntimeError, match="in a circle, last to circle"):
        decide(said(Text("x")), replace(OPEN, mode="circle"))


def test_a_bot_that_is_gone_gives_way_to_the_one_that_looks_for_a_seat():
    turn = decide(said(Text("x")), ConversationState(7, "gone", "sales"))
    assert actions.SwitchMode("transform") in turn.actions
    assert (
        actions.SwitchMode("transform")
        not in decide(said(Text("x")), ConversationState(7, "transform", "sales")).actions
    )


# A turn


def test_who_else_is_in_a_conversation():
    assert OPEN.others() == [ALICE, BOB, CAROL]
    assert OPEN.others(BOB, None) == [ALICE, CAROL]
    assert replace(OPEN, watchers=(Watcher(ALICE, True), Watcher(BOB, False))).others() == [ALICE, BOB]
    assert replace(OPEN, agent=None, watchers=()).others() == []


@pytest.mark.parametrize(
    ("sender", "state", "site", "owner", "oversees"),
    [
        (ALICE, OPEN, False, True, False), (BOB, OPEN, False, False, True), (CAROL, OPEN, True, False, True), (None, OPEN, False, False, False),
        (ALICE, None, False, False, False), (ALICE, replace(OPEN, agent=None), False, False, False),
    ],
)  # fmt: skip
def test_what_the_sender_may_do(sender, state, site, owner, oversees):
    turn = Turn(EventState("x", "x", ""), NOW, conversation=state, sender=sender, site=site, known=KNOWN)
    assert (turn.is_owner, turn.oversees("sales"), turn.oversees("care")) == (owner, oversees, site)
    if sender:
        assert turn.author == Author(sender, site, False)
    else:
        with pytest.raises(RuntimeError, match="nobody sent this"):
            _ = turn.author


@pytest.mark.parametrize(
    ("keys", "key", "opens"),
    [
        ("", "", False),
        ("", "a", False),
        ("a b", "a", True),
        ("a b", "c", False),
        ("*", "", True),
        ("*", "x", True),
        ("a", "", False),
    ],
)
def test_at_which_keys_an_account_opens_a_conversation(keys, key, opens):
    assert replace(ACCOUNT, opening_keys=keys).opens_at(key) is opens


def test_no_permission_where_the_platform_gives_none():
    turn = Turn(EventState("x", "x", ""), NOW, Told(said(Text("x"))), ACCOUNT, incoming=said(Text("x")))
    assert conversation._permission(turn) == {"grant": Grant(5, 3600), "at": NOW}
    for lacking in (replace(turn, account=None), replace(turn, platform=None), replace(turn, incoming=done("click"))):
        assert conversation._permission(lacking) == {}
    assert conversation._permission(replace(turn, incoming=Incoming("customer", trigger="menu"))) == {}


# What cannot be read


class Unread(Told):
    """A platform that says this of what could not be read when it came."""

    def __init__(self, answer) -> None:
        super().__init__(Incoming("customer"))
        self.answer = answer

    def reread(self, account_id, body):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer, account_id, body


def reread(answer, **more) -> Turn:
    given = {"platform": Unread(answer), "account": ACCOUNT, **more}
    turn = Turn(EventState("script", UNREADABLE, "body", "lane"), NOW, **given)
    chain()(turn)
    return turn


@pytest.mark.parametrize(
    ("answer", "more", "why"),
    [
        (ValueError("no XML"), {}, "cannot be read: no XML"), (ValueError(), {}, "cannot be read: ValueError"), (KeyError("x"), {}, "cannot be read: KeyError"),
        (None, {"account": None}, "the account is gone"), (None, {"platform": None}, "the account is gone"),
    ],
)  # fmt: skip
def test_what_still_cannot_be_read(answer, more, why):
    with pytest.raises(UnreadableError, match=f"^{why}$"):
        reread(answer, **more)


def test_what_can_be_read_now_moves_to_its_lane():
    assert reread("event").actions == [actions.MoveEvent(("event", 1, "body"))]


def test_what_no_part_of_the_site_knows():
    turn = Turn(EventState(INTERNAL, "nonsense", "{}", "lane"), NOW)
    chain()(turn)
    assert turn.filtered == "no part of this site knows events of the type nonsense"
    with pytest.raises(ValueError, match="no platform reads events of script"):
        chain()(Turn(EventState("script", "text", ""), NOW))
    assert decide(Incoming("customer", ignored="of no use")).filtered == "of no use"


# What an action says where it is told nothing more


def test_defaults():
    def nothing(*_of) -> tuple:
        return ()

    assert (
        actions.Watch(ALICE).speaks,
        actions.Watch(ALICE).on,
        actions.Block("x").on,
        actions.TagWith("x", nothing).on,
    ) == (True,) * 4
    assert list(actions.Resend().then(1)) == []
    assign, enqueue = Assign("sales", nothing), Enqueue("sales", nothing)
    assert (assign.first, assign.to, assign.leaving, enqueue.left, enqueue.first) == (False, None, None, False, False)
    assert (
        Transfer("x", ALICE, nothing).direct,
        Queued(1, "x").seconds,
        Queued(1, "x").left,
        Queued(1, "x").closed,
    ) == (False, 0, False, None)
    assert (actions.Reply("x").refused, actions.Record(Text("x"), "seat").handled, actions.UpdateCustomer().wrote) == (
        False,
    ) * 3
    line = QueueLine("x", 1, 2, 3, 4)
    assert (line.place, line.left) == (0, 0)
    new = Turn(EventState("x", "x", ""), NOW)
    assert (new.site, new.quiet, AccountState(1, "x").reopen_minutes, CustomerState("x", "y").blocked) == (
        False,
        False,
        0,
        False,
    )
    assert (Roles().site, Agent(1, "a", "b").active) == (False, True)


@pytest.mark.parametrize(
    "event",
    [
        events.WindowEnding(),
        events.EndpointRecovered(),
        events.ResendAsked((1, 2)),
        events.DropAsked((3,), "why"),
        events.AgentNotified("bob", "hi"),
        events.AgentNotified("nobody", "hi"),
    ],
)
def test_events_that_call_for_one_thing(event):
    expected = {
        events.WindowEnding: [actions.WarnOfWindow()],
        events.EndpointRecovered: [actions.SendDue()],
        events.ResendAsked: [actions.Resend(ids=(1, 2))],
        events.DropAsked: [actions.Drop((3,), "why")],
        events.AgentNotified: [actions.Notify(BOB, "hi")] if getattr(event, "im_id", "") == "bob" else [],
    }[type(event)]
    found = decide(event).actions
    assert [replace(one, then=None) if isinstance(one, actions.Resend) else one for one in found] == [
        replace(one, then=None) if isinstance(one, actions.Resend) else one for one in expected
    ]


@pytest.mark.parametrize(
    ("recent", "sender", "customer", "may"),
    [
        (RECENT, ALICE, CUSTOMER, True), (RECENT, BOB, CUSTOMER, False), (None, ALICE, CUSTOMER, False), (replace(RECENT, agent=None), ALICE, CUSTOMER, False),
        (RECENT, None, CUSTOMER, False), (replace(RECENT, agent=None), None, CUSTOMER, False), (RECENT, ALICE, None, False),
        (RECENT, ALICE, replace(CUSTOMER, blocked=True), False), (RECENT, ALICE, replace(CUSTOMER, refusal="time"), False),
    ],
)  # fmt: skip
def test_who_may_take_a_closed_conversation_up(recent, sender, customer, may):
    assert (
        chatbot.may_take_up(Turn(EventState("x", "x", ""), NOW, recent=recent, sender=sender, customer=customer)) is may
    )
