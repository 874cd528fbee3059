"""Taking the next customer by the API: a request that is repeated takes nobody else."""

from __future__ import annotations

import pytest

from bridge.models import Customer, InboundEvent
from seats.models import Seat
from tests.support.routing import client_of, conversation, owner

pytestmark = pytest.mark.either


@pytest.fixture
def queue(floor):
    """Customers 2 and 3 wait; alice has room for three and takes none by itself."""
    floor.arrive(3)
    Seat.objects.filter(user__username="alice").update(capacity=3, availability="busy")
    return floor


def take(name: str = "alice", **said: str):
    return client_of(name).post("/api/me/take/", said, content_type="application/json")


def test_the_same_request_again_takes_nobody_else(queue):
    first, second = take(client_id="one"), take(client_id="one")
    assert (first.status_code, first.json()["conversation"]) == (200, conversation(2).pk)
    assert second.json() == first.json()
    assert (owner(2), owner(3)) == ("alice", "queued")


def test_another_client_id_or_none_takes_the_next_one(queue):
    take(client_id="one")
    assert take(client_id="two").json()["conversation"] == conversation(3).pk
    assert (owner(2), owner(3)) == ("alice", "alice")


def test_a_request_whose_answer_was_not_waited_for_is_answered_later(day, monkeypatch):
    day.site.alice.capacity = 1
    day.site.alice.save()
    day.site.login("alice")
    day.arrive(1, 2, 3)
    Seat.objects.filter(user__username="alice").update(capacity=3)
    monkeypatch.setattr("seats.api.commands.parameters.API_WAIT_SECONDS", 0, raising=False)
    under_way = take(client_id="one")
    assert (under_way.status_code, take(client_id="one").json()) == (202, under_way.json())
    day.site.work()
    assert take(client_id="one").json()["conversation"] == conversation(2).pk
    assert InboundEvent.objects.filter(kind="command").count() == 1


def test_after_nobody_waited_the_same_request_takes_whoever_has_come(floor):
    Seat.objects.filter(user__username="alice").update(capacity=3, availability="busy")
    assert take(client_id="one").status_code == 200
    assert take(client_id="two").status_code == 409
    floor.arrive(3)
    assert take(client_id="two").json()["conversation"] == conversation(3).pk


def test_after_a_refusal_the_same_request_is_tried_again(queue):
    Seat.objects.filter(user__username="alice").update(capacity=1)
    assert take(client_id="one").status_code == 409
    Seat.objects.filter(user__username="alice").update(capacity=3)
    assert take(client_id="one").json()["conversation"] == conversation(2).pk


def test_two_seats_may_choose_the_same_client_id(queue):
    queue.site.bob.groups.add(queue.site.sales)
    Seat.objects.filter(user__username="bob").update(online=True, availability="busy", capacity=3)
    assert take(client_id="one").json()["conversation"] == conversation(2).pk
    assert take("bob", client_id="one").json()["conversation"] == conversation(3).pk


def test_what_was_taken_of_an_erased_customer_is_nobodys(queue):
    take(client_id="one")
    Customer.objects.get(pk=conversation(2).customer_id).delete()
    answer = take(client_id="one")
    assert (answer.status_code, answer.json()["conversation"]) == (200, None)


@pytest.mark.parametrize("wrong", ["", "x" * 61, ["one"]])
def test_a_client_id_is_a_short_text(queue, wrong):
    answer = take(client_id=wrong)
    assert (answer.status_code, owner(2)) == (400, "queued")
