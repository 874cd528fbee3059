"""The saved filters above a list."""

from __future__ import annotations

from typing import Any

from django import template

from bridge.staff import saved

register = template.Library()


@register.simple_tag(takes_context=True)
def saved_filters(context: dict[str, Any]) -> dict[str, Any]:
    """Return the filters of this list, and what it is filtered by now."""
    request = context["request"]
    return {"rows": list(saved.of(request)), "current": saved.current(request), "path": request.path}
