"""Spans: what goes on for a while, cut at the hours. A queue's length, a seat's presence, how many conversations it has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

from analytics.facts.times import hour_of, next_hour

WAIT, CARE, PRESENCE = "wait", "care", "presence"


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


def pieces(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, datetime]]:
    """Yield the time from `start` to `end` cut at the hours: the hour, and the piece's beginning and end."""
    while start < end:
        hour = hour_of(start)
        until = min(next_hour(hour), end)
        yield hour, start, until
        start = until


def _cut(span: Span, start: datetime, end: datetime) -> Span:
    return span._replace(start=max(span.start, start), end=min(span.end, end))


def _seconds(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds()


Piece = tuple[datetime, int, int, str, float]  # hour, seat, team, measure, seconds


def presence(spans: Iterable[Span], start: datetime, end: datetime) -> Iterator[Piece]:
    """Yield the pieces of the seats' states from `start` to `end`."""
    for span in spans:
        if span.kind != PRESENCE or span.state == "offline":
            continue
        cut = _cut(span, start, end)
        for hour, begins, ends in pieces(cut.start, cut.end):
            yield hour, span.seat_id, span.team, "online_seconds", _seconds(begins, ends)
            yield hour, span.seat_id, span.team, f"{span.state}_seconds", _seconds(begins, ends)


def concurrency(spans: Iterable[Span], start: datetime, end: datetime) -> Iterator[Piece]:
    """Yield the pieces of the time that seats have conversations while they are online.

    `load_seconds` counts each conversation, `occupied_seconds` the time that there is any.
    """
    by_seat: dict[int, list[Span]] = defaultdict(list)
    for span in spans:
        if span.kind == CARE or (span.kind == PRESENCE and span.state != "offline"):
            by_seat[span.seat_id].append(_cut(span, start, end))
    for seat, own in by_seat.items():
        for begins, ends, counts in _steps(own, lambda span: (span.kind, span.team)):
            load = counts.get((CARE, 0), 0)
            there = next((team for (kind, team), count in counts.items() if kind == PRESENCE and count), None)
            if load and there is not None:
                for hour, first, last in pieces(begins, ends):
                    yield hour, seat, there, "occupied_seconds", _seconds(first, last)
                    yield hour, seat, there, "load_seconds", load * _seconds(first, last)


def _steps(spans: Iterable[Span], what: Callable[[Span], Any]) -> Iterator[tuple[datetime, datetime, dict[Any, int]]]:
    """Yield the times between two changes, with how many spans of each kind go on in them."""
    changes: dict[datetime, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
    for span in spans:
        if span.start < span.end:
            changes[span.start][what(span)] += 1
            changes[span.end][what(span)] -= 1
    counts: dict[Any, int] = defaultdict(int)
    moments = sorted(changes)
    for moment, after in pairwise(moments):
        for kind, change in changes[moment].items():
            counts[kind] += change
        yield moment, after, counts


@dataclass
class Queues:
    """How long the queues were: customers times seconds by account and group, and the most at once.

    The most are of each group (account 0), and of each account within it.
    """

    lengths: list[tuple[datetime, int, str, float]] = field(default_factory=list)
    peaks: list[tuple[datetime, int, str, int]] = field(default_factory=list)


def queues(spans: Iterable[Span], start: datetime, end: datetime) -> Queues:
    """Return the queues from `start` to `end`."""
    waits = [_cut(span, start, end) for span in spans if span.kind == WAIT]
    found, peaks = Queues(), defaultdict[tuple[datetime, int, str], int](int)
    for span in waits:
        for hour, begins, ends in pieces(span.start, span.end):
            found.lengths.append((hour, span.account_id, span.group, _seconds(begins, ends)))
    of_accounts = [span for span in waits if span.account_id]
    for some, whose in ((waits, _of_group), (of_accounts, _of_account)):
        for begins, ends, counts in _steps(some, whose):
            for hour, _first, _last in pieces(begins, ends):
                for (account, group), count in counts.items():
                    peaks[hour, account, group] = max(peaks[hour, account, group], count)
    found.peaks = [(*key, count) for key, count in peaks.items() if count]
    return found


def _of_group(span: Span) -> tuple[int, str]:
    return 0, span.group


def _of_account(span: Span) -> tuple[int, str]:
    return span.account_id, span.group
