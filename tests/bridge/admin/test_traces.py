"""A trace from the logs finds what belongs to a message on every list and on the conversation's time line."""

from __future__ import annotations

import pytest
from django.urls import reverse

from bridge.models import Conversation, Delivery, Exchange, InboundEvent, Message
from bridge.observe import exchanges
from bridge.values.traces import trace_of

pytestmark = pytest.mark.either


@pytest.fixture
def asked(talking):
    """The event of a customer's second question, after one that is not to be found."""
    talking.customer_says("is it cold?")
    talking.work()
    talking.customer_says("is it warm?")
    talking.work()
    exchanges.recorder.flush()
    return InboundEvent.objects.filter(platform="wechat").latest("pk")


def found(admin_client, model: str, term: str) -> set[int]:
    page = admin_client.get(reverse(f"admin:bridge_{model}_changelist"), {"q": term})
    return {row.pk for row in page.context["cl"].result_list}


def test_every_list_finds_what_belongs_to_it(asked, admin_client):
    trace = trace_of(asked.pk)
    message = Message.objects.get(event_id=asked.pk)
    assert message.preview == "is it warm?"
    assert found(admin_client, "inboundevent", trace) == {asked.pk}
    assert found(admin_client, "message", trace) == {message.pk}
    assert found(admin_client, "conversation", trace) == {message.conversation_id}
    assert found(admin_client, "delivery", trace) == {Delivery.objects.get(message=message).pk}
    assert found(admin_client, "exchange", trace.upper()) == {Exchange.objects.get(event_id=asked.pk).pk}


def test_a_callback_that_was_stored_later_is_found_by_its_events_key(asked, admin_client):
    Exchange.objects.filter(event_id=asked.pk).update(event_id=None)
    assert found(admin_client, "exchange", trace_of(asked.pk)) == set(
        Exchange.objects.filter(dedup=asked.dedup).values_list("pk", flat=True)
    )


def test_the_time_line_names_it_and_shows_it_alone(asked, admin_client):
    trace, conversation = trace_of(asked.pk), Conversation.objects.get()
    address = reverse("admin:bridge_conversation_transcript", args=[conversation.pk])
    whole = admin_client.get(address).content.decode()
    assert f'<a href="?trace={trace}">{trace}</a>' in whole
    assert "is it cold?" in whole
    alone = admin_client.get(address, {"trace": trace})
    assert {entry.kind for entry in alone.context["transcript"].entries} == {"event", "message", "delivery"}
    assert "is it cold?" not in alone.content.decode()
    assert admin_client.get(address, {"trace": "nonsense"}).context["transcript"].entries == []


def test_what_waited_for_a_seat_keeps_the_event_that_brought_it(site):
    site.customer_says("is anybody there?")
    site.work()
    event = InboundEvent.objects.get(platform="wechat")
    site.login("alice")
    site.work()
    delivery = Delivery.objects.get(direction="seat", message__preview="is anybody there?")
    assert (delivery.state, delivery.event_id) == ("done", event.pk)
