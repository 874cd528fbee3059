"""What a metric is, and the usual kinds of it.

A metric is a function of `Sums`, which are the measures of `analytics.measures` added up over whatever one looks at. None
means that there is nothing to tell: a share of nothing, the mean of nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from analytics import histogram

COUNT, SHARE, DURATION, RATIO = "count", "share", "duration", "ratio"
Number = float | int | None


@dataclass(frozen=True)
class Sums:
    """Measures added up: columns, and histograms by the name of their duration. `seconds`: how long the time is."""

    columns: Mapping[str, float]
    histograms: Mapping[str, histogram.Counts] = field(default_factory=dict)
    seconds: float = 0.0

    def __getitem__(self, column: str) -> float:
        return self.columns.get(column) or 0


@dataclass(frozen=True)
class Metric:
    """One number: its name, its words, its unit, and what it is made of.

    `columns` and `durations` are what must be read for it; `better` says whether more of it is good (1), bad (-1) or
    neither; `kind` and `details` name the facts behind it.
    """

    name: str
    label: Any
    unit: str
    definition: Any
    value: Callable[[Sums], Number]
    columns: tuple[str, ...] = ()
    durations: tuple[str, ...] = ()
    better: int = 0
    kind: str = ""
    details: tuple[str, ...] = ()


METRICS: dict[str, Metric] = {}  # by their names, in the order of the docs page


def add(metric: Metric) -> None:
    """Make it one of the metrics."""
    METRICS[metric.name] = metric


def count(
    name: str, label: Any, definition: Any, *, better: int = 0, kind: str = "", details: tuple[str, ...] = ()
) -> None:
    add(Metric(name, label, COUNT, definition, lambda sums: int(sums[name]), (name,), (), better, kind, details))


def share(
    name: str, label: Any, definition: Any, of: str, part: tuple[str, ...], *, better: int = 0, kind: str = "",
    details: tuple[str, ...] = (),
) -> None:  # fmt: skip
    def value(sums: Sums) -> Number:
        return sum(sums[one] for one in part) / sums[of] if sums[of] else None

    add(Metric(name, label, SHARE, definition, value, (of, *part), (), better, kind, details))


def durations(name: str, label: Any, definition: Any, *, kind: str, details: tuple[str, ...] = ()) -> None:
    """Add mean, median, 90th percentile and maximum of a length of time."""
    total, number, longest = f"{name}_sum", f"{name}_n", f"{name}_max"
    kinds: list[tuple[str, Any, Callable[[Sums], Number], tuple[str, ...], tuple[str, ...]]] = [
        ("mean", _("mean"), lambda sums: sums[total] / sums[number] if sums[number] else None, (total, number), ()),
        ("p50", _("median"), lambda sums: _percentile(sums, name, 0.5), (), (name,)),
        ("p90", _("90th percentile"), lambda sums: _percentile(sums, name, 0.9), (), (name,)),
        ("max", _("longest"), lambda sums: sums[longest] if sums[number] else None, (longest, number), ()),
    ]
    for suffix, words, value, columns, sketches in kinds:
        label_ = _Joined(label, words)
        add(Metric(f"{name}_{suffix}", label_, DURATION, definition, value, columns, sketches, -1, kind, details))


def _percentile(sums: Sums, name: str, share: float) -> Number:
    counts = sums.histograms.get(name)
    return histogram.percentile(counts, share) if counts is not None else None


class _Joined:
    """Two words that are joined when they are shown, in the reader's language."""

    def __init__(self, *parts: Any) -> None:
        self._parts = parts

    def __str__(self) -> str:
        return " · ".join(str(part) for part in self._parts)


def ratio(name: str, label: Any, definition: Any, unit: str, above: str, below: str, *, better: int = 0) -> None:
    def value(sums: Sums) -> Number:
        return sums[above] / sums[below] if sums[below] else None

    add(Metric(name, label, unit, definition, value, (above, below), (), better))


def seconds(name: str, label: Any, definition: Any) -> None:
    add(Metric(name, label, DURATION, definition, lambda sums: sums[name], (name,)))
