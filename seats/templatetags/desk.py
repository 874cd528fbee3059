"""How the desk writes lengths of time."""

from __future__ import annotations

from datetime import datetime

from django import template

from bridge.text import duration

register = template.Library()


@register.filter
def waited(since: datetime, now: datetime) -> str:
    """Return how long ago `since` was, in people's words: seconds, then whole minutes, as the script goes on with it."""
    seconds = max(0, int((now - since).total_seconds()))
    return duration(seconds if seconds < 60 else seconds - seconds % 60)
