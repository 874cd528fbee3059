"""Quit: leaving and closing."""

from __future__ import annotations

import pytest

from bridge.values.content import Text
from chatbots.faq import Entry
from chatbots.replies import Reply
from chatbots.testing import Script

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]


@pytest.fixture
def talk():
    """Alice has the customer; bob supervises."""
    talk = Script(seats=["alice", "carol"], supervisors={"sales": ["bob"]})
    talk.customer("hi")
    return talk


@pytest.mark.parametrize(
    ("others", "status", "mode", "customer", "seat"),
    [
        ("free", "assigned", "send", [], "Left; carol has the conversation now."),
        ("busy", "queued", "stack", ["number 1 in line"], "Left; the customer waits in the queue."),
        ("closed", "queued", "leave", ["Leave us a message"], "Left; the customer is asked for a message."),
        ("no group", "bot", "transform", ["Leave us a message"], "Left; nobody serves this account's customers now."),
    ],
)
def test_a_seat_that_leaves_strands_nobody(talk, others, status, mode, customer, seat):
    if others == "busy":
        talk.seat("alice").seat.takes = talk.seat("carol").seat.takes = False
    talk.world.is_open = others != "closed"
    if others == "no group":
        talk.world.groups = {}
    talk.seat("alice").says("#quit")
    assert (talk.status, talk.mode) == (status, mode)
    assert talk.seat("alice").reads == [seat]
    assert len(talk.customer.reads) == len(customer)
    assert all(words in said for words, said in zip(customer, talk.customer.reads, strict=True))
    assert talk.seat("alice").seat.load == 0


def test_where_nobody_else_is_free_it_stays(talk):
    talk.seat("carol").seat.takes = False
    talk.seat("alice").says("#quit")
    assert talk.owner == "alice"
    assert talk.dropped.startswith("Nobody else is free")


def test_closing_with_a_summary_asks_the_customer_how_it_was(talk):
    talk.seat("alice").says("hello")
    talk.seat("alice").says("#close refunded 20 yuan")
    assert (talk.status, talk.world.conversation.summary) == ("closed", "refunded 20 yuan")
    assert talk.seat("alice").reads == ["The conversation is closed."]
    assert "How satisfied" in talk.customer.reads[0]


@pytest.mark.parametrize("command", ["#close", "#quit"])
def test_others_may_not(talk, command):
    talk.seat("carol").says(command)
    assert talk.owner == "alice"
    assert talk.seat("carol").reads == ["Only the seat that has a conversation can do this."]


@pytest.mark.parametrize(("command", "owner"), [("#close", ""), ("#quit", "carol")])
def test_supervisors_may(talk, command, owner):
    talk.seat("bob").says(command)
    assert talk.owner == owner


@pytest.mark.parametrize("command", ["#close", "#quit"])
def test_there_must_be_a_conversation(talk, command):
    talk.seat("alice").says("#close")
    talk.seat("alice").says(command)
    assert talk.seat("alice").reads == ["There is no open conversation here."]


def test_a_customer_leaves_the_line(talk):
    waiting = Script(seats=["alice"])
    waiting.seat("alice").seat.takes = False
    waiting.customer("hi")
    waiting.customer("#quit")
    assert waiting.status == "closed"
    assert waiting.customer.reads == ["You have left the line. Write to us again at any time."]


def test_a_customer_ends_the_conversation_with_the_seat(talk):
    talk.customer("#quit")
    assert talk.status == "closed"


def test_a_customer_leaves_a_bot_for_a_person():
    talk = Script(bots=["faq"], seats=["alice"], loads={"faq": [Entry(("hi",), Reply(Text("hello")))]})
    talk.customer("hi")
    talk.customer("#quit")
    assert talk.mode == "transform"
    talk.customer("hi")
    assert talk.owner == "alice"


def test_a_customer_with_nothing_to_leave_is_given_to_nobody(talk):
    talk.seat("alice").says("#close")
    talk.customer("#quit")
    assert (talk.owner, talk.customer.reads) == ("", [])


def test_no_seat_has_it():
    talk = Script(seats=["alice"], supervisors={"sales": ["bob"]})
    talk.seat("alice").seat.takes = False
    talk.customer("hi")
    talk.seat("bob").says("#quit")
    assert talk.dropped == "No seat has this conversation."
    assert talk.status == "queued"
