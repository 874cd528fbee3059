"""Staff change the room of seats while workers give them customers: never more than there is room for, and nobody is forgotten."""

from __future__ import annotations

import random

import pytest
from django.contrib.auth.models import User
from django.db import connection

from bridge.inbox import storing
from bridge.models import Conversation, InboundEvent
from bridge.values.agents import seat_lane
from seats.events import RoomChanged
from seats.models import Assignment, QueueEntry, Seat
from seats.routing import queue
from tests.support.actors import Site
from tests.support.interleaved import meet
from tests.support.routing import consistent, someone
from tests.support.waiting import wait_until
from tests.support.working import working

SEATS, CUSTOMERS, CHANGES, MORE = ("alice", "bob", "carol"), 30, 60, 40


def set_room(name: str, capacity: int) -> int:
    """Change a seat as the admin does; return what its load may be from now on at most."""
    Seat.objects.filter(im_user_id=name).update(capacity=capacity)
    storing.post(seat_lane(name), RoomChanged(name))
    return max(capacity, Seat.objects.get(im_user_id=name).load)


def change(dice: random.Random) -> None:
    """Change one seat, and look for a while: who has too many is given no more."""
    name, capacity = dice.choice(SEATS), dice.choice((0, 1, 1, 2, 3))
    User.objects.filter(username=name).update(is_active=dice.random() > 0.2)
    most = set_room(name, capacity)
    for _look in range(10):
        load = Seat.objects.get(im_user_id=name).load
        assert load <= most, (name, capacity, load, most)
        most = max(capacity, load)


def close_some(site: Site, dice: random.Random) -> None:
    held = Assignment.objects.filter(active_for__isnull=False).select_related("seat", "active_for__customer")
    for one in list(held)[: dice.randrange(3)]:
        site.seat_says("#close", one.seat.im_user_id, one.active_for.customer.openid)


@pytest.mark.services
@pytest.mark.parametrize("together", [1, 16])
def test_room_changes_while_customers_are_assigned(transactional_db, platforms, client, settings, together):
    if connection.vendor != "mysql":
        pytest.skip("needs a database with several writers")
    settings.LANES_TOGETHER = together
    site, dice = Site(client, platforms), random.Random(20)
    site.seat("carol", site.sales, site.care)
    site.bob.groups.add(site.sales)
    for name in SEATS:
        site.login(name)
    site.work()

    with working(4) as errors:
        for number in range(CHANGES):
            site.customer_says(f"hello {number}", someone(number % CUSTOMERS))
            change(dice)
            close_some(site, dice)
        for number in range(CUSTOMERS, CUSTOMERS + MORE):
            site.customer_says("hello", someone(number))
        User.objects.filter(username__in=SEATS).update(is_active=True)
        for capacity in (0, 12):  # from here on nothing but the room that there is tells those who wait
            for name in SEATS:
                set_room(name, capacity)
            wait_until(lambda: errors or not InboundEvent.objects.filter(state=InboundEvent.State.NEW).exists())
    site.work()
    assert errors == []
    consistent()
    assert not InboundEvent.objects.filter(state=InboundEvent.State.FAILED).exists()
    loads = dict(Seat.objects.values_list("im_user_id", "load"))
    assert QueueEntry.objects.exists(), "there are more who wait than places"
    assert not queue.with_room(site.sales.pk).exists(), loads
    for one in Conversation.objects.exclude(status="closed"):
        has_seat, waits = (
            Assignment.objects.filter(active_for=one).exists(),
            QueueEntry.objects.filter(conversation=one).exists(),
        )
        assert (has_seat, waits) == (one.status == "assigned", one.status == "queued"), (one.pk, one.status)


@pytest.mark.services
@pytest.mark.parametrize("change", [{"capacity": 0}, {"availability": "busy"}, {"online": False}])
def test_a_seat_that_has_no_room_when_its_place_is_taken_is_not_given_it(transactional_db, platforms, client, change):
    """Staff change it right after it was found to be the best."""
    site = Site(client, platforms)
    site.login("alice")
    site.work()
    site.customer_says("hello")
    meet(site.work, lambda: Seat.objects.filter(pk=site.alice.pk).update(**change), at="SET `load` = (")
    site.work()
    consistent()
    assert Conversation.objects.get().status == "queued"
    Seat.objects.filter(pk=site.alice.pk).update(capacity=5, availability="open", online=True)
    set_room("alice", 5)
    site.work()
    assert Conversation.objects.get().status == "assigned"
