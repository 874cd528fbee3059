"""Spans: what goes on for a while, cut at the hours. A queue's length, a seat's presence, how many conversations it has.

All their beginnings and ends are gone through in order of time. What is kept meanwhile is how many go on, so memory does not
grow with the number of spans.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple, Protocol

from analytics.facts.sorting import Sorted
from analytics.facts.times import hour_of, next_hour

WAIT, CARE, PRESENCE = "wait", "care", "presence"
PEAK = "queue_peak"


class Span(NamedTuple):
    """A customer waits (account and group), a seat has a conversation, or a seat is in a `state`, in some groups (`team`)."""

    kind: str
    start: datetime
    end: datetime
    account_id: int = 0
    group: str = ""
    seat_id: int = 0
    state: str = ""
    team: int = 0


class Piece(NamedTuple):
    """What something that went on adds to a measure of an hour; of the measure `PEAK` the highest counts."""

    hour: datetime
    measure: str
    value: float
    account_id: int = 0
    group: str = ""
    seat_id: int = 0
    team: int = 0


class _Level(Protocol):
    """How many spans go on, of those that are counted together."""

    def change(self, span: Span, by: int) -> None:
        """Count a span that begins (1) or ends (-1)."""

    def lasted(self, hour: datetime, seconds: float) -> Iterator[Piece]:
        """Yield what it adds to the measures that it has been so for some seconds of an hour."""


class _Queue:
    """The customers of an account who wait for a group."""

    def __init__(self, account: int, group: str) -> None:
        self._account, self._group, self._count = account, group, 0

    def change(self, span: Span, by: int) -> None:
        self._count += by

    def lasted(self, hour: datetime, seconds: float) -> Iterator[Piece]:
        if self._count:
            yield Piece(hour, "queue_seconds", self._count * seconds, self._account, self._group)
            if self._account:
                yield Piece(hour, PEAK, self._count, self._account, self._group)


class _GroupsQueue:
    """All customers who wait for a group, of which only the most at once are of interest: under account 0."""

    def __init__(self, group: str) -> None:
        self._group, self._count = group, 0

    def change(self, span: Span, by: int) -> None:
        self._count += by

    def lasted(self, hour: datetime, seconds: float) -> Iterator[Piece]:
        if self._count:
            yield Piece(hour, PEAK, self._count, 0, self._group)


class _Presence:
    """A seat's states, and the conversations that it has meanwhile."""

    def __init__(self, seat: int) -> None:
        self._seat, self._load = seat, 0
        self._states: Counter[tuple[int, str]] = Counter()  # by team and state

    def change(self, span: Span, by: int) -> None:
        if span.kind == CARE:
            self._load += by
        else:
            self._states[span.team, span.state] += by

    def lasted(self, hour: datetime, seconds: float) -> Iterator[Piece]:
        """`load_seconds` counts each conversation, `occupied_seconds` the time that there is any while the seat is online."""
        there = {state: count for state, count in self._states.items() if count}
        for (team, state), count in there.items():
            for measure in ("online_seconds", f"{state}_seconds"):
                yield Piece(hour, measure, count * seconds, seat_id=self._seat, team=team)
        if self._load and there:
            team, _state = min(there)
            yield Piece(hour, "occupied_seconds", seconds, seat_id=self._seat, team=team)
            yield Piece(hour, "load_seconds", self._load * seconds, seat_id=self._seat, team=team)


def pieces(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, datetime]]:
    """Yield the time from `start` to `end` cut at the hours: the hour, and the piece's beginning and end."""
    while start < end:
        hour = hour_of(start)
        until = min(next_hour(hour), end)
        yield hour, start, until
        start = until


def sweep(spans: Iterable[Span], start: datetime, end: datetime) -> Iterator[Piece]:
    """Yield what the spans, in whatever order they come, add to the hours from `start` to `end`."""
    levels: dict[_Whose, _Level] = {}
    since: dict[_Whose, datetime] = {}
    with Sorted() as changes:
        for span in spans:
            _add(changes, span, start, end)
        for moment, by, kind, *rest in changes:
            span = Span(kind, moment, moment, *rest)
            for make, whose in _counted_in(span):
                key = make, whose
                level = levels.get(key) or levels.setdefault(key, make(*whose))
                for hour, begins, ends in pieces(since.get(key, moment), moment):
                    yield from level.lasted(hour, (ends - begins).total_seconds())
                since[key] = moment
                level.change(span, by)


def _add(changes: Sorted, span: Span, start: datetime, end: datetime) -> None:
    begins, ends = max(span.start, start), min(span.end, end)
    if begins < ends and span.state != "offline":
        changes.add((begins, 1, span.kind, *span[3:]))
        changes.add((ends, -1, span.kind, *span[3:]))


_Whose = tuple[Callable[..., _Level], tuple[int | str, ...]]


def _counted_in(span: Span) -> Iterator[_Whose]:
    """Yield the levels in which a span is counted: how one is made, and of what."""
    if span.kind == WAIT:
        yield _GroupsQueue, (span.group,)
        yield _Queue, (span.account_id, span.group)
    else:
        yield _Presence, (span.seat_id,)
