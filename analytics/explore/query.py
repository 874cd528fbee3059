"""Reading the rows of conversations: the same measures as of the rollups, by one or two dimensions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum

from analytics.explore.dimensions import DIMENSIONS, Dimension
from analytics.facts import histogram
from analytics.metrics.catalogue import METRICS, Sums
from analytics.metrics.metric import COUNT
from analytics.models import ConversationRow
from analytics.models.conversations import COUNTS, TIMES
from analytics.reports.query import Needs, Scope, limits_of

OPENED = "opened"
# What can be shown here, in the order in which it is offered.
MEASURES = (
    "opened", "returning", "closed", "served", "abandoned", "abandoned_share", "by_bot", "bot_share", "wait_p50", "wait_p90",
    "wait_mean", "wait_working_p50", "first_answer_p50", "first_answer_p90", "first_answer_mean", "first_working_p50",
    "first_working_p90", "resolution_p50", "resolution_p90", "working_p50", "transferred", "reopened", "received", "answered",
    "bot_messages", "failed", "scored", "csat", "score_mean",
)  # fmt: skip
_OUTCOMES = {"served": "served", "abandoned": "abandoned", "unserved": "left", "by_bot": "bot"}
Pair = tuple[Any, Any]


@dataclass(frozen=True)
class Question:
    """What is asked: conversations opened within the scope, with a tag or any, by `rows` and perhaps by `columns`.

    `only` are keys of dimensions that limit it to what one number stands for.
    """

    scope: Scope
    rows: Dimension
    columns: Dimension | None = None
    tag: str = ""
    only: Mapping[str, Any] = field(default_factory=dict)

    @property
    def dimensions(self) -> list[Dimension]:
        """The one or two that it asks by."""
        return [self.rows, self.columns] if self.columns else [self.rows]


def conversations(question: Question) -> QuerySet[ConversationRow]:
    """Return the rows of all conversations that are asked for."""
    scope = question.scope
    found = limits_of(scope) & Q(day__gte=scope.first, day__lte=scope.last)
    if scope.seat:
        found &= Q(seat_id=scope.seat)
    if question.tag:
        found &= Q(conversation__tags__name=question.tag)
    for name, key in question.only.items():
        found &= _is(DIMENSIONS[name], key)
    return ConversationRow.objects.filter(found)


def _is(dimension: Dimension, key: Any) -> Q:
    match dimension.name:
        case "week":
            return Q(day__gte=key, day__lte=key + timedelta(days=6))
        case "month":
            return Q(day__gte=key, day__lt=(key + timedelta(days=31)).replace(day=1))
        case "weekday":
            # Databases number weekdays from Sunday, 1.
            return Q(day__week_day=(key + 1) % 7 + 1)
        case "detail" if not key:
            # An erased one leaves its number here: only a column of its own is empty where it is gone.
            return Q(conversation__source_detail="") | Q(conversation__source_detail=None)
        case _:
            return Q(**{f"{dimension.column}__isnull": True}) if key is None else Q(**{dimension.column: key})


def _aggregates(columns: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in columns:
        stem, _sep, what = name.rpartition("_")
        if name == OPENED:
            found[name] = Count("pk")
        elif name == "returning":
            found[name] = Count("pk", filter=Q(returning=True))
        elif name == "asked":
            found[name] = Count("pk", filter=Q(asked=True))
        elif name == "closed":
            found[name] = Count("pk", filter=~Q(outcome=""))
        elif name in _OUTCOMES:
            found[name] = Count("pk", filter=Q(outcome=_OUTCOMES[name]))
        elif stem == "score":
            found[name] = Count("pk", filter=Q(score=int(what)))
        elif name in COUNTS:
            found[name] = Sum(name)
        elif stem in TIMES:
            found[name] = {"n": Count, "sum": Sum, "max": Max}[what](stem)
    return {f"all_{name}": aggregate for name, aggregate in found.items()}


def totals(question: Question, names: Iterable[str]) -> Sums:
    """Return all that is asked for added up, each conversation once."""
    needs = Needs.of([OPENED, *names])
    ids = conversations(question).values("pk") if question.tag or question.only else None
    rows = ConversationRow.objects.filter(pk__in=ids) if ids is not None else conversations(question)
    found = rows.aggregate(**_aggregates(needs.columns))
    sketches = {name: _histogram(rows.values_list(f"{name}_bin").annotate(Count("pk"))) for name in needs.durations}
    return Sums({name.removeprefix("all_"): value or 0 for name, value in found.items()}, sketches)


def by(question: Question, names: Iterable[str]) -> dict[Pair, Sums]:
    """Return the measures by the question's rows and columns; the second of a key is None without columns."""
    needs, rows = Needs.of([OPENED, *names]), conversations(question)
    columns = [one.column for one in question.dimensions]
    parts: dict[Pair, list[Sums]] = defaultdict(list)
    grouped = rows.values_list(*dict.fromkeys(columns)).order_by()
    aggregates = _aggregates(needs.columns)
    for found in grouped.annotate(**aggregates):
        values = dict(zip((*dict.fromkeys(columns), *needs_of(aggregates)), found, strict=True))
        parts[_key(question, values)].append(Sums({name: values[name] or 0 for name in needs_of(aggregates)}))
    for name in needs.durations:
        binned: dict[Pair, list[tuple[Any, int]]] = defaultdict(list)
        bin_ = f"{name}_bin"
        for *keys, number, count in grouped.values_list(*dict.fromkeys(columns), bin_).annotate(Count("pk")):
            binned[_key(question, dict(zip(dict.fromkeys(columns), keys, strict=True)))].append((number, count))
        for key, some in binned.items():
            parts[key].append(Sums({}, {name: _histogram(some)}))
    return {key: Sums.added(some, 0.0) for key, some in parts.items()}


def needs_of(aggregates: Mapping[str, Any]) -> list[str]:
    """Return the columns that these aggregates are of."""
    return [name.removeprefix("all_") for name in aggregates]


def _key(question: Question, values: Mapping[str, Any]) -> Pair:
    def read(dimension: Dimension | None) -> Any:
        if dimension is None:
            return None
        value = values[dimension.column]
        value = date.fromisoformat(value) if dimension.column == "day" and isinstance(value, str) else value
        # What is known of an erased conversation is as unknown as what never was.
        return None if value == "" and dimension.name == "detail" else dimension.key(value)

    return read(question.rows), read(question.columns)


def _histogram(counts: Iterable[tuple[Any, int]]) -> histogram.Counts:
    return histogram.of((number, count) for number, count in counts if number is not None)


def behind(metric: str) -> Q | None:
    """Return which of the conversations stand behind a measure; None where it counts something else."""
    if metric == OPENED:
        return Q()
    if metric in ("returning", "asked"):
        return Q(**{metric: True})
    if metric == "closed":
        return ~Q(outcome="")
    stem = {"abandoned_share": "abandoned", "bot_share": "by_bot"}.get(metric, metric)
    if stem in _OUTCOMES:
        return Q(outcome=_OUTCOMES[stem])
    if metric in ("scored", "csat", "score_mean"):
        return Q(score__isnull=False)
    name = metric.rpartition("_")[0]
    return Q(**{f"{name}__isnull": False}) if METRICS[metric].unit != COUNT and name in TIMES else None
