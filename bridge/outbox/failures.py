"""Tells a seat that something it wrote ended as failed: nothing vanishes without a word."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bridge.base import clock
from bridge.conversation.preview import in_words
from bridge.inbox.events import Event
from bridge.models import Customer, Delivery, InboundEvent
from bridge.outbox import deliveries
from bridge.pipeline.commands import looks_like_command
from bridge.platforms.base import SEATS
from bridge.platforms.registry import get_platform
from bridge.values.agents import directory
from bridge.values.content import Notice, Text
from bridge.values.incoming import INTERNAL, Incoming


def _said(event: InboundEvent) -> Incoming | None:
    """Return what the event says; None where reading it is what failed."""
    try:
        return get_platform(event.platform).parse(event.kind, event.body)
    except Exception:
        return None


def names_others(event: InboundEvent) -> bool:
    """Tell whether an event that failed may name customers of other lanes, as `Turn.names_others` does of one that did not."""
    if event.platform == INTERNAL:
        known = Event.kinds.get(event.kind)
        return known is not None and not known.kept
    incoming = _said(event)
    if incoming is None or incoming.side != SEATS:
        return False
    texts = [one.text for one in incoming.contents if isinstance(one, Text)]
    return any(map(looks_like_command, texts)) or not Customer.objects.filter(im_id=event.lane).exists()


def notices(event: InboundEvent) -> list[Delivery]:
    """Return the unsaved deliveries that tell the seat who wrote it about an event that failed; none for others."""
    incoming = _said(event) if event.platform != INTERNAL else None
    agent = directory().find(incoming.sender) if incoming and incoming.side == SEATS else None
    if incoming is None or agent is None:
        return []
    text = in_words(incoming.contents[0])[:40] if incoming.contents else ""
    words = _("An error of ours kept this from being handled: “%s”. Please write it again.") % text
    sender = event.lane if Customer.objects.filter(im_id=event.lane).exists() else ""
    ends = {"lane": event.lane, "event_id": event.pk, "sender": sender, "recipient": agent.im_id}
    return deliveries.to_seat(Notice(words), clock.now(), kept=not names_others(event), **ends)
