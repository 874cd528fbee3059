"""Tells a seat that something it wrote ended as failed: nothing vanishes without a word."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bridge import clock, owing
from bridge.agents import directory
from bridge.content import Notice
from bridge.inbox import INTERNAL
from bridge.models import Customer, Delivery, InboundEvent
from bridge.platforms.base import Incoming
from bridge.platforms.registry import get_platform
from bridge.preview import in_words


def _said(event: InboundEvent) -> Incoming | None:
    """Return what the event says; None where reading it is what failed."""
    try:
        return get_platform(event.platform).parse(event.kind, event.body)
    except Exception:
        return None


def notices(event: InboundEvent) -> list[Delivery]:
    """Return the unsaved deliveries that tell the seat who wrote it about an event that failed; none for others."""
    incoming = _said(event) if event.platform != INTERNAL else None
    agent = directory().find(incoming.sender) if incoming and incoming.side == "seat" else None
    if incoming is None or agent is None:
        return []
    text = in_words(incoming.contents[0])[:40] if incoming.contents else ""
    words = _("An error of ours kept this from being handled: “%s”. Please write it again.") % text
    sender = event.lane if Customer.objects.filter(im_id=event.lane).exists() else ""
    ends = {"lane": event.lane, "sender": sender, "recipient": agent.im_id}
    return owing.deliveries(Notice(words), Delivery.Direction.SEAT, clock.now(), **ends)
