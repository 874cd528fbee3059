"""No customer is stranded: `#quit` finds somebody at once, `#transfer -n system` gives back to the bots, reopening tells nothing twice."""

from __future__ import annotations

import pytest

from bridge.models import AutoAnswer, Conversation, InboundEvent, WorkingHours
from bridge.models.hours import WEEKDAYS
from chatbots.models import FaqEntry
from seats.models import Seat, SeatGroup
from tests.support.routing import consistent, conversation, owner, places

pytestmark = pytest.mark.either


@pytest.fixture
def talk(day):
    """Alice has customer 1."""
    day.site.login("alice")
    day.arrive(1)
    return day


def busy(name: str) -> None:
    Seat.objects.filter(user__username=name).update(availability="busy")


def test_quit_finds_another_seat_at_once(talk):
    talk.site.seat("carol", talk.site.sales, online=True)
    said = talk.says("alice", "#quit", 1)
    assert owner(1) == "carol"
    assert "carol" in said
    assert "hello 1" in talk.platforms.to_seat("carol")[0]
    assert talk.told(1) == [], "the customer notices nothing"
    assert conversation(1).mode == "send"
    consistent()


def test_quit_with_no_free_seat_puts_the_customer_into_the_queue_and_tells_them(talk):
    busy("alice")
    talk.says("alice", "#quit", 1)
    assert (owner(1), conversation(1).mode, places()) == ("queued", "stack", [1])
    assert "第 1 位" in talk.told(1)[-1]
    consistent()
    talk.site.seat("carol", talk.site.sales, online=True)
    talk.later(60)
    assert owner(1) == "carol"


def test_quit_behind_others_who_wait_gives_the_place_to_the_first_of_them(talk):
    Seat.objects.filter(user__username="alice").update(capacity=1)
    talk.arrive(2)
    talk.says("alice", "#quit", 1)
    assert (owner(1), owner(2), places()) == ("queued", "alice", [1])
    consistent()


def test_the_only_seat_keeps_the_conversation_and_hears_why(talk):
    """Whoever takes new ones would be given it again at once, and the customer told a place for nothing."""
    said = talk.says("alice", "#quit", 1)
    assert owner(1) == "alice"
    assert "#忙碌" in said
    assert talk.told(1) == []
    assert InboundEvent.objects.latest("pk").state == InboundEvent.State.FILTERED
    consistent()


def test_quit_outside_of_working_hours_asks_for_a_message(talk):
    talk.site.sales.hours = WorkingHours.objects.create(name="never", **dict.fromkeys(WEEKDAYS, ""))
    talk.site.sales.save()
    talk.says("alice", "#quit", 1)
    assert (owner(1), conversation(1).mode) == ("queued", "leave")
    assert len(talk.told(1)) == 1
    consistent()


def test_quit_where_the_group_is_gone_tells_the_customer(talk):
    Conversation.objects.update(group="gone")
    talk.says("alice", "#quit", 1)
    assert (owner(1), conversation(1).mode) == ("bot", "transform")
    assert "留言" in talk.told(1)[-1]
    consistent()


def test_a_supervisor_makes_a_seat_leave(talk):
    talk.site.sales.supervisors.add(talk.site.bob)
    talk.site.seat("carol", talk.site.sales, online=True)
    talk.says("bob", "#quit", 1)
    assert owner(1) == "carol"
    talk.says("carol", "#close", 1)
    busy("alice")
    busy("carol")
    talk.arrive(2)
    assert "没有座席" in talk.says("bob", "#quit", 2)
    assert (owner(2), places()) == ("queued", [2])


def test_a_full_queue_takes_no_one_who_is_left(talk):
    busy("alice")
    SeatGroup.objects.update(max_queue=1)
    talk.arrive(2)
    talk.says("alice", "#quit", 1)
    assert (owner(1), conversation(1).mode) == ("queued", "leave")
    assert "留言" in talk.told(1)[-1]


# Back to the bots


def test_system_is_the_accounts_bots(talk):
    FaqEntry.objects.create(keywords="营业", answer=AutoAnswer.of("9:00-18:00"))
    talk.site.account.bots = [{"name": "faq", "on": True}]
    talk.site.account.save()
    said = talk.says("alice", "#transfer -n system", 1)
    assert "faq" in said
    assert (owner(1), conversation(1).mode) == ("bot", "faq")
    assert Seat.objects.get(user__username="alice").load == 0
    talk.arrive(1, text="几点营业")
    assert talk.told(1) == ["9:00-18:00"]
    talk.arrive(1, text="人工")
    assert owner(1) == "alice"
    consistent()


def test_an_account_without_bots_keeps_its_seat(talk):
    talk.says("alice", "#transfer 系统", 1)
    assert owner(1) == "alice"
    assert InboundEvent.objects.latest("pk").state == InboundEvent.State.FILTERED


# Reopening


def digests(day, name: str) -> list[str]:
    return [text for text in day.platforms.to_seat(name) if "最近" in text]


def test_reopened_with_the_same_seat_it_is_not_sent_its_context_again(talk):
    talk.site.account.reopen_minutes = 10
    talk.site.account.save()
    talk.says("alice", "the answer", 1)
    talk.says("alice", "#close", 1)
    before = len(talk.platforms.to_seat("alice"))
    talk.arrive(1, text="one more")
    assert (owner(1), conversation(1).reopened) == ("alice", 1)
    assert talk.platforms.to_seat("alice")[before:] == ["one more 1"]


def test_reopened_with_another_seat_the_context_comes_along(talk):
    talk.site.account.reopen_minutes = 10
    talk.site.account.save()
    talk.says("alice", "#close", 1)
    busy("alice")
    talk.site.seat("carol", talk.site.sales, online=True)
    talk.arrive(1, text="one more")
    assert owner(1) == "carol"
    assert [True for text in digests(talk, "carol") if "hello 1" in text]
