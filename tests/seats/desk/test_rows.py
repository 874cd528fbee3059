"""What a row says of a conversation, and in which order rows stand: what is owed, who waits, whose offer it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.models import Conversation, Delivery
from seats.actors import Actor
from seats.desk import feed
from seats.models import Seat, TransferOffer
from tests.support.routing import client_of, conversation

pytestmark = pytest.mark.either


@pytest.fixture
def talks(day):
    """Alice has customers 1 and 2, and has said "one", then "two" to the first."""
    day.site.login("alice")
    day.arrive(1)
    day.later(5)
    day.arrive(2)
    for words in ("one", "two"):
        day.says("alice", words, 1)
    return day


def rows() -> list[Conversation]:
    alice = Actor.of(Seat.objects.get(user__username="alice").user)
    assert alice
    return feed.listed(alice, "mine")


@pytest.mark.parametrize(("failed", "shown"), [("two", True), ("one", False)])
def test_a_reply_is_owed_until_a_later_one_has_arrived(talks, failed, shown):
    """That an earlier one arrived does not make up for it."""
    said = Delivery.objects.filter(message__preview=failed, direction="customer")
    assert said.update(state="failed") == 1
    (one,) = [row for row in rows() if row.pk == conversation(1).pk]
    assert one.undelivered is shown


def test_who_waits_longer_stands_before_what_did_not_arrive(talks):
    Delivery.objects.filter(message__preview="two", direction="customer").update(state="failed")
    Conversation.objects.filter(pk=conversation(1).pk).update(unanswered_since=talks.now)
    assert conversation(2).unanswered_since < talks.now
    assert [row.pk for row in rows()] == [conversation(2).pk, conversation(1).pk]


def test_what_has_a_newer_conversation_is_not_opened_again(talks):
    talks.says("alice", "#close", 1)
    closed = conversation(1)
    shown = lambda: client_of("alice").get(f"/desk/{closed.pk}/").content.decode()  # noqa: E731
    assert 'id="composer"' in shown()
    Conversation.objects.create(customer=closed.customer, status="queued", group="sales", opened_at=talks.now)
    assert 'id="composer"' not in shown()


@pytest.mark.parametrize(("name", "asked"), [("hana", True), ("bob", False)])
def test_only_whom_it_is_offered_to_is_asked(talks, name, asked):
    hana = talks.site.seat("hana", talks.site.sales, capacity=3, online=True)
    talks.site.sales.supervisors.add(talks.site.bob)
    fields = {"conversation": conversation(1), "seat": hana, "sender_id": talks.site.alice.pk, "group": "sales"}
    TransferOffer.objects.create(**fields, expires_at=talks.now + timedelta(seconds=30))
    shown = client_of(name).get(f"/desk/{conversation(1).pk}/").content.decode()
    assert ('data-command="accept"' in shown) is asked
