"""Numbers, changes and little lines in the reports' pages."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from analytics.metrics.catalogue import METRICS
from analytics.metrics.metric import Number
from analytics.reports import showing
from analytics.reports.report import Graph, Series, Tile

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
def heat(value: int, graph: Graph) -> str:
    """Return how dark a field of the week is, in per cent of the darkest, in steps of STEP."""
    return warmth(value, max((one for series in graph.series for one in series.values if one), default=0))


@register.simple_tag
def cell(series: Series, at: int, unit: str) -> str:
    """Return one value of a series as people read it."""
    return showing.shown(series.values[at], unit)


@register.simple_tag
def linked_cell(graph: Graph, series: Series, at: int, query: str) -> str:
    """Return one value of a chart, as a link to what stands behind it where a click on the chart would lead there."""
    said = showing.shown(series.values[at], graph.unit)
    metric = METRICS.get(graph.metric or series.name)
    if at >= len(graph.moments) or metric is None or not metric.facts or not series.values[at]:
        return said
    limited = QueryDict(query, mutable=True)
    limited.pop("range", None)
    limited["from"] = limited["to"] = f"{timezone.localtime(graph.moments[at]):%Y-%m-%d}"
    return format_html(
        '<a href="{}?{}">{}</a>', reverse("reports-behind", args=[metric.name]), limited.urlencode(), said
    )


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


@register.simple_tag
def narrowed(query: str, dimension: str, key: Any) -> str:
    """Return the query limited to one account, group or seat as well."""
    limited = QueryDict(query, mutable=True)
    limited[dimension.removesuffix("_id")] = str(key)
    return limited.urlencode()
