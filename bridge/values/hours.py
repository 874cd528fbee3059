"""Working hours as plain values: when somebody may be expected to answer, in the wall-clock time of a zone.

Spans are minutes since midnight of the day they begin on; one that ends after 24:00 runs into the next day and still
belongs to the day it began on. Where a clock is put back, a span begins at the first of the two moments and ends at the
second; where it is put forward, a time that does not exist is as much later as the clock jumped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

DAY = 24 * 60
HORIZON = 400  # days within which the next opening is looked for
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–~至到]\s*(\d{1,2}):(\d{2})")


@dataclass(frozen=True)
class Span:
    """From `start` to `end`, in minutes since midnight; `end` is up to two days' minutes."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{_clock(self.start)}-{_clock(self.end if self.end <= DAY else self.end - DAY)}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def parse_spans(text: str) -> tuple[Span, ...]:
    """Return the spans written as "09:00-12:00, 13:00-18:00", in order; none for "".

    24:00 is the day's end, and an end before its start is on the next day. ValueError with the reason where it can't be.

    >>> parse_spans("22:00-06:00")
    (Span(start=1320, end=1800),)
    """
    spans: list[Span] = []
    for word in (part.strip() for part in re.split(r"[,，;；、\n]", text) if part.strip()):
        found = _SPAN.fullmatch(word.replace("：", ":"))
        if found is None:
            raise ValueError(_("“%s” is not a time such as 09:00-18:00") % word[:40])
        start, end = (int(found[at]) * 60 + int(found[at + 1]) for at in (1, 3))
        if start >= DAY or end > DAY or int(found[2]) > 59 or int(found[4]) > 59:
            raise ValueError(_("“%s”: a day ends at 24:00") % word[:40])
        if start == end:
            raise ValueError(_("“%s” is no time at all; the whole day is 00:00-24:00") % word[:40])
        spans.append(Span(start, end if end > start else end + DAY))
    spans.sort(key=lambda span: span.start)
    for before, after in pairwise(spans):
        if after.start < before.end:
            raise ValueError(_("%(first)s and %(second)s overlap") % {"first": before, "second": after})
    return tuple(spans)


def _no_day(day: date) -> bool | None:
    return None


@dataclass(frozen=True)
class Schedule:
    """Hours of each weekday, Monday first; `special` days have hours of their own.

    `is_workday` tells of a calendar's days that are not like their weekday: False for a public holiday, True for a day
    off that is worked to make up for one (it has the hours of the first weekday that has any), None for all others.
    """

    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...]
    special: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    is_workday: Callable[[date], bool | None] = _no_day

    def hours_of(self, day: date) -> tuple[Span, ...]:
        """Return the spans that begin on `day`."""
        if day in self.special:
            return self.special[day]
        workday = self.is_workday(day)
        if workday is False:
            return ()
        if workday and not self.week[day.weekday()]:
            return next((spans for spans in self.week if spans), ())
        return self.week[day.weekday()]

    def is_open(self, at: datetime) -> bool:
        """Tell whether `at` (with a zone) is within working hours."""
        today = at.astimezone(self.zone).date()
        return any(start <= at < end for start, end in self._times(today - timedelta(days=1), 2))

    def opens(self, at: datetime) -> datetime | None:
        """Return when it is open next: `at` itself where it is open, None where it is not within a year."""
        if self.is_open(at):
            return at
        today = at.astimezone(self.zone).date()
        return next((start for start, _end in self._times(today, HORIZON) if start > at), None)

    def closes(self, at: datetime) -> datetime | None:
        """Return the end of the span that `at` is in; None where it is closed."""
        today = at.astimezone(self.zone).date()
        return next((end for start, end in self._times(today - timedelta(days=1), 2) if start <= at < end), None)

    def spans(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """Return the open times between `start` and `end`, in order."""
        first = start.astimezone(self.zone).date() - timedelta(days=1)
        days = (end.astimezone(self.zone).date() - first).days + 1
        cut = ((max(begins, start), min(ends, end)) for begins, ends in self._times(first, days))
        return [(begins, ends) for begins, ends in cut if begins < ends]

    def _times(self, first: date, days: int) -> Iterator[tuple[datetime, datetime]]:
        for day in (first + timedelta(days=number) for number in range(days)):
            for span in self.hours_of(day):
                end = max(self._moment(day, span.end, fold=fold) for fold in (0, 1))
                yield self._moment(day, span.start, fold=0), end

    def _moment(self, day: date, minutes: int, *, fold: int) -> datetime:
        wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)
        return wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC)


def next_common(schedules: Iterable[Schedule], at: datetime) -> datetime | None:
    """Return when all of `schedules` are open at once next: `at` itself where they are; None where that never is."""
    ones, moment = list(schedules), at
    for _try in range(HORIZON):
        later = [one.opens(moment) for one in ones]
        if None in later:
            return None
        furthest = max([moment, *(one for one in later if one)])
        if furthest == moment:
            return moment
        moment = furthest
    return None


def open_seconds(schedules: Iterable[Schedule], start: datetime, end: datetime) -> float:
    """Return how many of the seconds from `start` to `end` all of `schedules` are open; all of them without any."""
    common = [(start, end)]
    for one in schedules:
        common = [both for begins, ends in common for both in one.spans(begins, ends)]
    return sum((ends - begins).total_seconds() for begins, ends in common)
