"""Tells a seat that something it wrote ended as failed: nothing vanishes without a word."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bridge.base import clock
from bridge.conversation.preview import in_words
from bridge.models import Customer, Delivery, InboundEvent
from bridge.outbox import deliveries
from bridge.platforms.base import SEATS
from bridge.platforms.registry import get_platform
from bridge.values.agents import directory
from bridge.values.content import Notice
from bridge.values.incoming import INTERNAL, Incoming


def _said(event: InboundEvent) -> Incoming | None:
    """Return what the event says; None where reading it is what failed."""
    try:
        return get_platform(event.platform).parse(event.kind, event.body)
    except Exception:
        return None


def notices(event: InboundEvent) -> list[Delivery]:
    """Return the unsaved deliveries that tell the seat who wrote it about an event that failed; none for others."""
    incoming = _said(event) if event.platform != INTERNAL else None
    agent = directory().find(incoming.sender) if incoming and incoming.side == SEATS else None
    if incoming is None or agent is None:
        return []
    text = in_words(incoming.contents[0])[:40] if incoming.contents else ""
    words = _("An error of ours kept this from being handled: “%s”. Please write it again.") % text
    sender = event.lane if Customer.objects.filter(im_id=event.lane).exists() else ""
    ends = {"lane": event.lane, "sender": sender, "recipient": agent.im_id}
    return deliveries.to_seat(Notice(words), clock.now(), **ends)
