"""What an assignment costs: as many statements however many seats and customers there are; candidates are not read into Python."""

from __future__ import annotations

from collections import deque
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bridge.base import clock
from bridge.models import Conversation, Customer
from bridge.pipeline.serving import Assign, Release
from seats.models import Assignment, QueueEntry, Seat
from seats.routing import assignment
from seats.simulation.engine import carry_out_for

MOST = 18  # statements of a conversation that ends, and of the customer who gets its place


class Floor:
    """A group whose seats are all busy, and a queue."""

    def __init__(self, site, label: str, seats: int, waiting: int) -> None:
        self.site, self.now = site, clock.now()
        self.woken: deque[str] = deque()
        site.sales.seats.clear()
        self.busy = []
        for number in range(seats):
            seat = site.seat(f"{label}{number}", site.sales, capacity=1)
            Seat.objects.filter(pk=seat.pk).update(online=True, load=1)
            conversation = self._conversation(f"{label}-busy{number}", "assigned")
            Assignment.objects.create(
                conversation=conversation, active_for=conversation, seat=seat, assigned_at=self.now
            )
            self.busy.append(conversation)
        self.waiting = [self._wait(f"{label}-wait{number}", number) for number in range(waiting)]

    def _conversation(self, lane: str, status: str) -> Conversation:
        customer = Customer.objects.create(account=self.site.account, openid=lane, im_id=lane, created_at=self.now)
        return Conversation.objects.create(
            customer=customer, open_for=customer, status=status, mode="stack", group="sales", opened_at=self.now
        )

    def _wait(self, lane: str, number: int) -> Conversation:
        conversation = self._conversation(lane, "queued")
        QueueEntry.objects.create(
            conversation=conversation, group=self.site.sales, lane=lane, account_id=self.site.account.pk,
            enqueued_at=self.now + timedelta(milliseconds=number),
        )  # fmt: skip
        return conversation

    def turn(self) -> None:
        carry_out_for(self.busy.pop(0), self.woken, [Release()])
        head = self.waiting.pop(0)
        assert list(self.woken) == [head.customer.im_id]
        self.woken.clear()
        carry_out_for(head, self.woken, [Assign("sales", then=lambda outcome: [])])
        assert not self.woken
        head.refresh_from_db()
        assert head.status == "assigned"

    def statements(self) -> list[str]:
        self.turn()
        with CaptureQueriesContext(connection) as captured:
            self.turn()
        kept = ("SELECT", "UPDATE", "INSERT", "DELETE")
        texts = [query["sql"] for query in captured if query["sql"].startswith(kept)]
        # Working hours are remembered; the last look at the conversation is the test's own.
        return [text for text in texts[:-1] if "workinghours" not in text]


def test_statements_are_few_and_grow_with_nothing(site):
    small = Floor(site, "small", 3, 4).statements()
    QueueEntry.objects.all().delete()
    large = Floor(site, "large", 30, 60).statements()
    assert len(small) == len(large) <= MOST


def test_the_best_seat_alone_is_read(site, monkeypatch):
    Floor(site, "many", 12, 0)
    Seat.objects.update(load=0)
    conversation, read = Conversation.objects.first(), []
    real = Seat.from_db.__func__

    def from_db(cls, *facts):
        read.append(facts)
        return real(cls, *facts)

    monkeypatch.setattr(Seat, "from_db", classmethod(from_db))
    assert assignment.best_seat(site.sales, conversation, clock.now())
    assert len(read) == 1


def test_where_another_transaction_is_faster_the_next_best_is_taken(site, monkeypatch):
    Floor(site, "race", 3, 0)
    Seat.objects.update(load=0)
    real, lost = assignment.take_place, []

    def take(seat, now, **words):
        if len(lost) < 2:
            lost.append(seat.pk)
            Seat.objects.filter(pk=seat.pk).update(load=1)
        return real(seat, now, **words)

    monkeypatch.setattr(assignment, "take_place", take)
    found = assignment.best_seat(site.sales, Conversation.objects.first(), clock.now())
    assert len(set(lost)) == 2
    assert found
    assert found.pk not in lost
    assert assignment.best_seat(site.sales, Conversation.objects.first(), clock.now()) is None


ROOM = [
    ({"online": True, "availability": "open", "load": 1, "capacity": 2}, True),
    ({"online": False, "availability": "open", "load": 1, "capacity": 2}, False),
    ({"online": True, "availability": "busy", "load": 1, "capacity": 2}, False),
    ({"online": True, "availability": "open", "load": 2, "capacity": 2}, False),
    ({"online": True, "availability": "open", "load": 3, "capacity": 2}, False),
]


@pytest.mark.parametrize(("state", "room"), ROOM)
def test_the_database_keeps_who_has_room(site, state, room):
    Seat.objects.filter(pk=site.alice.pk).update(**state)
    site.alice.refresh_from_db()
    assert site.alice.has_room is room
    assert [one.pk for one in assignment.free_seats(site.sales, clock.now())] == [site.alice.pk] * room
    site.alice.user.is_active = False
    site.alice.user.save()
    assert not assignment.free_seats(site.sales, clock.now())


@pytest.mark.services
def test_seats_without_room_are_not_looked_at(site):
    """By the index, whatever the strategy sorts by."""
    if connection.vendor != "mysql":
        pytest.skip("a small site's SQLite may look at all of them")
    Floor(site, "full", 60, 0)
    rows = assignment.free_seats(site.sales, clock.now())
    before = _rows_read()
    assert not list(rows)
    assert _rows_read() - before < 30


@pytest.mark.services
def test_who_waits_is_not_looked_at_but_the_first(site):
    if connection.vendor != "mysql":
        pytest.skip("a small site's SQLite may look at all of them")
    floor = Floor(site, "long", 3, 60)
    Seat.objects.filter(groups=site.sales).update(load=0)
    before, told = _rows_read(), list[str]()
    assignment.wake_heads([site.sales.pk], lambda lane, _event: told.append(lane), clock.now())
    assert _rows_read() - before < 30
    assert told == [floor.waiting[0].customer.im_id]


def _rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
        return sum(int(value) for _name, value in cursor.fetchall())


def test_groups_are_locked_in_one_statement_in_order(site):
    groups = [site.sales.pk, site.care.pk]
    with CaptureQueriesContext(connection) as captured:
        assignment.lock_groups(reversed(groups))
        assignment.lock_groups([])
    assert len(captured) == 1
