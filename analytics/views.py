"""The reports' pages in the admin, and their files."""

from __future__ import annotations

from collections.abc import Container
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.access import readable_groups
from analytics.delivery import files
from analytics.doors import ways_to
from analytics.facts import rollups
from analytics.facts.times import next_hour
from analytics.live import figures
from analytics.live.floor import floor as floor_now
from analytics.metrics.catalogue import DURATION, METRICS
from analytics.pages import drawn, frame, guarded, presets, refused, shown_metrics, used_metrics
from analytics.reports.behind import HOUR, behind, read_hour
from analytics.reports.dashboards import DASHBOARDS
from analytics.reports.query import Scope
from analytics.reports.report import Report, report
from analytics.reports.scoping import ScopeForm, usual
from analytics.reports.shape import Dashboard
from bridge.base import clock

FILES = ("csv", "xlsx")


def _dashboard(name: str) -> Dashboard:
    if name not in DASHBOARDS:
        raise Http404
    return DASHBOARDS[name]


def _asked(request: HttpRequest, dashboard: Dashboard) -> tuple[ScopeForm, Scope]:
    """Return the form with what is asked for; where it can't be read, the usual scope, and the form says why."""
    groups = readable_groups(request.user)
    today = timezone.localtime(clock.now()).date()
    fallback = usual(groups, today)
    data = request.GET.copy()
    if not data.get("range"):
        data.setdefault("from", fallback.first.isoformat())
        data.setdefault("to", fallback.last.isoformat())
    form = ScopeForm(data, dashboard, groups)
    return form, form.scope() if form.is_valid() else fallback


@guarded
def dashboard(request: HttpRequest, name: str) -> HttpResponse:
    """One dashboard; `format=csv` with `part`, or `format=xlsx`, gives its numbers as a file."""
    shape = _dashboard(name)
    form, scope = _asked(request, shape)
    wanted = request.GET.get("format", "")
    if wanted in FILES and (refusal := refused(form)):
        return refusal
    beside = form.beside() if form.is_valid() else None
    made = report(shape, scope, clock.now(), rollups.newest(), beside, form.names)
    if wanted in FILES:
        return _file(made, wanted, request.GET.get("part", files.SUMMARY))
    return render(request, "reports/dashboard.html", _context(request, made, form))


def _context(request: HttpRequest, made: Report, form: ScopeForm) -> dict[str, Any]:
    # Other dashboards may be narrowed by what this one cannot be: the tabs take it along, its own links do not.
    query = _query(request, without=form.left_out)
    return {
        **frame(request),
        "tabs_query": _query(request),
        "limits": form.names.limits(made.scope),
        "title": made.dashboard.title,
        "report": made,
        "form": form,
        "dashboards": DASHBOARDS.values(),
        "presets": presets(request, timezone.localtime(clock.now()).date()),
        "query": query,
        "drawn": drawn(made),
        "definitions": used_metrics(made),
        "shown": shown_metrics(made),
        "saves": made.dashboard.name,
    }


def _query(request: HttpRequest, without: Container[str] = ()) -> str:
    """Return what was asked for, as it is put behind other addresses."""
    kept = QueryDict(mutable=True)
    for name in ("from", "to", "range", "account", "group", "seat", "compare"):
        if name not in without and (value := request.GET.get(name)):
            kept[name] = value
    return kept.urlencode()


def _file(made: Report, kind: str, part: str) -> HttpResponse:
    name = files.name_of(made.dashboard.name, made.scope)
    if kind == "xlsx":
        answer = HttpResponse(files.as_workbook(made), content_type=files.XLSX)
        answer["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
        return answer
    rows = files.rows_of(made, part)
    if rows is None:
        raise Http404
    return files.download(files.as_csv(rows), f"{name}-{part}")


@guarded
def conversations_behind(request: HttpRequest, metric: str) -> HttpResponse:
    """The conversations that a number is made of."""
    found = METRICS.get(metric)
    if found is None or not found.facts:
        raise Http404
    every = Dashboard("behind", _("Conversations"), "", (), (), ("account", "group", "seat"))
    form, scope = _asked(request, every)
    hour = read_hour(request.GET.get("hour", ""))
    page = behind(found, scope, request.GET.get("after", ""), hour)
    context = {
        **frame(request),
        "title": _("Behind the number: %s") % found.label,
        "metric": found,
        "lasting": str(found.label).split(" · ", maxsplit=1)[0] if found.unit == DURATION else "",
        "page": page,
        "ways": ways_to(request.user, (row.conversation.pk for row in page.rows if row.conversation)),
        "form": form,
        "scope": scope,
        "query": _query(request),
        "hour": hour,
        "until": next_hour(hour) if hour else None,
        "at": urlencode({"hour": f"{hour:{HOUR}}"}) if hour else "",
        "dashboards": DASHBOARDS.values(),
    }
    return render(request, "reports/behind.html", context)


@guarded
def floor(request: HttpRequest) -> HttpResponse:
    """How things stand right now; the page asks for its middle part again every few seconds."""
    context = {"floor": floor_now(readable_groups(request.user), clock.now())}
    if request.headers.get("HX-Request"):
        return render(request, "reports/floor_now.html", context)
    return render(
        request,
        "reports/floor.html",
        {**frame(request), **context, "title": _("Live"), "dashboards": DASHBOARDS.values()},
    )


def tiles(request: HttpRequest) -> HttpResponse:
    """The tiles of the admin's first page, by themselves."""
    return render(request, "reports/tiles.html", {"tiles": figures.tiles(request.user)})
