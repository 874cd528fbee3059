"""A seat's own canned replies: whatever is asked for, nobody sees, changes or deletes another one's."""

from __future__ import annotations

import pytest

from seats.api import replies
from seats.models import CannedReply
from tests.support.routing import client_of

pytestmark = pytest.mark.either
OWN = "/api/me/canned-replies/"
NEW = {"title": "hi", "text": "changed", "position": 0}


@pytest.fixture
def two(site):
    """Alice and bob have a reply each; there is one of alice's group, and one of everybody's."""
    return {
        "alice": CannedReply.objects.create(seat=site.alice, title="a", text="alice's"),
        "bob": CannedReply.objects.create(seat=site.bob, title="b", text="bob's"),
        "group": CannedReply.objects.create(group=site.sales, title="g", text="the group's"),
        "all": CannedReply.objects.create(title="e", text="everybody's"),
    }


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_the_list_has_the_own_ones_alone(two, name):
    assert [row["id"] for row in client_of(name).get(OWN).json()] == [two[name].pk]


@pytest.mark.parametrize("whose", ["bob", "group", "all"])
@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_those_of_others_are_not_there(two, whose, method):
    before = list(CannedReply.objects.order_by("pk").values())
    address = f"{OWN}{two[whose].pk}/"
    answer = getattr(client_of("alice"), method)(address, NEW, content_type="application/json")
    assert answer.status_code == 404
    assert list(CannedReply.objects.order_by("pk").values()) == before


def test_the_own_ones_are_changed_and_deleted(two):
    alice, address = client_of("alice"), f"{OWN}{two['alice'].pk}/"
    assert alice.put(address, NEW, content_type="application/json").json()["text"] == "changed"
    assert alice.delete(address).status_code == 204
    assert set(CannedReply.objects.values_list("title", flat=True)) == {"b", "g", "e"}


def test_a_new_one_is_the_own_seats_whatever_is_sent(two):
    made = client_of("alice").post(OWN, {**NEW, "seat": two["bob"].seat_id}, content_type="application/json")
    assert made.status_code == 201
    assert CannedReply.objects.get(pk=made.json()["id"]).seat == two["alice"].seat


def test_there_are_so_many_at_most_of_each_seat(two, monkeypatch):
    monkeypatch.setattr(replies, "MOST", 2)
    alice = client_of("alice")
    assert alice.post(OWN, NEW, content_type="application/json").status_code == 201
    assert alice.post(OWN, NEW, content_type="application/json").status_code == 400
    assert client_of("bob").post(OWN, NEW, content_type="application/json").status_code == 201
