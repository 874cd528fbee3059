"""What the reports' pages need besides the numbers: guards, presets, and charts as the script draws them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.access import may_read
from analytics.metrics.metric import Metric
from analytics.reports.report import Graph, Report
from analytics.reports.shape import BAR, LINE, STACKED

DRAWN = (LINE, BAR, STACKED)
View = Callable[..., HttpResponse]


def guarded(view: View) -> View:
    """Let in only staff who may read numbers; who is not logged in is led to the log-in."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_read(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return admin.site.admin_view(checked)


def presets(request: HttpRequest, today: date) -> list[dict[str, Any]]:
    """Return the usual ranges, each as an address that keeps the rest of what was asked for."""
    ranges = [
        (_("Today"), today, today),
        (_("Yesterday"), today - timedelta(days=1), today - timedelta(days=1)),
        (_("7 days"), today - timedelta(days=6), today),
        (_("30 days"), today - timedelta(days=29), today),
        (_("90 days"), today - timedelta(days=89), today),
        (_("This month"), today.replace(day=1), today),
    ]
    found = []
    for label, first, last in ranges:
        query = request.GET.copy()
        query["from"], query["to"] = first.isoformat(), last.isoformat()
        query.pop("after", None)
        chosen = (request.GET.get("from"), request.GET.get("to")) == (first.isoformat(), last.isoformat())
        found.append({"label": label, "query": query.urlencode(), "chosen": chosen})
    return found


def drawn(made: Report) -> dict[str, Any]:
    """Return the charts that the script draws, by their names."""
    return {graph.name: _chart(graph) for graph in made.graphs if graph.kind in DRAWN and not graph.is_empty}


def _chart(graph: Graph) -> dict[str, Any]:
    return {
        "kind": graph.kind,
        "unit": graph.unit,
        "labels": graph.labels,
        "days": [f"{timezone.localtime(moment):%Y-%m-%d}" for moment in graph.moments],
        "metric": graph.metric,
        "series": [one.to_json() for one in graph.series],
    }


def used_metrics(made: Report) -> list[Metric]:
    """Return every metric that the page shows, once, for its list of definitions."""
    shown = [tile.metric for tile in made.tiles] + [metric for sheet in made.sheets for metric in sheet.metrics]
    seen: dict[str, Metric] = {}
    for metric in shown:
        seen.setdefault(str(metric.definition), metric)
    return list(seen.values())
