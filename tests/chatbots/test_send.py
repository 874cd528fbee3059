"""Send: both sides talk, and their silences are minded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.inbox.serving_events import ConversationIdle, CustomerSilent, PlaceFree, SeatGone, SeatSilent
from bridge.pipeline.actions import Reminded, Resend
from bridge.pipeline.serving import Enqueue
from bridge.values.content import Image, Location
from chatbots.testing import Script

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]


@pytest.fixture
def talk():
    """Alice has the customer, who waits for an answer."""
    talk = Script(seats=["alice", "carol"])
    talk.customer("hi")
    return talk


def test_each_side_reads_the_other(talk):
    talk.seat("alice").says("hello")
    assert talk.customer.reads == ["hello"]
    talk.customer("a question", Location(39.9, 116.4, "home"), Image(url="https://x/a.jpg"))
    assert talk.seat("alice").reads[0] == "a question"
    assert len(talk.seat("alice").reads) == 3


def test_a_doubled_sign_is_a_real_one(talk):
    talk.seat("alice").says("##1 in line")
    assert talk.customer.reads == ["#1 in line"]


def test_who_does_not_have_the_conversation_reaches_nobody(talk):
    talk.seat("carol").says("me too")
    assert talk.customer.reads == []
    assert talk.seat("carol").reads == ["Not sent: alice has this conversation."]
    assert talk.dropped == "Not sent: alice has this conversation."


def test_a_seat_is_reminded_of_a_customer_who_waits(talk):
    since = talk.now
    talk.after(minutes=3).happens(SeatSilent(since))
    assert talk.seat("alice").reads == ["The customer has been waiting for an answer for 3m."]
    assert talk.acted(Reminded) == [Reminded("seat")]


def test_not_where_it_has_answered_since(talk):
    since = talk.now
    talk.after(minutes=3).seat("alice").says("hello")
    talk.happens(SeatSilent(since))
    assert talk.actions == []


def test_a_silent_customer_is_asked_once_and_let_go_later(talk):
    talk.seat("alice").says("hello")
    last = talk.now
    talk.after(minutes=10).happens(CustomerSilent(last))
    assert talk.customer.reads == ["Is there anything else? We are still here for you."]
    talk.after(hours=1).happens(ConversationIdle(last))
    assert talk.status == "closed"
    assert "How satisfied" in talk.customer.reads[0]


@pytest.mark.parametrize("event", [CustomerSilent, ConversationIdle])
def test_not_where_somebody_has_written_since(talk, event):
    talk.seat("alice").says("hello")
    last = talk.now
    talk.after(minutes=1).customer("wait")
    talk.happens(event(last))
    assert (talk.actions, talk.status) == ([], "assigned")
    talk.after(minutes=1).seat("alice").says("yes?")
    talk.happens(event(last))
    assert talk.actions == []


def test_a_seat_that_vanished_loses_the_customer_to_another(talk):
    talk.seat("alice").seat.takes = False
    talk.happens(SeatGone(talk.now))
    assert talk.owner == "carol"
    assert talk.seat("alice").reads == ["You were offline; this conversation was handed on."]
    assert "hi" in talk.seat("carol").reads[0]


def test_or_to_the_head_of_the_queue(talk):
    talk.seat("alice").seat.takes = talk.seat("carol").seat.takes = False
    talk.world.waiting = 3
    talk.happens(SeatGone(talk.now))
    assert (talk.mode, talk.status, talk.customer.reads) == ("stack", "queued", [])
    assert [one.first for one in talk.acted(Enqueue)] == [True]


def test_not_where_it_is_back(talk):
    talk.happens(SeatGone(talk.now))
    assert talk.owner == "alice"


def test_a_customer_who_does_not_wait_stays(talk):
    talk.seat("alice").says("hello")
    talk.seat("alice").seat.takes = False
    talk.happens(SeatGone(talk.now - timedelta(minutes=1)))
    assert talk.owner == "alice"


def test_an_event_of_another_mode_is_nothing_to_it(talk):
    talk.happens(PlaceFree())
    assert talk.actions == []


def test_resending_is_for_the_seat_that_has_the_conversation(talk):
    talk.seat("alice").says("#resend")
    assert len(talk.acted(Resend)) == 1
    talk.seat("carol").says("#resend")
    assert talk.acted(Resend) == []
    assert talk.seat("carol").reads == [
        "Only the seat that has a conversation, or had it last, can resend its messages."
    ]
