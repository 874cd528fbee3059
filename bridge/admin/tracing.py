"""Traces in the admin: the name by which a message is followed through the logs finds it on every list."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from bridge.models import Conversation, Delivery, Exchange, InboundEvent, Message
from bridge.values.traces import event_of, trace_of


class TraceSearch:
    """Mixed into the page of a list: who searches for a trace, such as e48213, finds the rows that belong to it."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if number := event_of(search_term):
            return queryset.filter(_belonging(queryset.model, number)), False
        return super().get_search_results(request, queryset, search_term)  # type: ignore[misc]


def trace_link(number: int | None) -> str:
    """Return an event's trace, with a link to the exchanges that belong to it; a dash for none."""
    if not (trace := trace_of(number)):
        return "-"
    address = f"{reverse('admin:bridge_exchange_changelist')}?q={trace}"
    return format_html('<a class="underline" href="{}">{}</a>', address, trace)


def _belonging(model: type[Any], number: int) -> Q:
    if model is InboundEvent:
        return Q(pk=number)
    if model is Delivery:
        return Q(event_id=number)
    event = InboundEvent.objects.filter(pk=number).first()
    if model is Exchange:
        # What came in while the database was away, or as a repeat, has the event's key alone.
        return Q(event_id=number) | (Q(dedup=event.dedup) if event else Q())
    # Messages have no index by their event, but are few in its lane.
    lane = event.lane if event else ""
    messages = Message.objects.filter(conversation__customer__im_id=lane, event_id=number)
    if model is Message:
        return Q(pk__in=messages.values("pk"))
    assert model is Conversation, model
    owed = Delivery.objects.filter(event_id=number, conversation__isnull=False)
    return Q(pk__in=messages.values("conversation")) | Q(pk__in=owed.values("conversation"))
