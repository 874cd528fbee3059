"""How the desk writes lengths of time."""

from __future__ import annotations

from datetime import datetime

from django import template

from bridge.text import duration

register = template.Library()


@register.filter
def waited(since: datetime, now: datetime) -> str:
    """Return how long ago `since` was, in people's words."""
    return duration(max(0, int((now - since).total_seconds())))
