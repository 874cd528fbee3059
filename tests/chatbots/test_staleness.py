"""What time alone made due is looked at again when its turn comes: somebody may have written since."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.inbox import storing
from bridge.models import AutoAnswer, InboundEvent
from seats.models import Seat, SeatGroup
from seats.routing import timers
from seats.tasks import tick
from tests.support.routing import conversation, owner, someone

pytestmark = pytest.mark.either


def sales(**values: object) -> None:
    SeatGroup.objects.filter(slug="sales").update(**values)


def found_too_late(day, kind: str) -> None:
    """Let the timers look while what was written is stored, and not worked on yet; then work on all of it."""
    assert tick() >= 1
    assert InboundEvent.objects.filter(kind=kind, state=InboundEvent.State.NEW).exists(), "the timer has found it"
    day.site.work()
    assert not InboundEvent.objects.filter(state=InboundEvent.State.NEW).exists()


@pytest.fixture
def answered(day):
    """Customer 1 was answered by alice, and nothing was said since."""
    day.site.login("alice")
    day.arrive(1)
    day.says("alice", "anything else?", 1)
    return day


def test_who_writes_just_before_the_end_is_not_closed(answered):
    sales(close_idle_seconds=600)
    answered.now += timedelta(seconds=601)
    answered.site.customer_says("yes, please", someone(1))
    found_too_late(answered, "close_idle")
    assert owner(1) == "alice"
    assert answered.platforms.to_seat("alice")[-1] == "yes, please"


def test_who_writes_just_before_the_question_is_not_asked(answered):
    sales(remind_customer_seconds=600)
    answered.now += timedelta(seconds=601)
    answered.site.customer_says("yes, please", someone(1))
    found_too_late(answered, "remind_customer")
    assert answered.told(1) == ["anything else?"]


def test_an_answer_since_begins_the_silence_anew(answered):
    """The last word is the seat's again, but another one than the timer had seen."""
    sales(close_idle_seconds=600)
    answered.now += timedelta(seconds=601)
    answered.site.customer_says("yes, please", someone(1))
    answered.site.seat_says("here it is", "alice", answered.customer(1).openid)
    found_too_late(answered, "close_idle")
    assert owner(1) == "alice"


def test_a_seat_that_has_answered_is_not_reminded(day):
    sales(remind_seat_seconds=60)
    day.site.login("alice")
    day.arrive(1)
    day.now += timedelta(seconds=61)
    day.site.seat_says("here I am", "alice", day.customer(1).openid)
    found_too_late(day, "remind_seat")
    assert not any("等待回复" in text for text in day.platforms.to_seat("alice"))


def test_nor_of_a_message_that_came_after_the_answer(day):
    sales(remind_seat_seconds=60)
    day.site.login("alice")
    day.arrive(1)
    day.now += timedelta(seconds=61)
    day.site.seat_says("here I am", "alice", day.customer(1).openid)
    day.site.customer_says("thanks, and this?", someone(1))
    found_too_late(day, "remind_seat")
    assert not any("等待回复" in text for text in day.platforms.to_seat("alice"))


def test_who_talks_to_a_bot_just_before_the_end_goes_on(day):
    from chatbots.models import FaqEntry

    FaqEntry.objects.create(keywords="hello", answer=AutoAnswer.of("9:00-21:00"))
    day.site.account.first_mode = "faq"
    day.site.account.save()
    sales(close_idle_seconds=600)
    day.arrive(1)
    day.now += timedelta(seconds=601)
    day.site.customer_says("hello again", someone(1))
    found_too_late(day, "expire")
    assert owner(1) == "bot"
    assert day.told(1) == ["9:00-21:00"] * 2


def test_a_seat_that_came_back_and_left_again_keeps_its_grace(day):
    """What was found is about the first time; the second has a grace of its own."""
    sales(grace_seconds=120)
    day.site.login("alice")
    day.arrive(1)
    day.site.seat_state("Disconnect")
    day.site.work()
    day.now += timedelta(seconds=121)
    (due,) = [one for one in timers.due(day.now) if one.event.kind == "take_back"]
    day.site.login("alice")
    day.now += timedelta(seconds=1)
    day.site.seat_state("Disconnect")
    day.site.work()
    assert Seat.objects.get(user__username="alice").online is False
    storing.post(due.lane, due.event)
    day.site.work()
    assert owner(1) == "alice"
    day.later(121)
    assert owner(1) == "queued"


def test_what_is_still_true_is_told_once_in_a_stretch_and_again_in_the_next(day):
    """An event that failed must not hide for ever that somebody waits."""
    sales(remind_seat_seconds=60)
    day.site.login("alice")
    day.arrive(1)
    day.now += timedelta(seconds=61)
    assert [tick(), tick()] == [1, 0]
    InboundEvent.objects.filter(kind="remind_seat").update(state=InboundEvent.State.FAILED)
    day.now += timedelta(seconds=timers.STRETCH)
    assert [tick(), tick()] == [1, 0]
    day.site.work()
    assert conversation(1).seat_reminded_at == day.now
