"""What a metric is, and the usual kinds of it.

A metric is a function of `Sums`, which are the measures of `analytics.facts.measures` added up over whatever one looks at. None
means that there is nothing to tell: a share of nothing, the mean of nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from analytics.facts import histogram, measures

COUNT, SHARE, DURATION, RATIO = "count", "share", "duration", "ratio"
# The units in words, of numbers as they stand in files and in the API. A ratio's are the metric's own.
UNITS = {COUNT: _("number"), SHARE: _("share, 0 to 1"), DURATION: _("seconds")}
Number = float | int | None


@dataclass(frozen=True)
class Sums:
    """Measures added up: columns, and histograms by the name of their duration. `seconds`: how long the time is."""

    columns: Mapping[str, float]
    histograms: Mapping[str, histogram.Counts] = field(default_factory=dict)
    seconds: float = 0.0

    def __getitem__(self, column: str) -> float:
        return self.columns.get(column) or 0

    @classmethod
    def added(cls, parts: Iterable[Sums], seconds: float) -> Sums:
        """Return the sum of several, which are of different times within `seconds`."""
        columns: dict[str, float] = {}
        histograms: dict[str, histogram.Counts] = {}
        for part in parts:
            for name, value in part.columns.items():
                known = columns.get(name, 0)
                columns[name] = max(known, value) if name in _PEAKS else known + value
            for name, counts in part.histograms.items():
                histograms[name] = counts + histograms[name] if name in histograms else counts
        return cls(columns, histograms, seconds)


_PEAKS = frozenset(measures.peaks())


@dataclass(frozen=True)
class Counted:
    """Which facts a metric counts: their kind, and of those only some details or values, or only those with a length."""

    kind: str
    details: tuple[str, ...] = ()
    values: tuple[int, ...] = ()
    timed: bool = False


@dataclass(frozen=True)
class Metric:
    """One number: its name, its words, its unit, and what it is made of.

    `columns` and `durations` are what must be read for it; `better` says whether more of it is good (1), bad (-1) or
    neither; `facts` are those behind it, one row each; `bots` says whether what bots do counts: "yes", "no" or "only"; `of` is
    what a ratio counts, in words.
    """

    name: str
    label: Any
    unit: str
    definition: Any
    value: Callable[[Sums], Number]
    columns: tuple[str, ...] = ()
    durations: tuple[str, ...] = ()
    better: int = 0
    facts: tuple[Counted, ...] = ()
    bots: str = "no"
    of: Any = ""

    @property
    def unit_in_words(self) -> str:
        """What the number is of, as it stands in files and in the API."""
        return str(self.of or UNITS[self.unit])

    @property
    def in_working_hours(self) -> bool:
        """Tell whether it is the part of a length of time that lies within working hours."""
        return self.name.rpartition("_")[0] in measures.WORKING

    @property
    def bots_in_words(self) -> str:
        """Whether what bots do counts, in a sentence."""
        return str(_BOTS[self.bots])


_BOTS = {
    "yes": _("What bots do counts."),
    "no": _("What bots do does not count."),
    "only": _("Only what bots do counts."),
}
METRICS: dict[str, Metric] = {}  # by their names, in the order of the docs page


def add(metric: Metric) -> None:
    """Make it one of the metrics."""
    METRICS[metric.name] = metric


def count(name: str, label: Any, definition: Any, *facts: Counted, better: int = 0, bots: str = "no") -> None:
    """Add a number of facts."""
    add(Metric(name, label, COUNT, definition, lambda sums: int(sums[name]), (name,), (), better, facts, bots))


def share(
    name: str, label: Any, definition: Any, of: str, part: tuple[str, ...], *facts: Counted, better: int = 0,
    bots: str = "no",
) -> None:  # fmt: skip
    """Add a share; `facts` are those of the part, not of the whole."""

    def value(sums: Sums) -> Number:
        return sum(sums[one] for one in part) / sums[of] if sums[of] else None

    add(Metric(name, label, SHARE, definition, value, (of, *part), (), better, facts, bots))


def durations(name: str, label: Any, definition: Any, *facts: Counted) -> None:
    """Add mean, median, 90th percentile and maximum of a length of time."""
    total, number, longest = f"{name}_sum", f"{name}_n", f"{name}_max"
    kinds: list[tuple[str, Any, Callable[[Sums], Number], tuple[str, ...], tuple[str, ...]]] = [
        ("mean", _("mean"), lambda sums: sums[total] / sums[number] if sums[number] else None, (total, number), ()),
        ("p50", _("median"), lambda sums: _percentile(sums, name, 0.5), (longest,), (name,)),
        ("p90", _("90th percentile"), lambda sums: _percentile(sums, name, 0.9), (longest,), (name,)),
        ("max", _("longest"), lambda sums: sums[longest] if sums[number] else None, (longest, number), ()),
    ]
    for suffix, words, value, columns, sketches in kinds:
        label_ = _Joined(label, words)
        add(Metric(f"{name}_{suffix}", label_, DURATION, definition, value, columns, sketches, -1, facts))


def _percentile(sums: Sums, name: str, share: float) -> Number:
    counts = sums.histograms.get(name)
    return histogram.percentile(counts, share, sums[f"{name}_max"]) if counts is not None else None


class _Joined:
    """Two words that are joined when they are shown, in the reader's language."""

    def __init__(self, *parts: Any) -> None:
        self._parts = parts

    def __str__(self) -> str:
        return " · ".join(str(part) for part in self._parts)


def ratio(name: str, label: Any, definition: Any, unit: str, above: str, below: str, *, of: Any = "") -> None:
    """Add a metric: the sum `above` divided by the sum `below`, None where that is 0."""

    def value(sums: Sums) -> Number:
        return sums[above] / sums[below] if sums[below] else None

    add(Metric(name, label, unit, definition, value, (above, below), of=of))


def seconds(name: str, label: Any, definition: Any) -> None:
    """Add a metric that is a sum of seconds."""
    add(Metric(name, label, DURATION, definition, lambda sums: sums[name], (name,)))
