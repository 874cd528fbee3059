"""Transform: who gets a conversation, and what happens where nobody can."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.inbox.serving_events import SeatSought
from bridge.pipeline.actions import Record, SendContext
from chatbots.testing import Script
from chatbots.testing.world import MONDAY_MORNING

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]


def test_a_free_seat_gets_the_customer_and_reads_what_they_wrote():
    talk = Script(seats=["alice", "carol"])
    talk.customer("hi", "are you there?")
    assert (talk.owner, talk.mode, talk.status) == ("alice", "send", "assigned")
    assert talk.seat("alice").reads == ["hi", "are you there?"]
    assert talk.customer.reads == []
    assert [one.content.text for one in talk.acted(Record)] == ["hi", "are you there?"]


def test_where_nobody_is_free_the_customer_waits_and_hears_their_place():
    talk = Script(seats=["alice"])
    talk.seat("alice").seat.takes = False
    talk.world.waiting = 2
    talk.customer("hi")
    assert (talk.mode, talk.status) == ("stack", "queued")
    assert talk.customer.reads == ["All our staff are busy. You are number 3 in line; we will answer you here."]


def test_outside_of_working_hours_a_message_is_asked_for():
    talk = Script(seats=["alice"])
    talk.world.is_open, talk.world.opens = False, MONDAY_MORNING + timedelta(days=1)
    talk.customer("hi")
    assert (talk.mode, talk.status) == ("leave", "queued")
    (said,) = talk.customer.reads
    assert said.startswith("We are not here now. Leave us a message; we answer from ")


def test_an_account_without_a_group_keeps_what_is_written():
    talk = Script(group="gone")
    talk.customer("hi")
    assert (talk.mode, talk.status) == ("transform", "bot")
    assert talk.customer.reads == []


def test_once_the_account_has_a_group_the_customer_is_not_left_behind():
    talk = Script(seats=["alice"], group="gone")
    talk.customer("hi")
    talk.world.account = replace(talk.world.account, group="sales")
    talk.happens(SeatSought())
    assert (talk.owner, talk.mode, talk.seat("alice").reads) == ("alice", "send", ["hi"])


def test_a_text_that_is_switched_off_is_not_said():
    talk = Script(seats=["alice"], texts={"queued": ""})
    talk.seat("alice").seat.takes = False
    talk.customer("hi")
    assert (talk.status, talk.customer.reads) == ("queued", [])


@pytest.mark.parametrize(("minutes", "again"), [(9, True), (10, False)])
def test_writing_again_soon_reopens_and_the_same_seat_is_not_sent_its_context(minutes, again):
    talk = Script(seats=["alice"], reopen_minutes=10)
    talk.customer("hi")
    talk.seat("alice").says("hello")
    talk.seat("alice").says("#close")
    talk.after(minutes=minutes).customer("one more")
    assert talk.seat("alice").reads == ["one more"]
    assert talk.owner == "alice"
    assert talk.world.conversation.id == (1 if again else 2)
    assert len(talk.acted(SendContext)) == (0 if again else 1)


def test_reopened_with_another_seat_the_context_comes_along():
    talk = Script(seats=["alice", "carol"], reopen_minutes=10)
    talk.customer("hi")
    talk.seat("alice").says("#close")
    talk.seat("alice").seat.takes = False
    talk.customer("one more")
    context, newest = talk.seat("carol").reads
    assert context.endswith("customer：hi")
    assert newest == "one more"
