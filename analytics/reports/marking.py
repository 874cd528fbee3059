"""What analysts add to charts: goals as lines, and notes on days."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from analytics.facts.times import day_start
from analytics.metrics.catalogue import METRICS
from analytics.metrics.metric import SHARE
from analytics.models import DayNote, Goal
from analytics.reports.query import Scope

if TYPE_CHECKING:
    from analytics.reports.report import Graph


def goals() -> dict[str, float]:
    """Return what numbers should be, in the numbers' own units."""
    found = dict(Goal.objects.values_list("metric", "value"))
    return {
        name: value / 100 if METRICS[name].unit == SHARE else value for name, value in found.items() if name in METRICS
    }


def marked(made: list[Any], scope: Scope, known: Mapping[str, float]) -> list[Any]:
    """Return charts with their goals, of those `known`, and the notes on their days, and all else as it is."""
    notes = list(DayNote.objects.filter(day__gte=scope.first, day__lte=scope.last).order_by("day", "pk"))
    if not known and not notes:
        return made
    return [_marked(one, known, notes) if getattr(one, "moments", ()) else one for one in made]


def _marked(graph: Graph, known: Mapping[str, float], notes: list[DayNote]) -> Graph:
    own = () if graph.dimension else graph.series
    lines = tuple((series.label, known[series.name]) for series in own if series.name in known)
    places = [(bisect_right(graph.moments, day_start(note.day)) - 1, note) for note in notes]
    return replace(graph, goals=lines, notes=tuple((at, note) for at, note in places if at >= 0))
