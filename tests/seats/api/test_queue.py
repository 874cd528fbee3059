"""The queue by the API: the same number of statements however many groups and customers there are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bridge.base import clock
from seats.models import QueueEntry, Seat, SeatGroup
from seats.routing import queue
from tests.support.routing import client_of, conversation

pytestmark = pytest.mark.either


def waits_for(number: int, left: bool = False) -> SeatGroup:
    """Let customer 2 wait for one more group, of which bob is a supervisor."""
    group = SeatGroup.objects.create(slug=f"group{number}", name=f"Group {number}")
    group.supervisors.add(*SeatGroup.objects.get(slug="sales").supervisors.all())
    one = conversation(2)
    QueueEntry.objects.create(
        conversation=one, group=group, lane=one.customer.im_id, enqueued_at=clock.now(), left=left, rank=-number
    )
    return group


def test_the_number_of_statements_is_the_same_for_one_group_and_for_five(floor):
    client = client_of("dave")
    SeatGroup.objects.exclude(slug="sales").delete()
    client.get("/api/queue/")  # what is looked up once
    with CaptureQueriesContext(connection) as one:
        assert len(client.get("/api/queue/").json()) == 1
    for number in range(4):
        waits_for(number)
    with CaptureQueriesContext(connection) as five:
        assert len(client.get("/api/queue/").json()) == 5
    assert len(five) == len(one)


def test_each_group_has_its_own_numbers_and_the_first_of_its_customers(floor):
    waits_for(1, left=True)
    found = {one["group"]: one for one in client_of("bob").get("/api/queue/").json()}
    figures = {name: [one[key] for key in ("waiting", "left", "online", "free")] for name, one in found.items()}
    assert figures["group1"] == [0, 1, 0, 0]
    assert figures["sales"][:3] == [1, 0, 1]
    assert [one["place"] for one in found["sales"]["entries"]] == [1]
    floor.arrive(3, 4)
    sales = SeatGroup.objects.get(slug="sales")
    (entries,) = queue.first_of_each([sales], 2).values()
    assert [one.conversation_id for one in entries] == [conversation(2).pk, conversation(3).pk]
    assert {group: len(rows) for group, rows in queue.first_of_each(SeatGroup.objects.all(), 2).items()} == {
        sales.pk: 2,
        SeatGroup.objects.get(slug="group1").pk: 1,
    }


def test_only_who_takes_new_ones_has_places_free(floor):
    sales = SeatGroup.objects.get(slug="sales")
    seat = queue.online(sales.pk).get()
    for availability, load, free in [("open", 0, 3), ("open", 2, 1), ("open", 4, 0), ("busy", 0, 0)]:
        Seat.objects.filter(pk=seat.pk).update(availability=availability, load=load, capacity=3)
        (line,) = queue.lines([sales], clock.now())
        assert (line.online, line.free) == (1, free)


@pytest.mark.parametrize(("asked", "status"), [("group=nonsense", 404), ("group=care", 404), ("colour=red", 400)])
def test_what_is_not_there_is_refused(floor, asked, status):
    assert client_of("alice").get(f"/api/queue/?{asked}").status_code == status


def test_places_first_of_each_and_the_head_go_by_one_order(floor):
    """By rank, then by arrival, then by id: also where two have the same rank, or came at the same time."""
    sales, one = SeatGroup.objects.get(slug="sales"), conversation(2)
    QueueEntry.objects.all().delete()
    rows = []
    for number, (rank, later) in enumerate([(0, 0), (-1, 5), (0, 0), (-1, 3), (5, -9), (-1, 3)]):
        customer = type(one.customer).objects.create(
            account=one.customer.account, openid=f"o{number}", im_id=f"im{number}", created_at=floor.now
        )
        talk = type(one).objects.create(customer=customer, open_for=customer, status="queued", opened_at=floor.now)
        came = floor.now + timedelta(seconds=later)
        rows.append(
            QueueEntry.objects.create(conversation=talk, group=sales, lane=f"im{number}", enqueued_at=came, rank=rank)
        )
    order = [rows[number].pk for number in (3, 5, 1, 0, 2, 4)]
    assert list(QueueEntry.objects.values_list("pk", flat=True)) == order
    assert [row.pk for row in queue.first_of_each([sales], 9)[sales.pk]] == order
    assert [queue.place_of(QueueEntry.objects.get(pk=pk)) for pk in order] == [1, 2, 3, 4, 5, 6]
    head = queue.head([sales.pk], clock.now())
    assert head is not None
    assert head.pk == order[0]
