"""The saved reports above each report."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.auth.models import Group

from analytics import saving
from analytics.models import SavedReport

register = template.Library()


@register.inclusion_tag("reports/saved.html", takes_context=True)
def saved_reports(context: Any) -> dict[str, Any]:
    """Return what the reader has saved and is shared with them, and a form to save what is on the page."""
    user = context["request"].user
    return {
        "saved": saving.visible_to(user),
        "user": user,
        "page": context.get("saves", ""),
        "query": context.get("query", ""),
        "shares": SavedReport.Shared.choices,
        "roles": Group.objects.order_by("name"),
        "csrf_token": context.get("csrf_token"),
    }
