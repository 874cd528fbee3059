"""What the reports' pages need besides the numbers: guards, presets, and charts as the script draws them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache

from analytics import doors
from analytics.access import may_read
from analytics.metrics.metric import Metric
from analytics.reports.report import Graph, Report
from analytics.reports.scoping import ScopeForm, ranges
from analytics.reports.shape import BAR, LINE, STACKED

DRAWN = (LINE, BAR, STACKED)
View = Callable[..., HttpResponseBase]


def guarded(view: View) -> View:
    """Let in only who may read numbers, staff or not; who is not logged in is led to the log-in."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return doors.to_login(request)
        if not may_read(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return never_cache(checked)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what the admin's frame around a report knows: its menu, for supervisors who are no staff too."""
    return {**admin.site.each_context(request), "has_permission": True}


def refused(form: ScopeForm) -> HttpResponse | None:
    """Return the answer to a wish for a file that cannot be: no page is around a file to say that it has other numbers."""
    words = form.refusals()
    return HttpResponse("\n".join(words), status=400, content_type="text/plain; charset=utf-8") if words else None


def presets(request: HttpRequest, today: date) -> list[dict[str, Any]]:
    """Return the usual ranges, each as an address that keeps the rest of what was asked for."""
    found = []
    for name, (label, first, last) in ranges(today).items():
        query = request.GET.copy()
        for other in ("from", "to", "after"):
            query.pop(other, None)
        query["range"] = name
        days = (request.GET.get("from"), request.GET.get("to"))
        chosen = request.GET.get("range", "") == name or (
            not request.GET.get("range") and days == (first.isoformat(), last.isoformat())
        )
        found.append({"label": label, "query": query.urlencode(), "chosen": chosen})
    return found


def drawn(made: Report) -> dict[str, Any]:
    """Return the charts that the script draws, by their names."""
    return drawn_graphs(made.graphs)


def drawn_graphs(graphs: Iterable[Graph]) -> dict[str, Any]:
    """Return those of the charts that the script draws, by their names."""
    return {graph.name: _chart(graph) for graph in graphs if graph.kind in DRAWN and not graph.is_empty}


def _chart(graph: Graph) -> dict[str, Any]:
    return {
        "kind": graph.kind,
        "unit": graph.unit,
        "labels": graph.labels,
        "days": graph.days,
        "metric": graph.metric,
        "series": [{**one.to_json(), "dashed": one.dashed} for one in graph.series],
        "goals": [{"label": label, "value": value} for label, value in graph.goals],
        "notes": [{"at": at, "text": note.text} for at, note in graph.notes],
    }


def shown_metrics(made: Report) -> list[Metric]:
    """Return every metric that the page names, once."""
    charted = [metric for graph in made.graphs for _series, metric in graph.heads if metric]
    shown = (
        [tile.metric for tile in made.tiles] + charted + [metric for sheet in made.sheets for metric in sheet.metrics]
    )
    return list({one.name: one for one in shown}.values())


def used_metrics(made: Report) -> list[Metric]:
    """Return of the metrics that the page shows one for each definition, for its list of these."""
    shown = shown_metrics(made)
    seen: dict[str, Metric] = {}
    for metric in shown:
        seen.setdefault(str(metric.definition), metric)
    return list(seen.values())
