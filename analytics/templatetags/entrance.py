"""Where the reader of a page may go."""

from __future__ import annotations

from typing import Any

from django import template

from analytics.doors import Door, doors

register = template.Library()


@register.simple_tag(takes_context=True)
def ways_on(context: dict[str, Any]) -> list[Door]:
    """Return the parts of the site that whoever asks may enter; none where nobody is known to ask."""
    user = getattr(context.get("request"), "user", None)
    return doors(user) if user is not None else []


@register.filter
def way_to(ways: dict[int, str], number: int) -> str:
    """Return where the conversation with this number is read; "" for one that the reader may not see."""
    return ways.get(number, "")
