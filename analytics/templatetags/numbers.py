"""Numbers, changes and little lines in the reports' pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import template
from django.http import QueryDict
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from analytics.metrics.catalogue import METRICS
from analytics.metrics.metric import COUNT, Metric, Number
from analytics.reports import showing
from analytics.reports.behind import HOUR
from analytics.reports.query import WAY
from analytics.reports.report import Graph, Line, Series, Sheet, Tile

register = template.Library()
STEP = 5  # per cent between two shades: each is a class, as a style attribute is refused by the browser


@register.simple_tag
def number(value: Number, unit: str) -> str:
    """Return the number as people read it."""
    return showing.shown(value, unit)


@register.simple_tag
def change_of(tile: Tile) -> str:
    """Return the change of a tile against the period before, in words."""
    return showing.change(tile.value, tile.before, tile.metric.unit)


@register.simple_tag
def mood(tile: Tile) -> str:
    """Return "good" or "bad" where the change is one, else ""."""
    if tile.value is None or tile.before is None or not tile.metric.better or tile.value == tile.before:
        return ""
    return "good" if (tile.value > tile.before) == (tile.metric.better > 0) else "bad"


@register.simple_tag
def value_of(tile: Tile, query: str) -> SafeString:
    """Return a tile's number, as a link to what stands behind it where something can."""
    said = showing.shown(tile.value, tile.metric.unit)
    if not tile.metric.facts:
        return escape(said)
    return format_html('<a href="{}?{}">{}</a>', _page_behind(tile.metric), query, said)


@register.simple_tag
def note_of(tile: Tile) -> SafeString:
    """Return what stands below a tile's number: its change, the number before, the goal."""
    unit = tile.metric.unit
    until = date_format(timezone.localtime(tile.until), "m-d H:i") if tile.until else ""
    before = _("before, until %(time)s: ") % {"time": until} if until else _("before: ")
    words = [change_of(tile), before + showing.shown(tile.before, unit)]
    if tile.goal is not None:
        words.append(f"{_('goal')} {showing.shown(tile.goal, unit)}")
    return format_html('<span class="note {}">{}</span>', mood(tile), " · ".join(word for word in words if word))


@register.simple_tag
def spark(values: tuple[float, ...]) -> SafeString:
    """Return a little line of these values."""
    highest = max(values, default=0) or 1
    width = 100 / max(1, len(values) - 1)
    points = " ".join(f"{at * width:.1f},{22 - 20 * value / highest:.1f}" for at, value in enumerate(values))
    return format_html(
        '<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true"><polyline points="{}"/></svg>',
        points,
    )


@register.simple_tag
def week_rows(graph: Graph) -> SafeString:
    """Return the rows of the week's table; each field's class says how dark it is."""
    highest = max((one for series in graph.series for one in series.values if one), default=0)
    return mark_safe("".join(_week_row(series, highest) for series in graph.series))  # noqa: S308 -- numbers and escaped labels


def _week_row(series: Series, highest: float) -> str:
    fields = (
        f'<td class="h{warmth(value, highest)}" title="{value}">{f"<span>{value}</span>" if value else ""}</td>'
        for value in series.values
    )
    return f'<tr><th scope="row">{escape(series.label)}</th>{"".join(fields)}</tr>'


@register.simple_tag
def cell(series: Series, at: int, unit: str) -> str:
    """Return one value of a series as people read it."""
    return showing.shown(series.values[at], unit)


# The two tables below have hundreds of cells a page, so their rows are made here: a tag for each cell cost half of the page's time.


@register.simple_tag
def graph_rows(graph: Graph, query: str) -> SafeString:
    """Return the rows of the table behind a chart; a value is a link where a click on the chart would lead there."""
    times = _times(graph)
    columns = [_column(graph, series, query, times) for series in graph.series]
    rows = zip(graph.labels, *columns, strict=True)
    made = (f'<tr><th scope="row">{escape(label)}</th>{"".join(cells)}</tr>' for label, *cells in rows)
    return mark_safe("".join(made))  # noqa: S308 -- escaped labels and cells


def _column(graph: Graph, series: Series, query: str, times: Sequence[str]) -> Sequence[str]:
    """Return the cells of one series; `times` are its moments as they stand in addresses."""
    page, rest = _listed(graph, series, query)
    if not page or not times:
        return [_cell(value, graph.unit) for value in series.values]
    rest = escape(rest)
    return [
        _cell(value, graph.unit, f"{page}?{time}{rest}" if _tells(value, graph.unit) else "")
        for value, time in zip(series.values, times, strict=True)
    ]


def _tells(value: Number, unit: str) -> bool:
    """Tell whether something may stand behind a number: also behind a wait of 0 seconds and a share of 0 %, not behind a count of 0."""
    return bool(value) if unit == COUNT else value is not None


def _listed(graph: Graph, series: Series, query: str) -> tuple[str, str]:
    """Return the page that lists what a series counts, "" where there is none, and what else it is asked than the time.

    There is none of what is there for comparison, nor of all others and of what belongs to no account, group or seat.
    """
    metric = METRICS.get(graph.metric or series.name) if graph.dimension != WAY else None
    if metric is None or not metric.facts or series.dashed:
        return "", ""
    kept = QueryDict(query, mutable=True)
    for name in ("range", "from", "to", "compare"):
        kept.pop(name, None)
    if graph.dimension:
        if series.name in ("", "0"):
            return "", ""
        kept[graph.dimension.removesuffix("_id")] = series.name
    return _page_behind(metric), f"&{kept.urlencode()}" if kept else ""


def _page_behind(metric: Metric) -> str:
    return _address(metric.name, get_script_prefix())


@lru_cache(maxsize=1000)
def _address(metric: str, prefix: str) -> str:
    """Return the page behind a number; below one prefix it is always the same, and a page of reports has hundreds of links to it."""
    return reverse("reports-behind", args=[metric])


def _times(graph: Graph) -> list[str]:
    """Return the hours or days of a chart as they stand in addresses, escaped."""
    days = [f"from={day}&amp;to={day}" for day in graph.days]
    if not graph.hourly:
        return days
    return [
        f"{day}&amp;{urlencode({'hour': at.astimezone(UTC).strftime(HOUR)})}"
        for day, at in zip(days, graph.moments, strict=True)
    ]


@register.simple_tag
def sheet_rows(sheet: Sheet, query: str) -> SafeString:
    """Return the rows of a table, with links to the same page narrowed, and to what stands behind the cells."""
    sparks = sheet.has_sparks
    return mark_safe("".join(_sheet_row(sheet, line, query, sparks=sparks) for line in sheet.lines))  # noqa: S308 -- escaped


def _sheet_row(sheet: Sheet, line: Line, query: str, *, sparks: bool) -> str:
    limited = escape(narrowed(query, sheet.dimension, line.key)) if line.key and sheet.narrows else ""
    label = escape(line.label)
    head = f'<a href="?{limited}">{label}</a>' if limited else label
    days = f'<td class="days">{spark(line.spark)}</td>' if sparks else ""
    cells = (
        _cell(value, metric.unit, f"{_page_behind(metric)}?{limited}")
        if limited and metric.facts and _tells(value, metric.unit)
        else _cell(value, metric.unit)
        for value, metric in line.cells
    )
    return f'<tr><th scope="row">{head}</th>{days}{"".join(cells)}</tr>'


def _cell(value: Number, unit: str, address: str = "") -> str:
    """Return one cell; the address is escaped already."""
    said = showing.shown(value, unit)
    if unit != COUNT:  # a count is nothing but digits
        said = escape(said)
    return f'<td><a href="{address}">{said}</a></td>' if address else f"<td>{said}</td>"


@register.simple_tag
def warmth(value: Number, highest: float) -> str:
    """Return how dark a field of a table is, in per cent of the darkest, in steps of STEP."""
    share = (value or 0) / highest if highest else 0
    return str(round(share * 100 / STEP) * STEP)


@register.simple_tag
def portion_at(series: Series, at: int) -> str:
    """Return how long one bar of a series is, in per cent of the longest."""
    highest = max((value or 0 for value in series.values), default=0)
    return f"{((series.values[at] or 0) / highest * 100) if highest else 0:.1f}"


def narrowed(query: str, dimension: str, key: Any) -> str:
    """Return the query limited to one account, group or seat as well."""
    limited = QueryDict(query, mutable=True)
    limited[dimension.removesuffix("_id")] = str(key)
    return limited.urlencode()
