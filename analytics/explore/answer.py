"""The answer to a question: a table of the usual measures, or one measure by rows and columns; and a chart of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from analytics.explore import query
from analytics.explore.dimensions import Dimension
from analytics.explore.query import OPENED, Question
from analytics.facts.times import days
from analytics.metrics.catalogue import COUNT, METRICS, Metric, Number, Sums
from analytics.reports.names import Names
from analytics.reports.report import MOST_SERIES, Graph, Series
from analytics.reports.shape import BAR, LINE

USUAL = (
    "opened", "abandoned_share", "wait_p50", "first_answer_p50", "first_answer_p90", "resolution_p50", "transferred", "csat",
)  # fmt: skip
MOST_ROWS, MOST_COLUMNS = 62, 31
FEWEST = 3  # first words that fewer conversations share are not shown
OTHERS = "…"  # stands for all keys that are not told apart


@dataclass(frozen=True)
class Cell:
    """One number; `where`: which conversations stand behind it, as it stands in an address; None where none can be listed."""

    value: Number
    metric: Metric
    where: str | None = None


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Answer:
    """A table with its head and total line, the metrics it has, and the chart. `others`: some rows or columns are put together."""

    rows: str
    head: tuple[str, ...]
    lines: tuple[Line, ...]
    total: Line
    metrics: tuple[Metric, ...]
    graph: Graph
    others: bool

    @property
    def highest(self) -> float:
        """The highest value of a matrix, which its fields are shaded by."""
        return max(
            (float(cell.value or 0) for line in self.lines for cell in line.cells[: len(self.head) - 1]), default=0.0
        )


@dataclass(frozen=True)
class _Axis:
    """A dimension with the keys that are told apart; without a dimension there is one key, None."""

    dimension: Dimension | None
    keys: tuple[Any, ...]

    def key(self, key: Any) -> Any:
        return key if key in self.keys else OTHERS

    def label(self, key: Any, names: Names) -> str:
        if key == OTHERS or self.dimension is None:
            return _("all others")
        return self.dimension.shown(key, names)


def answer(question: Question, measure: str) -> Answer:
    """Return what is known, with one measure first, or alone where there are columns."""
    names = Names.load()
    wanted = (measure,) if question.columns else tuple(dict.fromkeys((measure, *USUAL)))
    counts = query.by(question, wanted)
    rows, columns = _axis(question, question.rows, counts, 0), _axis(question, question.columns, counts, 1)
    found = _folded(counts, rows, columns)
    graph = _graph(question, METRICS[measure], rows, columns, found, names)
    make = _matrix if question.columns else _table
    head, lines, total = make(question, wanted, rows, columns, found, names)
    others = OTHERS in (*rows.keys, *columns.keys)
    return Answer(str(question.rows.label), head, lines, total, tuple(METRICS[one] for one in wanted), graph, others)


Found = Mapping[tuple[Any, Any], Sums]
Made = tuple[tuple[str, ...], tuple[Line, ...], Line]


def _axis(question: Question, dimension: Dimension | None, counts: Found, at: int) -> _Axis:
    if dimension is None:
        return _Axis(None, (None,))
    opened: dict[Any, float] = {}
    for key, sums in counts.items():
        opened[key[at]] = opened.get(key[at], 0) + sums[OPENED]
    known = [key for key in opened if dimension.name != "detail" or opened[key] >= FEWEST]
    most = MOST_COLUMNS if at else MOST_ROWS
    kept = sorted(known, key=lambda key: (-opened[key], str(key)))[:most]
    if dimension.is_time:
        kept = sorted({*kept, *_times(question, dimension, most)})
    return _Axis(dimension, (*kept, *([OTHERS] if set(opened) - set(kept) else [])))


def _times(question: Question, dimension: Dimension, most: int) -> list[Any]:
    """Return all times within the scope, also those at which nothing happened."""
    if dimension.name == "hour":
        return list(range(24))
    if dimension.name == "weekday":
        return list(range(7))
    return sorted({dimension.key(day) for day in days(question.scope.first, question.scope.last)})[-most:]


def _folded(counts: Found, rows: _Axis, columns: _Axis) -> dict[tuple[Any, Any], Sums]:
    parts: dict[tuple[Any, Any], list[Sums]] = {}
    for (row, column), sums in counts.items():
        parts.setdefault((rows.key(row), columns.key(column)), []).append(sums)
    return {key: Sums.added(some, 0.0) for key, some in parts.items()}


def _cell(sums: Sums | None, metric: Metric, **keys: Any) -> Cell:
    value = metric.value(sums or Sums({}))
    listed = value and OTHERS not in keys.values() and query.behind(metric.name) is not None
    words = {name: word_of(key) for name, key in keys.items()}
    return Cell(value, metric, urlencode({"metric": metric.name, **words}) if listed else None)


def word_of(key: Any) -> str:
    """Return a key as it stands in an address."""
    return "" if key is None else key.isoformat() if isinstance(key, date) else str(key)


def _table(
    question: Question, wanted: tuple[str, ...], rows: _Axis, columns: _Axis, found: Found, names: Names
) -> Made:
    metrics = [METRICS[name] for name in wanted]
    lines = tuple(
        Line(rows.label(key, names), tuple(_cell(found.get((key, None)), metric, row=key) for metric in metrics))
        for key in rows.keys
    )
    whole = query.totals(question, wanted)
    return (
        tuple(str(one.label) for one in metrics),
        lines,
        Line(_("Total"), tuple(_cell(whole, one) for one in metrics)),
    )


def _matrix(
    question: Question, wanted: tuple[str, ...], rows: _Axis, columns: _Axis, found: Found, names: Names
) -> Made:
    """A row's total is of its conversations, each once; so is a column's."""
    metric = METRICS[wanted[0]]
    assert question.columns is not None
    ends = _folded(query.by(replace(question, columns=None), wanted), rows, _Axis(None, (None,)))
    across = replace(question, rows=question.columns, columns=None)
    feet = _folded(query.by(across, wanted), columns, _Axis(None, (None,)))
    lines = tuple(
        Line(
            rows.label(row, names),
            (
                *(_cell(found.get((row, column)), metric, row=row, column=column) for column in columns.keys),
                _cell(ends.get((row, None)), metric, row=row),
            ),
        )
        for row in rows.keys
    )
    whole = _cell(query.totals(question, wanted), metric)
    total = (*(_cell(feet.get((column, None)), metric, column=column) for column in columns.keys), whole)
    head = (*(columns.label(key, names) for key in columns.keys), _("Total"))
    return head, lines, Line(_("Total"), total)


def _graph(question: Question, metric: Metric, rows: _Axis, columns: _Axis, found: Found, names: Names) -> Graph:
    """Over time lines, one for each of the first others; else bars. Time is along the axis, whether it is rows or columns."""
    turned = columns.dimension is not None and columns.dimension.is_time and not question.rows.is_time
    along, across = (columns, rows) if turned else (rows, columns)
    shown = [key for key in along.keys if key != OTHERS]
    told = {pair[0 if turned else 1] for pair, sums in found.items() if metric.value(sums) is not None}
    keys = [key for key in across.keys if key != OTHERS and key in told][:MOST_SERIES]
    series = tuple(
        Series(
            word_of(key),
            across.label(key, names) if across.dimension else str(metric.label),
            tuple(metric.value(found.get((key, at) if turned else (at, key)) or Sums({})) for at in shown),
        )
        for key in keys
    )
    over_time = along.dimension is not None and along.dimension.is_time
    kind = LINE if over_time and (across.dimension or metric.unit != COUNT) else BAR
    title = " · ".join([str(metric.label), *(str(one.label) for one in question.dimensions)])
    labels = tuple(along.label(key, names) for key in shown)
    return Graph("answer", title, kind, metric.unit, labels, series, metric=metric.name)
