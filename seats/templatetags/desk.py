"""How the desk writes lengths of time and kinds of messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template

from bridge.preview import ICONS, in_short
from bridge.text import duration

register = template.Library()


@register.filter
def icon(kind: str) -> str:
    """Return the sign of a kind of message; "" for words."""
    return ICONS.get(kind, "")


@register.filter
def last(conversation: Any) -> str:
    """Return the last thing said in a conversation that `feed.with_extras` has read, in one line."""
    return in_short(conversation.last_type or "", conversation.last_text or "")


@register.filter
def waited(since: datetime, now: datetime) -> str:
    """Return how long ago `since` was, in people's words: seconds, then whole minutes, as the script goes on with it."""
    seconds = max(0, int((now - since).total_seconds()))
    return duration(seconds if seconds < 60 else seconds - seconds % 60)
