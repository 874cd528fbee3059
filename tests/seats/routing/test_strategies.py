"""Which free seat gets the next conversation, by each strategy; and what a seat says of itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.base import clock
from bridge.models import Conversation
from seats.models import Assignment, QueueEntry, Seat, SeatGroup
from seats.routing import assignment
from seats.routing.strategies import strategies, strategy_of


def someone(number: int) -> str:
    return f"oStrategyCustomer00000000{number:03d}"


class Desk:
    """Customers who come and go, a second apart."""

    def __init__(self, site) -> None:
        self.site, self.began, self.second = site, clock.now(), 0

    def at(self):
        self.second += 1
        moment = self.began + timedelta(seconds=self.second)
        return clock.fixed(lambda: moment)

    def arrive(self, number: int) -> str:
        with self.at():
            self.site.customer_says("hello", someone(number))
            self.site.work()
        return self.owner(number)

    def close(self, number: int) -> None:
        with self.at():
            self.site.seat_says("#close", self.owner(number), someone(number))
            self.site.work()

    @staticmethod
    def owner(number: int) -> str:
        conversation = Conversation.objects.get(customer__openid=someone(number), open_for__isnull=False)
        seat = Seat.objects.filter(assignments__active_for=conversation).first()
        return str(seat) if seat else conversation.status


@pytest.fixture
def desk(site):
    for name in ("carol", "dave"):
        site.seat(name, site.sales, online=True)
    Seat.objects.filter(user__username="alice").update(online=True)
    return Desk(site)


def choose(name: str) -> None:
    SeatGroup.objects.update(strategy=name)


def test_in_turn_whatever_they_have(desk):
    choose("round_robin")
    Seat.objects.filter(user__username="carol").update(weight=9)
    owners = [desk.arrive(number) for number in range(6)]
    assert owners[:3] == owners[3:]
    assert len(set(owners[:3])) == 3


def test_longest_without_work(desk):
    choose("most_idle")
    first = [desk.arrive(number) for number in range(3)]
    assert len(set(first)) == 3
    for number in (1, 0, 2):  # the second one is free first, then the first, then the third
        desk.close(number)
    assert [desk.arrive(number) for number in (10, 11, 12)] == [first[1], first[0], first[2]]


def test_whoever_has_nothing_to_do_comes_before_whoever_has_something(desk):
    choose("most_idle")
    first = [desk.arrive(number) for number in range(3)]
    desk.close(2)
    assert desk.arrive(10) == first[2]
    assert sorted([desk.arrive(11), desk.arrive(12), desk.arrive(13)]) == sorted(first)


def test_the_seat_who_knows_the_customer(desk):
    choose("last_seat")
    known = desk.arrive(1)
    desk.close(1)
    for number in (2, 3, 4):
        desk.arrive(number)
    assert desk.arrive(1) == known
    desk.close(1)
    Assignment.objects.update(assigned_at=desk.began - timedelta(days=8))
    Seat.objects.filter(user__username=known).update(load=3)
    assert desk.arrive(1) != known


def test_the_seat_who_knows_the_customer_has_no_room(desk):
    choose("last_seat")
    known = desk.arrive(1)
    desk.close(1)
    Seat.objects.filter(user__username=known).update(availability="busy")
    assert desk.arrive(1) not in (known, "queued")


def test_an_unknown_strategy_is_the_first_one():
    assert strategy_of(SeatGroup(strategy="gone")).name == "weighted"
    assert list(strategies()) == ["weighted", "round_robin", "most_idle", "last_seat"]


@pytest.mark.parametrize(("word", "availability"), [("#busy", "busy"), ("#离开", "away")])
def test_a_seat_that_takes_no_new_ones_keeps_those_it_has(site, platforms, word, availability):
    site.login("alice")
    site.customer_says("hello")
    site.work()
    site.seat_says(word)
    site.work()
    assert Seat.objects.get(user__username="alice").availability == availability
    assert "#上线" in platforms.to_seat("alice")[-1]
    site.customer_says("another", someone(1))
    site.customer_says("still here?")
    site.work()
    assert Desk.owner(1) == "queued"
    assert platforms.to_seat("alice")[-1] == "still here?"
    site.seat_says("#上线")
    site.work()
    assert Desk.owner(1) == "alice"
    assert not QueueEntry.objects.exists()


def test_a_command_to_the_system_account(site, platforms):
    site.login("alice")
    data = {"From_Account": "alice", "To_Account": "bridge_system", "MsgKey": "k", "SendMsgResult": 0,
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "#busy"}}]}  # fmt: skip
    site.im_callback("C2C.CallbackAfterSendMsg", data)
    site.work()
    assert Seat.objects.get(user__username="alice").availability == "busy"


def test_a_transfer_to_a_busy_seat_is_refused(site, platforms):
    site.login("alice", "bob")
    Seat.objects.filter(user__username="bob").update(availability="busy")
    site.customer_says("hello")
    site.work()
    site.seat_says("#transfer -n bob")
    site.work()
    assert "bob" in platforms.to_seat("alice")[-1]
    assert Seat.objects.get(user__username="alice").load == 1


@pytest.mark.parametrize(("unused", "served"), [(True, 0), (False, 1)])
def test_a_place_that_was_offered_in_vain_does_not_count_as_served(site, unused, served):
    now = clock.now()
    assert assignment.take_place(site.alice, now, asked=True)
    assignment.free_place(site.alice.pk, now, unused=unused)
    site.alice.refresh_from_db()
    assert (site.alice.load, site.alice.served, site.alice.idle_since) == (0, served, now)
    assignment.free_place(site.alice.pk, now, unused=unused)  # there is none to give back
    site.alice.refresh_from_db()
    assert (site.alice.load, site.alice.served) == (0, served)
