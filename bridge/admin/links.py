"""Links that several pages of the admin show."""

from __future__ import annotations

from django.urls import reverse
from django.utils.html import format_html

from bridge.models import Customer


def customer_link(lane: str) -> str:
    """Return the customer whose lane this is, by name, with a link to their page; a dash for a lane of nobody."""
    customer = Customer.objects.select_related("account").filter(im_id=lane).first()
    return linked(customer) if customer else "-"


def conversation_link(number: int | None) -> str:
    """Return the conversation's number with a link to its time line; a dash for none."""
    if not number:
        return "-"
    address = reverse("admin:bridge_conversation_transcript", args=[number])
    return format_html('<a class="underline" href="{}">#{}</a>', address, number)


def linked(customer: Customer) -> str:
    """Return the customer's name, with a link to their page."""
    address = reverse("admin:bridge_customer_change", args=[customer.pk])
    return format_html('<a class="underline" href="{}">{}</a>', address, customer.display_name)
