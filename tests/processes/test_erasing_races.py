"""Erasing, dropping and counting while four workers are at it: nothing is lost, doubled, stranded or counted wrongly."""

from __future__ import annotations

import random
import threading

import pytest
from django.db import connection

from analytics.facts import rollups
from analytics.models import Grain, Rollup
from bridge.base import clock
from bridge.inbox import storing
from bridge.inbox.events import DropAsked, EraseAsked
from bridge.models import Conversation, Customer, Delivery, Fact, InboundEvent, Message
from bridge.privacy import where
from seats.models import Assignment, QueueEntry, Seat
from tests.processes.test_routing_races import work_at_once
from tests.support.actors import Site
from tests.support.routing import consistent, someone

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]
CUSTOMERS, BURSTS = 6, 12
NAME = "欧阳不悔"


@pytest.mark.services
def test_nothing_is_lost_doubled_or_stranded(transactional_db, platforms, client):
    if connection.vendor != "mysql":
        pytest.skip("needs a database with several writers")
    site, hand = Site(client, platforms), random.Random(7)
    Seat.objects.update(capacity=2)
    site.login("alice")
    written, over = 0, threading.Event()

    def count() -> None:
        """The reports' task, twice at once, all the while."""
        try:
            while not over.is_set():
                rollups.update(clock.now())
        finally:
            connection.close()

    counting = [threading.Thread(target=count) for _at in range(2)]
    for thread in counting:
        thread.start()
    try:
        for _burst in range(BURSTS):
            written += _burst_of(site, hand)
            work_at_once()
            _whole()
    finally:
        over.set()
        for thread in counting:
            thread.join()
    assert not InboundEvent.objects.filter(state=InboundEvent.State.FAILED).exists()
    # Erased or not, each message was counted once.
    assert Fact.objects.filter(kind=Fact.Kind.RECEIVED).count() == written
    opened = Fact.objects.filter(kind=Fact.Kind.OPENED).count()
    assert (
        opened - Fact.objects.filter(kind=Fact.Kind.CLOSED).count()
        == Conversation.objects.exclude(open_for=None).count()
    )
    assert opened > CUSTOMERS, "some were erased in the middle of a talk and came back"
    rollups.update(clock.now())
    assert sum(Rollup.objects.filter(grain=Grain.DAY_OF_ALL).values_list("received", flat=True)) == written


def _burst_of(site, hand: random.Random) -> int:
    """Let a few things happen; returns how many messages customers wrote."""
    written = 0
    for _at in range(8):
        number = hand.randrange(CUSTOMERS)
        customer = Customer.objects.filter(openid=someone(number)).first()
        what = hand.choice(["writes", "writes", "writes", "answers", "erase", "drop"])
        if what == "writes":
            site.customer_says(f"hello {number}", someone(number))
            written += 1
        elif customer and what == "answers":
            site.seat_says("hi", "alice", someone(number))
        elif customer and what == "erase":
            storing.post(customer.im_id, EraseAsked())
        elif customer and what == "drop":
            ids = list(Delivery.objects.filter(lane=customer.im_id).values_list("pk", flat=True))
            storing.post(customer.im_id, DropAsked(tuple(ids), "test"))
    return written


def _whole() -> None:
    """Check what must hold after each burst."""
    consistent()
    for model in (Conversation, Message, Assignment, QueueEntry):
        assert not [row for row in model.objects.all() if _owner(row) is None]
    assert Customer.objects.values("im_id").distinct().count() == Customer.objects.count()


def _owner(row) -> Customer | None:
    conversation = row if isinstance(row, Conversation) else row.conversation
    return Customer.objects.filter(pk=conversation.customer_id).first()


@pytest.mark.services
def test_who_is_erased_while_lists_of_them_are_read_stands_in_none(transactional_db, platforms, client):
    """Each list is asked for in another customer's chat; some are answered before, some after, some while one is erased."""
    if connection.vendor != "mysql":
        pytest.skip("needs a database with several writers")
    site = Site(client, platforms)
    Seat.objects.update(capacity=2 * CUSTOMERS)
    site.login("alice")
    for number in range(CUSTOMERS):
        site.customer_says("hello", someone(number))
    site.work()
    for number in range(1, CUSTOMERS):
        site.seat_says(f"#name {number}{NAME}", "alice", someone(number))
    site.work()
    for number in range(1, CUSTOMERS):
        for other in [0, *range(number, CUSTOMERS)]:
            site.seat_says("#list", "alice", someone(other))
        storing.post(site.im_id(someone(number)), EraseAsked())
        work_at_once()
    assert sum(f"{CUSTOMERS - 1}{NAME}" in text for text in platforms.to_seat("alice")) > CUSTOMERS, "they were read"
    assert Customer.objects.count() == 1
    assert [(one.table, one.column) for one in where.find(NAME)] == []
