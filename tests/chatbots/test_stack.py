"""Stack: customers who wait."""

from __future__ import annotations

import pytest

from bridge.inbox.serving_events import OverflowDue, PlaceFree, SeatSilent, WaitOver
from bridge.pipeline.serving import Overflow
from chatbots.testing import Script

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]


@pytest.fixture
def talk():
    """The customer waits for alice, who is busy."""
    talk = Script(seats=["alice"])
    talk.seat("alice").seat.takes = False
    talk.customer("hi")
    return talk


def test_what_is_written_meanwhile_is_kept_and_the_place_told(talk):
    talk.customer("still there?")
    assert talk.customer.reads == ["All our staff are busy. You are number 1 in line; we will answer you here."]
    assert talk.seat("alice").has_read == []


def test_a_free_place_brings_all_of_it_to_the_seat_in_order(talk):
    talk.customer("still there?")
    talk.seat("alice").seat.takes = True
    talk.happens(PlaceFree())
    assert (talk.owner, talk.mode) == ("alice", "send")
    assert talk.seat("alice").reads[-2:] == ["hi", "still there?"]


def test_a_place_that_is_gone_again_changes_nothing(talk):
    talk.happens(PlaceFree())
    assert (talk.mode, talk.status, talk.customer.reads) == ("stack", "queued", [])


def test_after_a_while_a_second_group_may_take_them(talk):
    talk.happens(OverflowDue())
    assert len(talk.acted(Overflow)) == 1


def test_after_too_long_a_message_is_asked_for(talk):
    talk.happens(WaitOver())
    assert (talk.mode, talk.status) == ("leave", "queued")
    assert talk.customer.reads == ["All our staff are busy. Leave us a message; we answer as soon as somebody is free."]


def test_unless_somebody_is_free_just_now(talk):
    talk.seat("alice").seat.takes = True
    talk.happens(WaitOver())
    assert (talk.owner, talk.customer.reads) == ("alice", [])


def test_events_of_other_modes_are_nothing_to_it(talk):
    talk.happens(SeatSilent(talk.now))
    assert talk.actions == []


def test_a_full_queue_asks_for_a_message():
    talk = Script(seats=["alice"])
    talk.seat("alice").seat.takes = False
    talk.world.waiting = talk.world.max_queue = 1
    talk.customer("hi")
    assert talk.mode == "leave"
    assert talk.customer.reads == ["All our staff are busy. Leave us a message; we answer as soon as somebody is free."]


def test_a_customer_asks_for_the_place(talk):
    talk.customer("#queue")
    assert talk.customer.reads == ["You are number 1 of 1 in line."]


def test_a_customer_who_does_not_wait_hears_that_nobody_does():
    talk = Script(seats=["alice"])
    talk.customer("#queue")
    assert talk.customer.reads == ["Nobody is waiting."]


def test_seats_see_queue_and_conversations(talk):
    talk.seat("alice").says("#queue")
    assert talk.seat("alice").reads == ["sales: 1 waiting, the longest for 0s; 1 seats online, 0 places free"]
    talk.seat("alice").says("#list")
    assert talk.seat("alice").reads == ["#1 shop · customer · queued"]
