"""A report: a dashboard's numbers, read once. Pages, files and the API all show this, so they cannot differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.facts import histogram
from analytics.facts.times import day_start
from analytics.facts.times import days as days_between
from analytics.metrics.catalogue import COUNT, METRICS, Metric, Number, Sums
from analytics.models import DayNote, Grain
from analytics.reports import marking, query
from analytics.reports.names import Names
from analytics.reports.once import Once
from analytics.reports.query import WAY, Scope
from analytics.reports.shape import (
    BAR,
    LINE,
    STACKED,
    Chart,
    Dashboard,
    Distribution,
    Part,
    Split,
    Table,
    Ways,
    Week,
    Words,
    WordsOver,
)

MOST_SERIES = 5
MOST_BARS = 12
REST = "(rest)"  # what a series of all other words is called


@dataclass(frozen=True)
class Tile:
    """One number, and the same of the period before; `until`: where that ends early, as the period is not over yet."""

    metric: Metric
    value: Number
    before: Number
    until: datetime | None = None
    goal: Number = None


@dataclass(frozen=True)
class Series:
    """One line or one colour of bars. `name`: the metric's, or the key of what it is about.

    `dashed`: it is there for comparison, of another time or another group.
    """

    name: str
    label: str
    values: tuple[Number, ...]
    dashed: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values, for the script and the API."""
        return {"name": self.name, "label": self.label, "values": self.values}


@dataclass(frozen=True)
class Graph:
    """A chart's numbers. `kind`: line, bar, stacked or week; `labels` stand along the axis; `moments` are what they mean.

    `metric` is what a click on it asks for, where all of it is about one; `dimension` what its series tell apart, if not
    metrics; `hourly`: the moments are hours and not days.
    """

    name: str
    title: str
    kind: str
    unit: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    moments: tuple[datetime, ...] = ()
    metric: str = ""
    dimension: str = ""
    hourly: bool = False
    goals: tuple[tuple[str, float], ...] = ()
    notes: tuple[tuple[int, DayNote], ...] = ()

    @property
    def heads(self) -> list[tuple[Series, Metric | None]]:
        """The series with the metric that each is named after, None where its name is an account's, a group's or a word."""
        told = {} if self.dimension else METRICS
        return [(one, None if one.dashed else told.get(one.name)) for one in self.series]

    @property
    def days(self) -> tuple[str, ...]:
        """The days that its moments are in; moments that are days have them for labels."""
        if not self.hourly:
            return self.labels[: len(self.moments)]
        return tuple(f"{timezone.localtime(at):%Y-%m-%d}" for at in self.moments)

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to draw."""
        return not any(value for series in self.series for value in series.values)


@dataclass(frozen=True)
class Beside:
    """What the lines of charts are compared with: another time, group or account, and what it is called."""

    scope: Scope
    label: str


@dataclass(frozen=True)
class Line:
    """One row of a table; its key is 0 or "" where it is about what belongs to no account, group or seat."""

    key: Any
    label: str
    values: tuple[Number, ...]
    metrics: tuple[Metric, ...]
    spark: tuple[float, ...] = ()

    @property
    def cells(self) -> list[tuple[Number, Metric]]:
        """The values with what they are of."""
        return list(zip(self.values, self.metrics, strict=True))


@dataclass(frozen=True)
class Sheet:
    """A table's numbers. `total` is of everything together: counts and times are the rows' sums, other numbers are not."""

    name: str
    title: str
    dimension: str
    metrics: tuple[Metric, ...]
    lines: tuple[Line, ...]
    total: tuple[Number, ...] = ()

    @property
    def totals(self) -> list[tuple[Number, Metric]]:
        """The total's values with what they are of."""
        return list(zip(self.total, self.metrics, strict=True))

    @property
    def narrows(self) -> bool:
        """Tell whether the page can be narrowed by what a row is about."""
        return self.dimension != WAY

    @property
    def has_sparks(self) -> bool:
        """Tell whether there are little lines beside the names."""
        return any(line.spark for line in self.lines)


@dataclass(frozen=True)
class Report:
    """Everything that a dashboard shows of a scope. `until`: up to when the numbers are made."""

    dashboard: Dashboard
    scope: Scope
    tiles: tuple[Tile, ...]
    graphs: tuple[Graph, ...]
    sheets: tuple[Sheet, ...]
    until: datetime | None

    @property
    def before_until(self) -> datetime | None:
        """Up to when the period before goes, where that is not over yet either; None where it is all of it."""
        return self.tiles[0].until if self.tiles else None


def report(
    dashboard: Dashboard, scope: Scope, now: datetime, until: datetime | None = None, beside: Beside | None = None,
    names: Names | None = None,
) -> Report:  # fmt: skip
    """Return the dashboard's numbers; `until` says up to when they were counted, `beside` what its lines are compared with.

    `names` are looked up where they are not given.
    """
    now = min(now, until) if until else now
    read, goals = Once(dashboard, scope, now, names or Names.load()), marking.goals()
    made = [_MAKERS[type(part)](part, read) for part in dashboard.parts]
    made = marking.marked(made, scope, goals)
    if beside:
        pairs = zip(dashboard.parts, made, strict=True)
        made = [
            _beside(part, one, beside, now) if isinstance(part, Chart | Split) and isinstance(one, Graph) else one
            for part, one in pairs
        ]
    return Report(
        dashboard,
        scope,
        _tiles(read, goals),
        tuple(one for one in made if isinstance(one, Graph)),
        tuple(one for one in made if isinstance(one, Sheet)),
        until,
    )


def _beside(part: Chart | Split, graph: Graph, beside: Beside, now: datetime) -> Graph:
    """Add the same lines of the other scope, moment by moment; beside what is stacked one line, as high as all of its stack."""
    metrics = part.metrics if isinstance(part, Chart) else (part.metric,)
    found = list(query.by_time(beside.scope, metrics, now).values())
    rows = [found[at] if at < len(found) else None for at in range(len(graph.moments))]
    columns = {name: tuple(METRICS[name].value(sums) if sums else None for sums in rows) for name in metrics}
    if graph.kind == LINE:
        words = {name: str(METRICS[name].label) for name in metrics}
    else:
        # Whatever is stacked is there at every moment, be it 0.
        heights = zip(*columns.values(), strict=True)
        columns = {"": tuple(None if None in one else sum(value or 0 for value in one) for one in heights)}
        words = {"": _("together")}
    more = (Series(name, f"{words[name]} · {beside.label}", values, dashed=True) for name, values in columns.items())
    return replace(graph, series=(*graph.series, *more))


def _tiles(read: Once, goals: Mapping[str, float]) -> tuple[Tile, ...]:
    earlier = read.scope.before(read.now)
    before = query.total(earlier, read.tiles, read.now)
    has_begun = read.scope.start <= read.now  # beside days that are still to come nothing is more or less
    return tuple(
        Tile(
            metric, metric.value(read.total), metric.value(before) if has_begun else None, earlier.until,
            goals.get(metric.name),
        )
        for metric in map(METRICS.__getitem__, read.tiles)
    )  # fmt: skip


def _chart(chart: Chart, read: Once) -> Graph:
    found, scope = read.by_time, read.scope
    moments = list(found)
    series = tuple(
        Series(name, str(METRICS[name].label), tuple(METRICS[name].value(sums) for sums in found.values()))
        for name in chart.metrics
    )
    unit = METRICS[chart.metrics[0]].unit
    single = chart.metrics[0] if len(chart.metrics) == 1 else ""
    return Graph(
        chart.name, str(chart.title), chart.kind, unit, read.labels, series, tuple(moments), single,
        hourly=scope.grain == Grain.HOUR,
    )  # fmt: skip


def _split(split: Split, read: Once) -> Graph:
    metric, scope = METRICS[split.metric], read.scope
    found = query.by_time_and(scope, split.dimension, metric.columns[0], scope.grain)
    moments = read.moments
    ranked = sorted(found, key=lambda key: (-sum(found[key].values()), str(key)))
    series = [
        Series(str(key), read.names.of(split.dimension, key), tuple(found[key].get(at, 0) for at in moments))
        for key in ranked[:MOST_SERIES]
    ]
    if rest := ranked[MOST_SERIES:]:
        values = tuple(sum(found[key].get(at, 0) for key in rest) for at in moments)
        series.append(Series("", _("all others"), values))
    return Graph(
        split.name, str(split.title), STACKED, COUNT, read.labels, tuple(series), tuple(moments), split.metric,
        split.dimension, scope.grain == Grain.HOUR,
    )  # fmt: skip


def _words_over(part: WordsOver, read: Once) -> Graph:
    scope, names = read.scope, read.names
    found, moments = query.words_over(scope, part.tally), read.moments
    ranked = sorted(found, key=lambda word: (-sum(found[word].values()), word))
    series = [
        Series(word, names.word(part.tally, word), tuple(found[word].get(at, 0) for at in moments))
        for word in ranked[:MOST_SERIES]
    ]
    if rest := ranked[MOST_SERIES:]:
        values = tuple(sum(found[word].get(at, 0) for word in rest) for at in moments)
        series.append(Series(REST, _("all others"), values))
    return Graph(
        part.name, str(part.title), STACKED, COUNT, read.labels, tuple(series), tuple(moments),
        dimension=WAY, hourly=scope.grain == Grain.HOUR,
    )  # fmt: skip


def _ways(part: Ways, read: Once) -> Sheet:
    counts = {name: read.words[tally] for name, tally in part.tallies.items()}
    metrics = tuple(METRICS[name] for name in counts)
    lines = [
        Line(word, read.names.way(word), tuple(found.get(word, 0) for found in counts.values()), metrics)
        for word in dict.fromkeys(word for found in counts.values() for word in found)
    ]
    lines.sort(key=lambda one: (*(-(value or 0) for value in one.values), one.label))
    total = tuple(sum(found.values()) for found in counts.values())
    return Sheet(part.name, str(part.title), WAY, metrics, tuple(lines), total)


def _distribution(part: Distribution, read: Once) -> Graph:
    counts = read.total.histograms.get(part.duration)
    bounds = histogram.CUTS
    cut = histogram.cut(counts, bounds) if counts is not None else [0] * (len(bounds) + 1)
    labels = tuple(read.names.bound(low, high) for low, high in zip((0, *bounds), (*bounds, None), strict=True))
    label = str(METRICS[f"{part.duration}_mean"].label).split(" · ", maxsplit=1)[0]
    return Graph(part.name, str(part.title), BAR, COUNT, labels, (Series(part.duration, label, tuple(cut)),))


def _words(part: Words, read: Once) -> Graph:
    counts = list(read.words[part.tally].items())
    shown, rest = counts[:MOST_BARS], sum(count for _word, count in counts[MOST_BARS:])
    labels = [read.names.word(part.tally, word) for word, _count in shown] + ([_("all others")] if rest else [])
    values = [count for _word, count in shown] + ([rest] if rest else [])
    return Graph(
        part.name, str(part.title), "row", COUNT, tuple(labels), (Series(part.tally, _("times"), tuple(values)),)
    )


def _week(part: Week, read: Once) -> Graph:
    days = query.week(read.scope)
    labels = tuple(f"{hour}" for hour in range(24))
    series = tuple(Series(str(day), read.names.weekday(day), tuple(days[day])) for day in range(7))
    return Graph(part.name, str(part.title), "week", COUNT, labels, series)


def _table(table: Table, read: Once) -> Sheet:
    scope = read.scope
    found: dict[Any, Sums] = query.by(scope, table.dimension, table.metrics, read.now)
    metrics = tuple(METRICS[name] for name in table.metrics)
    days: Mapping[Any, Mapping[datetime, float]] = {}
    if table.spark and scope.days > 1:
        days = query.by_time_and(scope, table.dimension, METRICS[table.spark].columns[0], Grain.DAY)
    moments = [day_start(day) for day in days_between(scope.first, scope.last)]
    lines = [
        Line(
            key,
            read.names.of(table.dimension, key),
            tuple(metric.value(sums) for metric in metrics),
            metrics,
            tuple(days[key].get(at, 0) for at in moments) if key in days else (),
        )
        for key, sums in found.items()
    ]
    # What belongs to none is a row only where there is something to tell.
    shown = sorted(
        (one for one in lines if one.key or any(one.values)), key=lambda one: (-(one.values[0] or 0), one.label)
    )
    total = tuple(metric.value(read.total) for metric in metrics)
    return Sheet(table.name, str(table.title), table.dimension, metrics, tuple(shown), total)


_MAKERS: dict[type[Part], Callable[..., Graph | Sheet]] = {
    Chart: _chart,
    Split: _split,
    Distribution: _distribution,
    Words: _words,
    WordsOver: _words_over,
    Ways: _ways,
    Week: _week,
    Table: _table,
}
