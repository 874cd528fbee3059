"""A report as a file: CSV of one of its tables, or a workbook with all of them. Numbers are as exact as on the page, lengths in seconds."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from analytics.metrics.metric import DURATION, SHARE, Metric
from analytics.reports.names import Names
from analytics.reports.query import ACCOUNT, GROUP, WAY, Scope
from analytics.reports.report import Graph, Report, Sheet
from analytics.reports.showing import rounded, shown
from bridge.values.cells import BOM, guarded_row

if TYPE_CHECKING:
    from openpyxl import Workbook

SUMMARY = "summary"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _head(metric: Metric) -> str:
    return f"{metric.label} ({_('seconds')})" if metric.unit == DURATION else str(metric.label)


def rows_of(report: Report, part: str) -> Iterator[list[Any]] | None:
    """Return the rows of the summary, of a chart or of a table, the heading first; None where there is no such part."""
    if part == SUMMARY:
        return _summary(report)
    graph = next((one for one in report.graphs if one.name == part), None)
    sheet = next((one for one in report.sheets if one.name == part), None)
    return _graph(graph) if graph else _sheet(sheet) if sheet else None


def _summary(report: Report) -> Iterator[list[Any]]:
    before = _("Period before")
    if until := report.before_until:
        before = _("Period before, until %s") % f"{timezone.localtime(until):%Y-%m-%d %H:%M}"
    yield [_("Metric"), _("Name in the API"), _("Unit"), _("Value"), before]
    for tile in report.tiles:
        metric = tile.metric
        yield [
            str(metric.label),
            metric.name,
            metric.unit_in_words,
            *(rounded(one, metric.unit) for one in (tile.value, tile.before)),
        ]


def _graph(graph: Graph) -> Iterator[list[Any]]:
    first = _("Hour") if graph.kind == "week" else _("Time") if graph.moments else ""
    yield [first, *(series.label for series in graph.series)]
    for at, label in enumerate(graph.labels):
        yield [label, *(rounded(series.values[at], graph.unit) for series in graph.series)]


def _sheet(sheet: Sheet) -> Iterator[list[Any]]:
    dimension = {ACCOUNT: _("Account"), GROUP: _("Group"), WAY: _("Source")}.get(sheet.dimension, _("Seat"))
    units = [metric.unit for metric in sheet.metrics]
    yield [dimension, *(_head(metric) for metric in sheet.metrics)]
    for label, values in (*((line.label, line.values) for line in sheet.lines), (_("Total"), sheet.total)):
        yield [label, *map(rounded, values, units)]


def name_of(what: str, scope: Scope) -> str:
    """Return the name of a file without its ending: what is in it, of which days, account, group and seat."""
    limits = (("account", scope.account), ("group", scope.group), ("seat", scope.seat))
    return "-".join([what, f"{scope.first}", f"{scope.last}", *(f"{name}-{value}" for name, value in limits if value)])


def as_csv(rows: Iterable[list[Any]]) -> str:
    """Return the rows as CSV, with a mark by which spreadsheets know that it is UTF-8."""
    out = io.StringIO()
    csv.writer(out).writerows(map(guarded_row, rows))
    return BOM + out.getvalue()


def download(text: str, name: str) -> HttpResponse:
    """Return the CSV file as an answer."""
    answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{name}.csv")
    return answer


def as_workbook(report: Report) -> bytes:
    """Return all of the report as an XLSX file: the summary, then a sheet for each chart and table."""
    # Imported with the first workbook, which few workers ever make: it takes a sixth of a worker's start.
    from openpyxl import Workbook

    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    _fill(book, _("Summary"), [*_about(report), [], *_summary(report)])
    for graph in report.graphs:
        _fill(book, graph.title, _graph(graph))
    for sheet in report.sheets:
        _fill(book, sheet.title, _sheet(sheet), [metric.unit for metric in sheet.metrics])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _about(report: Report) -> Iterator[list[Any]]:
    scope = report.scope
    yield [str(report.dashboard.title), f"{scope.first} – {scope.last}"]
    yield from map(list, Names.load().limits(scope))


def _fill(book: Workbook, title: str, rows: Iterable[list[Any]], units: Iterable[str] = ()) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    # A sheet's name: 31 characters, none of those a formula needs, and not twice.
    name = "".join(sign for sign in title if sign not in r"[]:*?/\\")[:28]
    page = book.create_sheet(name if name not in book.sheetnames else f"{name} {len(book.sheetnames)}")
    for row in rows:
        page.append(guarded_row(row))
    for cell in page[1]:
        cell.font = Font(bold=True)
    page.column_dimensions["A"].width = 24
    for at, unit in enumerate(units, start=2):
        pattern = {SHARE: "0.0%", DURATION: "0"}.get(unit)
        for cells in page.iter_rows(min_row=2, min_col=at, max_col=at):
            cells[0].number_format = pattern or cells[0].number_format
        page.column_dimensions[get_column_letter(at)].width = 16


def lines(report: Report) -> list[str]:
    """Return the key figures as lines of text."""
    return [
        f"{tile.metric.label}: {shown(tile.value, tile.metric.unit)} ({_('before:')} {shown(tile.before, tile.metric.unit)})"
        for tile in report.tiles
    ]
