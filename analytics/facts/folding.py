"""Folding facts into the rows of hours: pure, and the same whatever order the facts come in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from analytics.facts import histogram, measures
from analytics.facts.histogram import Lengths
from analytics.facts.spans import CARE, PEAK, PRESENCE, WAIT, Span, sweep
from analytics.facts.times import day_of, hour_of, zone
from analytics.models import Grain
from bridge.models import Fact

Kind = Fact.Kind


class Row(NamedTuple):
    """A fact's columns, as far as they are folded; see `bridge.models.Fact`."""

    kind: int
    at: datetime
    account_id: int
    group: str
    seat_id: int
    source: str
    detail: str
    seconds: float | None
    working: float | None
    value: int | None
    began_at: datetime | None = None


class Key(NamedTuple):
    """Whose numbers they are. `team`: the groups a seat was in, of its time online, which belongs to no one group."""

    account_id: int = 0
    group: str = ""
    seat_id: int = 0
    team: int = 0

    @property
    def is_time_of_seat(self) -> bool:
        """Tell whether it is a seat's time, which no account has, nor one group."""
        return bool(self.seat_id) and not self.account_id and not self.group


@dataclass
class Cell:
    """The numbers of one key in one hour or day. `lengths` are not yet histograms, `histograms` are.

    `columns` are made once, when the cell is complete.
    """

    counts: Counter[str] = field(default_factory=Counter)
    sums: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    peaks: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    lengths: dict[str, Lengths] = field(default_factory=lambda: defaultdict(Lengths))
    histograms: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))

    @cached_property
    def columns(self) -> dict[str, int | float | bytes]:
        """Return the columns of the row, times in thousandths of a second, so that no order of adding shows."""
        sums = {name: round(seconds, 3) for name, seconds in self.sums.items()}
        columns: dict[str, int | float | bytes] = {**self.counts, **sums, **self.peaks}
        for name, lengths in self.lengths.items():
            columns |= {f"{name}_n": lengths.number, f"{name}_sum": lengths.total, f"{name}_max": lengths.longest}
            columns[f"{name}_histogram"] = histogram.pack(lengths.histogram)
        for column, stored in self.histograms.items():
            columns[column] = histogram.pack(histogram.unpack(stored))
        return columns


class TallyKey(NamedTuple):
    """What was counted by a word."""

    account_id: int
    group: str
    name: str
    word: str


@dataclass
class Cells:
    """The rows of one hour or day."""

    rows: dict[Key, Cell] = field(default_factory=lambda: defaultdict(Cell))
    tallies: Counter[TallyKey] = field(default_factory=Counter)


Hours = dict[datetime, Cells]


def fold(facts: Iterable[Row], spans: Iterable[Span], start: datetime, end: datetime) -> Hours:
    """Return the rows of the hours from `start` to `end`, by the hour's beginning.

    `spans` are all that lie within that time at least partly, whether over or still going on.
    """
    hours: Hours = defaultdict(Cells)
    for fact in facts:
        _FOLDS[fact.kind](hours[hour_of(fact.at)], fact)
    for piece in sweep(spans, start, end):
        cell = hours[piece.hour].rows[Key(piece.account_id, piece.group, piece.seat_id, piece.team)]
        if piece.measure == PEAK:
            cell.peaks[PEAK] = max(cell.peaks[PEAK], piece.value)
        else:
            cell.sums[piece.measure] += piece.value
    return hours


def _opened(cells: Cells, fact: Row) -> None:
    counts = cells.rows[Key(fact.account_id, fact.group)].counts
    counts["opened"] += 1
    counts["returning"] += fact.value or 0
    cells.tallies[TallyKey(fact.account_id, fact.group, "source_opened", fact.source)] += 1
    cells.tallies[TallyKey(fact.account_id, fact.group, "way_opened", fact.detail)] += 1
    hour = str(hour_of(fact.at).astimezone(zone()).hour)
    cells.tallies[TallyKey(fact.account_id, fact.group, "hour", hour)] += 1


_CLOSES = {"served": "served", "bot": "by_bot", "abandoned": "abandoned", "left": "unserved"}


def _closed(cells: Cells, fact: Row) -> None:
    cell = cells.rows[_key(fact)]
    cell.counts["closed"] += 1
    cell.counts[_CLOSES[fact.detail]] += 1
    cells.tallies[TallyKey(fact.account_id, fact.group, "source_closed", fact.source)] += 1
    if fact.detail == "abandoned":
        cells.tallies[TallyKey(fact.account_id, fact.group, "source_abandoned", fact.source)] += 1
    if fact.detail == "served":
        cell.lengths["resolution"].add(fact.seconds or 0.0)
        cell.lengths["working"].add(fact.working or 0.0)


def _assigned(cells: Cells, fact: Row) -> None:
    cell = cells.rows[_key(fact)]
    cell.counts["assigned"] += 1
    if fact.detail in ("transfer", "taken", "passed"):
        cell.counts["taken_in"] += 1
    if fact.seconds is not None:
        cell.lengths["wait"].add(fact.seconds)
        cell.lengths["wait_working"].add(_working(fact))


def _released(cells: Cells, fact: Row) -> None:
    cell = cells.rows[_key(fact)]
    _reaches_back(cell, CARE, fact)
    cell.lengths["handling"].add(fact.seconds or 0.0)
    if fact.detail in ("transfer", "taken"):
        cell.counts["transferred"] += 1


def _waited(cells: Cells, fact: Row) -> None:
    _reaches_back(cells.rows[_key(fact)], WAIT, fact)
    if fact.detail in ("abandoned", "left") and fact.seconds is not None:
        lengths = cells.rows[_key(fact)].lengths
        lengths["given_up"].add(fact.seconds)
        lengths["given_up_working"].add(_working(fact))


def _working(fact: Row) -> float:
    """Return the part of the fact's time within working hours; all of it where no hours are known."""
    return (fact.seconds or 0.0) if fact.working is None else fact.working


def _response(cells: Cells, fact: Row) -> None:
    cells.rows[_key(fact)].lengths["response"].add(fact.seconds or 0.0)


def _first_answer(cells: Cells, fact: Row) -> None:
    lengths = cells.rows[_key(fact)].lengths
    lengths["first_answer"].add(fact.seconds or 0.0)
    lengths["first_working"].add(_working(fact))


def _scored(cells: Cells, fact: Row) -> None:
    cells.rows[_key(fact)].counts[f"score_{fact.value}"] += 1


def _failed(cells: Cells, fact: Row) -> None:
    cells.rows[_key(fact)].counts["failed"] += 1
    cells.tallies[TallyKey(fact.account_id, fact.group, "code", fact.detail)] += 1


def _refused(cells: Cells, fact: Row) -> None:
    cells.rows[_key(fact)].counts[f"refused_{fact.detail}"] += 1


def _by_way(name: str) -> Callable[[Cells, Row], None]:
    def count(cells: Cells, fact: Row) -> None:
        cells.rows[_key(fact)].counts[name] += 1
        cells.tallies[TallyKey(fact.account_id, fact.group, f"way_{name}", fact.detail)] += 1

    return count


def _way_learned(cells: Cells, fact: Row) -> None:
    """Who began to follow was counted at that moment, without a way."""
    cells.tallies[TallyKey(fact.account_id, fact.group, "way_followed", "")] -= 1
    cells.tallies[TallyKey(fact.account_id, fact.group, "way_followed", fact.detail)] += 1


def _count(name: str) -> Callable[[Cells, Row], None]:
    def count(cells: Cells, fact: Row) -> None:
        cells.rows[_key(fact)].counts[name] += 1

    return count


def _key(fact: Row) -> Key:
    return Key(fact.account_id, fact.group, fact.seat_id)


def _present(cells: Cells, fact: Row) -> None:
    """How long it was so in which hours is what the spans tell."""
    if fact.detail != "offline":
        _reaches_back(cells.rows[Key(seat_id=fact.seat_id, team=fact.value or 0)], PRESENCE, fact)


def _reaches_back(cell: Cell, kind: str, fact: Row) -> None:
    if fact.began_at:
        reach = measures.REACHES[kind]
        cell.peaks[reach] = max(cell.peaks[reach], (fact.at - fact.began_at).total_seconds())


_FOLDS: dict[int, Callable[[Cells, Row], None]] = {
    Kind.OPENED: _opened,
    Kind.REOPENED: _count("reopened"),
    Kind.ASSIGNED: _assigned,
    Kind.RELEASED: _released,
    Kind.CLOSED: _closed,
    Kind.QUEUED: _count("queued"),
    Kind.WAITED: _waited,
    Kind.LEFT: _count("left"),
    Kind.PASSED: _count("transferred"),
    Kind.RECEIVED: _count("received"),
    Kind.ANSWERED: _count("answered"),
    Kind.FIRST_ANSWER: _first_answer,
    Kind.RESPONSE: _response,
    Kind.BOT: _count("bot_messages"),
    Kind.ASKED: _count("asked"),
    Kind.SCORED: _scored,
    Kind.PRESENCE: _present,
    Kind.FAILED: _failed,
    Kind.REFUSED: _refused,
    Kind.FOLLOWED: _by_way("followed"),
    Kind.UNFOLLOWED: _by_way("unfollowed"),
    Kind.WAY_LEARNED: _way_learned,
}


# What the facts of each kind add to: columns, and lengths of time by their names.
_ADDS_TO = {
    Kind.OPENED: ("opened", "returning"),
    Kind.REOPENED: ("reopened",),
    Kind.ASSIGNED: ("assigned", "taken_in", "wait", "wait_working"),
    Kind.RELEASED: ("handling", "transferred"),
    Kind.CLOSED: ("closed", *_CLOSES.values(), "resolution", "working"),
    Kind.QUEUED: ("queued",),
    Kind.WAITED: ("given_up", "given_up_working"),
    Kind.LEFT: ("left",),
    Kind.PASSED: ("transferred",),
    Kind.RECEIVED: ("received",),
    Kind.ANSWERED: ("answered",),
    Kind.FIRST_ANSWER: ("first_answer", "first_working"),
    Kind.RESPONSE: ("response",),
    Kind.BOT: ("bot_messages",),
    Kind.ASKED: ("asked",),
    Kind.SCORED: ("score_1", "score_2", "score_3", "score_4", "score_5"),
    Kind.FAILED: ("failed",),
    Kind.REFUSED: ("refused_count", "refused_time"),
    Kind.FOLLOWED: ("followed",),
    Kind.UNFOLLOWED: ("unfollowed",),
}


def kinds_for(columns: Iterable[str]) -> list[int]:
    """Return the kinds of the facts that these columns are made of; none of those that spans tell."""
    wanted = set(columns)
    names = wanted | {name for name in measures.DURATIONS for end in _ENDS if f"{name}_{end}" in wanted}
    return [kind.value for kind, adds in _ADDS_TO.items() if names.intersection(adds)]


_ENDS = ("n", "sum", "max", "histogram")


def days_of(hours: Hours) -> Hours:
    """Return the rows of the days that these hours make up."""
    days: Hours = defaultdict(Cells)
    for hour in sorted(hours):
        day = days[day_of(hour)]
        day.tallies.update(hours[hour].tallies)
        for key, cell in hours[hour].rows.items():
            add(day.rows[key], cell.columns)
    return days


MARGINS: dict[Grain, Callable[[Key], Key | None]] = {
    Grain.DAY_OF_ALL: lambda key: Key(),
    Grain.DAY_OF_ACCOUNT: lambda key: None if key.is_time_of_seat else Key(account_id=key.account_id),
    Grain.DAY_OF_GROUP: lambda key: None if key.is_time_of_seat else Key(group=key.group),
    Grain.DAY_OF_SEAT: lambda key: Key(seat_id=key.seat_id),
}


def margin(days: Hours, grain: Grain) -> Hours:
    """Return the days' rows added up to what this grain tells apart."""
    added: Hours = defaultdict(Cells)
    for day, cells in days.items():
        for key, cell in cells.rows.items():
            if (whole := MARGINS[grain](key)) is not None:
                add(added[day].rows[whole], cell.columns)
        if grain == Grain.DAY_OF_ALL:
            for word, count in cells.tallies.items():
                added[day].tallies[TallyKey(0, "", word.name, word.word)] += count
    return added


def add(cell: Cell, columns: dict[str, int | float | bytes]) -> None:
    """Add a row's columns to a cell."""
    for name, value in columns.items():
        if name in _PEAKS:
            cell.peaks[name] = max(cell.peaks[name], float(value))
        elif isinstance(value, bytes):
            cell.histograms[name].append(value)
        elif isinstance(value, int):
            cell.counts[name] += value
        else:
            cell.sums[name] += value


_PEAKS = frozenset(measures.peaks())
