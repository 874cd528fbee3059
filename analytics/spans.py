"""Spans: what goes on for a while, cut at the hours. A queue's length, a seat's presence, how many conversations it has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from analytics.times import hour_of, next_hour

WAIT, CARE, PRESENCE = "wait", "care", "presence"


class Span(NamedTuple):
    """A customer waits (account and group), a seat has a conversation, or a seat is in a `state`."""

    kind: str
    start: datetime
    end: datetime
    account_id: int = 0
    group: str = ""
    seat_id: int = 0
    state: str = ""


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


def presence(spans: Iterable[Span], start: datetime, end: datetime) -> Iterator[tuple[datetime, int, str, float]]:
    """Yield hour, seat, measure and seconds of the seats' states from `start` to `end`."""
    for span in spans:
        if span.kind != PRESENCE or span.state == "offline":
            continue
        cut = _cut(span, start, end)
        for hour, begins, ends in pieces(cut.start, cut.end):
            yield hour, span.seat_id, "online_seconds", _seconds(begins, ends)
            yield hour, span.seat_id, f"{span.state}_seconds", _seconds(begins, ends)


def concurrency(spans: Iterable[Span], start: datetime, end: datetime) -> Iterator[tuple[datetime, int, str, float]]:
    """Yield hour, seat, measure and seconds of the time that seats have conversations while they are online.

    `load_seconds` counts each conversation, `occupied_seconds` the time that there is any.
    """
    by_seat: dict[int, list[Span]] = defaultdict(list)
    for span in spans:
        if span.kind == CARE or (span.kind == PRESENCE and span.state != "offline"):
            by_seat[span.seat_id].append(_cut(span, start, end))
    for seat, own in by_seat.items():
        for begins, ends, counts in _steps(own, lambda span: span.kind):
            if counts.get(PRESENCE) and (load := counts.get(CARE, 0)):
                for hour, first, last in pieces(begins, ends):
                    yield hour, seat, "occupied_seconds", _seconds(first, last)
                    yield hour, seat, "load_seconds", load * _seconds(first, last)


def _steps(spans: Iterable[Span], what: Callable[[Span], str]) -> Iterator[tuple[datetime, datetime, dict[str, int]]]:
    """Yield the times between two changes, with how many spans of each kind go on in them."""
    changes: dict[datetime, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for span in spans:
        if span.start < span.end:
            changes[span.start][what(span)] += 1
            changes[span.end][what(span)] -= 1
    counts: dict[str, int] = defaultdict(int)
    moments = sorted(changes)
    for moment, after in pairwise(moments):
        for kind, change in changes[moment].items():
            counts[kind] += change
        yield moment, after, counts


@dataclass
class Queues:
    """How long the queues were: customers times seconds by account and group, and the most at once of each group."""

    lengths: list[tuple[datetime, int, str, float]] = field(default_factory=list)
    peaks: list[tuple[datetime, str, int]] = field(default_factory=list)


def queues(spans: Iterable[Span], start: datetime, end: datetime) -> Queues:
    """Return the queues from `start` to `end`."""
    waits = [_cut(span, start, end) for span in spans if span.kind == WAIT]
    found, peaks = Queues(), defaultdict[tuple[datetime, str], int](int)
    for span in waits:
        for hour, begins, ends in pieces(span.start, span.end):
            found.lengths.append((hour, span.account_id, span.group, _seconds(begins, ends)))
    for begins, ends, counts in _steps(waits, lambda span: span.group):
        for hour, _first, _last in pieces(begins, ends):
            for group, count in counts.items():
                peaks[hour, group] = max(peaks[hour, group], count)
    found.peaks = [(hour, group, count) for (hour, group), count in peaks.items() if count]
    return found
