"""What the reports are told of seats and queues: each way in which a seat comes to a conversation, and how a wait ends."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bridge.base import clock
from bridge.live import endpoints
from bridge.models import Conversation, Fact
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values import agents
from seats.models import Seat, TransferOffer
from seats.routing.assignment import Occupancy, free_place, free_seats, take_place
from seats.routing.records import record_waited
from tests.support.routing import client_of, conversation

pytestmark = pytest.mark.either

KINDS = (Fact.Kind.WAITED, Fact.Kind.ASSIGNED, Fact.Kind.RELEASED, Fact.Kind.PASSED)


def facts() -> list[str]:
    """Return kind, detail, seat, seconds and seconds within working hours of each fact, in order."""
    names = dict(Seat.objects.values_list("pk", "im_user_id"))
    found = Fact.objects.filter(kind__in=KINDS).order_by("pk")
    return [f"{one.kind} {one.detail} {names.get(one.seat_id, '-')} {one.seconds} {one.working}" for one in found]


def test_each_way_to_a_seat(day):
    day.site.login("alice", "bob")
    day.arrive(1)
    day.says("alice", "hi", 1)
    day.says("alice", "#transfer -n bob", 1)
    day.says("bob", "#transfer -n sales", 1)
    day.says("alice", "#close", 1)
    assert facts() == [
        "3 direct alice 0.0 0.0", "4 transfer alice 2.0 None", "3 transfer bob None None",
        "4 transfer bob 1.0 None", "3 transfer alice None None", "4 ended alice 1.0 None",
    ]  # fmt: skip


def test_a_wait_that_ends_with_a_seat(day):
    day.arrive(1)
    day.later(60)
    day.site.login("alice")
    assert facts() == ["7 queue - 60.0 60.0", "3 queue alice 60.0 60.0"]


def test_a_wait_that_goes_on_in_another_group_was_not_ended_by_a_seat(day, monkeypatch):
    day.works_at_once(monkeypatch)
    day.site.sales.supervisors.add(day.site.alice)
    day.arrive(1)
    address = f"/api/conversations/{conversation(1).pk}/commands/reassign/"
    sent = client_of("alice").post(address, {"target": "care"}, content_type="application/json")
    assert (sent.status_code, conversation(1).group) == (200, "care")
    assert [fact.split()[:2] for fact in facts()] == [["7", "moved"]]


def test_free_seats_but_one(site):
    carol = site.seat("carol", site.sales, capacity=1)
    Seat.objects.update(online=True, availability="open")
    now = clock.now()
    assert {one.pk for one in free_seats(site.sales, now)} == {carol.pk, site.alice.pk}
    assert [one.pk for one in free_seats(site.sales, now, but=carol.pk)] == [site.alice.pk]
    assert take_place(carol, now)
    assert not take_place(carol, now)
    assert not take_place(carol, now, asked=True)
    assert [one.pk for one in free_seats(site.sales, now)] == [site.alice.pk]


def test_an_offer_that_is_withdrawn_was_no_conversation(talking):
    now, conversation = clock.now(), Conversation.objects.get()
    Seat.objects.filter(pk=talking.bob.pk).update(load=1, served=3)
    offer = TransferOffer.objects.create(
        conversation=conversation, seat=talking.bob, sender_id=talking.alice.pk, expires_at=now
    )
    one = Occupancy(conversation, None, offer, [], [])
    one.withdraw_offer(now)
    talking.bob.refresh_from_db()
    assert (talking.bob.load, talking.bob.served, one.offer, TransferOffer.objects.count()) == (0, 2, None, 0)


A_SEAT_THAT_ASKS_NEED_NOT_TAKE_NEW_ONES = [
    ("open", True, False, True),
    ("busy", True, False, False),
    ("open", False, False, False),
    ("busy", False, True, True),
]


def test_a_seat_that_asks_need_not_take_new_ones(site):
    for availability, online, asked, taken in A_SEAT_THAT_ASKS_NEED_NOT_TAKE_NEW_ONES:
        Seat.objects.update(online=online, availability=availability, load=1, served=7, idle_since=clock.now())
        now = clock.now()
        assert take_place(site.alice, now, asked=asked) is taken
        site.alice.refresh_from_db()
        assert (site.alice.load, site.alice.served) == ((2, 8) if taken else (1, 7))
        if taken:
            assert (site.alice.last_assigned_at, site.alice.idle_since) == (now, None)


A_PLACE_THAT_IS_GIVEN_BACK = [
    (2, False, 1, 7, False),
    (1, False, 0, 7, True),
    (1, True, 0, 6, True),
    (0, False, 0, 7, False),
]


def test_a_place_that_is_given_back(site):
    for load, unused, then, served, idle in A_PLACE_THAT_IS_GIVEN_BACK:
        Seat.objects.update(load=load, served=7, idle_since=None)
        now = clock.now()
        free_place(site.alice.pk, now, unused=unused)
        site.alice.refresh_from_db()
        assert (site.alice.load, site.alice.served, site.alice.idle_since) == (then, served, now if idle else None)


def test_back_to_the_same_seat_and_on_to_another(day):
    day.site.seat("carol", day.site.sales)
    WeChatAccount.objects.update(reopen_minutes=10)
    endpoints.forget()
    day.site.login("alice")
    day.arrive(1)
    day.says("alice", "#close", 1)
    day.arrive(1)
    assert facts() == ["3 direct alice 0.0 0.0", "4 ended alice 1.0 None", "3 back alice None None"]
    day.site.login("carol")
    day.says("alice", "#quit", 1)
    assert facts()[3:] == ["4 passed alice 1.0 None", "9  alice None None", "3 passed carol None None"]
    day.site.seat_state("Logout", "carol")
    day.site.seat_state("Logout", "alice")
    day.arrive(2)
    day.site.login("alice")
    assert facts()[6:] == ["7 queue - 0.0 0.0", "3 queue alice 0.0 0.0"]
    day.says("alice", "#close", 2)
    day.site.seat_state("Logout", "alice")
    day.site.login("carol")
    day.arrive(2)
    assert facts()[8:] == ["4 ended alice 1.0 None", "3 direct carol 0.0 0.0"], "closed is not passed on"


@pytest.mark.parametrize(
    ("left", "outcome", "details"),
    [
        ([True, True], "abandoned", ["left"]),
        ([True], "moved", []),
        ([True], "queue", []),
        ([False], "moved", ["moved"]),
        ([True, False], "abandoned", ["abandoned"]),
    ],
)
def test_who_left_a_message_has_not_waited(left, outcome, details):
    noted: list[str] = []
    journal = SimpleNamespace(fact=lambda kind, **more: noted.append(more["detail"]))
    scene = SimpleNamespace(
        journal=journal, account_id=None, conversation=SimpleNamespace(group="none"), now=clock.now()
    )
    entries = [SimpleNamespace(left=one, enqueued_at=clock.now()) for one in left]
    register, before = agents.register_directory, agents.directory()
    register(agents.Nobody())
    try:
        record_waited(scene, SimpleNamespace(entries=entries), outcome)
    finally:
        register(before)
    assert noted == details
