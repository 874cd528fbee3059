"""What a dashboard consists of: which tiles, charts and tables, of which metrics. Declared once for pages, files and API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LINE, BAR, STACKED = "line", "bar", "stacked"


@dataclass(frozen=True)
class Chart:
    """Metrics over time. All have the same unit."""

    name: str
    title: Any
    metrics: tuple[str, ...]
    kind: str = LINE


@dataclass(frozen=True)
class Split:
    """One metric over time by account, group or seat, stacked; at most five of them and the rest."""

    name: str
    title: Any
    metric: str
    dimension: str


@dataclass(frozen=True)
class Distribution:
    """How a length of time is spread."""

    name: str
    title: Any
    duration: str

    @property
    def counted(self) -> str:
        """The metric that is made of the same lengths of time."""
        return f"{self.duration}_p50"


@dataclass(frozen=True)
class Words:
    """How often each word came up; one of `measures.TALLIES`."""

    name: str
    title: Any
    tally: str


@dataclass(frozen=True)
class WordsOver:
    """How often each word came up over time, stacked; at most five of them and the rest."""

    name: str
    title: Any
    tally: str


@dataclass(frozen=True)
class Ways:
    """Numbers by way to the account. `tallies`: that of each metric, which counts the same by word."""

    name: str
    title: Any
    tallies: dict[str, str]


@dataclass(frozen=True)
class Week:
    """When conversations are opened: weekday by hour."""

    name: str
    title: Any


@dataclass(frozen=True)
class Table:
    """Metrics by account, group or seat; `spark`: the column whose days are drawn beside the name."""

    name: str
    title: Any
    dimension: str
    metrics: tuple[str, ...]
    spark: str = ""


Part = Chart | Split | Distribution | Words | WordsOver | Ways | Week | Table


@dataclass(frozen=True)
class Dashboard:
    """One page: at most six tiles, then the main chart, then what explains it. `filters`: by what it can be narrowed."""

    name: str
    title: Any
    icon: str
    tiles: tuple[str, ...]
    parts: tuple[Part, ...]
    filters: tuple[str, ...] = ("account", "group")
