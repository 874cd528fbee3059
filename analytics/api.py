"""The reports' numbers for other programs: the same report as the pages show."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.access import may_read, readable_groups
from analytics.api_schema import ReportSerializer, ReportsSerializer
from analytics.facts import rollups
from analytics.metrics.catalogue import METRICS, Metric
from analytics.reports.dashboards import DASHBOARDS
from analytics.reports.report import Graph, Report, Sheet, report
from analytics.reports.scoping import ScopeForm
from bridge.base import clock

NARROW = [
    OpenApiParameter(
        "from", OpenApiTypes.DATE, description="The first day, in the site's time zone; 30 days by default."
    ),
    OpenApiParameter("to", OpenApiTypes.DATE, description="The last day; today by default."),
    OpenApiParameter("account", int, description="The id of an account."),
    OpenApiParameter("group", str, description="The slug of a group."),
    OpenApiParameter("seat", int, description="The id of a seat."),
]


class MayRead(BasePermission):
    """Users who may read all reports, and supervisors for their groups."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user and request.user.is_authenticated and may_read(request.user))


class ReportsView(APIView):
    """Which reports and metrics there are."""

    permission_classes = (MayRead,)

    @extend_schema(operation_id="reports_list", responses=ReportsSerializer)
    def get(self, request: Request) -> Response:
        """Return the dashboards' names, and every metric with its unit and definition."""
        dashboards = [{"name": one.name, "title": str(one.title)} for one in DASHBOARDS.values()]
        metrics = [{**_metric(one), "definition": str(one.definition)} for one in METRICS.values()]
        return Response({"reports": dashboards, "metrics": metrics})


class ReportView(APIView):
    """One dashboard's numbers."""

    permission_classes = (MayRead,)

    @extend_schema(parameters=NARROW, responses=ReportSerializer)
    def get(self, request: Request, name: str) -> Response:
        """Return tiles, charts and tables. Shares are from 0 to 1, lengths of time in seconds, null where nothing is known."""
        dashboard = DASHBOARDS.get(name)
        if dashboard is None:
            raise NotFound
        form = ScopeForm(request.query_params, dashboard, readable_groups(request.user))
        if form.left_out:
            raise ValidationError(dict.fromkeys(form.left_out, _("This report cannot be narrowed by it.")))
        if not form.is_valid():
            raise ValidationError(form.errors)
        return Response(as_json(report(dashboard, form.scope(), clock.now(), rollups.newest())))


def _metric(metric: Metric) -> dict[str, Any]:
    return {"name": metric.name, "label": str(metric.label), "unit": metric.unit}


def as_json(made: Report) -> dict[str, Any]:
    """Return the report as plain values."""
    tiles = [{**_metric(tile.metric), "value": tile.value, "before": tile.before} for tile in made.tiles]
    return {
        "report": made.dashboard.name,
        "from": made.scope.first,
        "to": made.scope.last,
        "made_until": made.until,
        "before_until": made.before_until,
        "tiles": tiles,
        "charts": [_chart(graph) for graph in made.graphs],
        "tables": [_table(sheet) for sheet in made.sheets],
    }


def _chart(graph: Graph) -> dict[str, Any]:
    series = [one.to_json() for one in graph.series]
    return {"name": graph.name, "title": graph.title, "unit": graph.unit, "labels": graph.labels, "series": series}


def _table(sheet: Sheet) -> dict[str, Any]:
    rows = [
        {
            "key": line.key,
            "label": line.label,
            "values": dict(zip((one.name for one in sheet.metrics), line.values, strict=True)),
        }
        for line in sheet.lines
    ]
    total = dict(zip((one.name for one in sheet.metrics), sheet.total, strict=True))
    return {"name": sheet.name, "title": sheet.title, "by": sheet.dimension, "rows": rows, "total": total}
