"""Names for what the tables hold ids of."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib import admin

from bridge.conversation.transcript import Entry
from bridge.platforms.registry import event_words

register = template.Library()


@register.simple_tag
def event_title(entry: Entry) -> str:
    """Return in words what an event of the time line says."""
    return event_words(entry.who, entry.words)


@register.filter
def named(title: Any) -> Any:
    """Return how the page of a thing in the back office calls it; a title that is no such thing as it is."""
    page: Any = admin.site.get_model_admin(type(title)) if admin.site.is_registered(type(title)) else None
    return page.named(title) if hasattr(page, "named") else title
