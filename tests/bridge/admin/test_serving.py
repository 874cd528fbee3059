"""Closed conversations keep their seat, and are found by it; events, deliveries and messages lead to their conversation."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bridge.base import clock
from bridge.models import Conversation, Delivery, InboundEvent, Message
from tests.support.routing import conversation

pytestmark = pytest.mark.either

LIST = "/admin/bridge/conversation/"


@pytest.fixture
def served(day):
    """Alice had customer 1 until the close; customer 2 she gave to bob, who has them; customer 3 waits."""
    day.site.login("alice")
    day.arrive(1, 2)
    day.says("alice", "good day", 1)
    day.says("alice", "#close", 1)
    day.site.login("bob")
    day.says("alice", "#transfer -n bob", 2)
    day.site.alice.refresh_from_db()
    day.says("alice", "#busy", 1)
    day.arrive(3)
    return day


def listed(client, query: str = "") -> dict[int, str]:
    """Return the seat that the list shows for each conversation, by its number."""
    page = client.get(f"{LIST}?{query}")
    assert page.status_code == 200
    return {row.pk: page.context["cl"].model_admin.seat(row) for row in page.context["cl"].result_list}


def test_the_list_names_the_seat_of_closed_ones_too(served, admin_client):
    one, two, three = (conversation(number).pk for number in (1, 2, 3))
    assert listed(admin_client) == {one: "alice", two: "bob", three: "-"}
    page = admin_client.get(f"{LIST}{one}/change/").content.decode()
    assert "alice" in page


def test_the_filter_finds_what_a_seat_has_and_had(served, admin_client):
    one, two = conversation(1).pk, conversation(2).pk
    alice, bob = served.site.alice, served.site.bob
    assert set(listed(admin_client, f"seat={alice.pk}")) == {one, two}
    assert set(listed(admin_client, f"seat={alice.pk}&status__exact=closed")) == {one}
    assert set(listed(admin_client, f"seat={bob.pk}")) == {two}
    assert (
        listed(admin_client, "seat=9999") == listed(admin_client, "seat=%C2%B2") == listed(admin_client, "seat=x") == {}
    )
    alice.user.is_active = False
    alice.user.save()
    page = admin_client.get(LIST).content.decode()
    assert f"seat={alice.pk}" in page, "one that works here no longer is offered too"


@pytest.mark.parametrize("rows", [1, 9])
def test_the_seats_of_a_page_are_asked_for_at_once(served, admin_client, rows, django_assert_max_num_queries):
    customer = served.customer(1)
    for _row in range(rows):
        Conversation.objects.create(customer=customer, status="closed", mode="send", opened_at=clock.now())
    with django_assert_max_num_queries(40) as captured:
        admin_client.get(LIST)
    assert sum("seats_assignment" in one["sql"] and "SELECT" in one["sql"] for one in captured.captured_queries) == 1


def test_the_customers_page_lists_their_conversations_with_the_seat(served, admin_client):
    page = admin_client.get(f"/admin/bridge/customer/{served.customer(1).pk}/change/").content.decode()
    number = conversation(1).pk
    assert re.search(rf"{LIST}{number}/transcript\W+[^>]*>#{number}</a> · [-0-9 :]+ · 已结束 · alice", page)


@pytest.mark.parametrize("page", ["list", "its own"])
@pytest.mark.parametrize("model", [Message, Delivery])
def test_it_shows_the_customer_and_leads_to_the_conversation(served, admin_client, model, page):
    row = model.objects.filter(conversation=conversation(1)).order_by("pk").last()
    address = f"/admin/bridge/{model._meta.model_name}/"
    shown = admin_client.get(address if page == "list" else f"{address}{row.pk}/change/").content.decode()
    assert f"{LIST}{conversation(1).pk}/transcript" in shown
    assert served.customer(1).display_name in shown


def test_an_event_leads_to_the_conversation_that_it_was_in(served, admin_client):
    def leads_to(event: InboundEvent) -> list[str]:
        page = admin_client.get(f"/admin/bridge/inboundevent/{event.pk}/change/").content.decode()
        assert served.customer(1).display_name in page
        return re.findall(rf"{LIST}(\d+)/transcript", page)

    mine = InboundEvent.objects.filter(lane=served.customer(1).im_id).order_by("pk")
    first, closing = mine.first(), mine.filter(finished_at=conversation(1).closed_at).first()
    served.now += timedelta(hours=1)
    number = conversation(1).pk
    served.arrive(1)
    assert conversation(1).pk != number
    assert leads_to(first) == leads_to(closing) == [str(number)]
    assert leads_to(mine.last()) == [str(conversation(1).pk)]
