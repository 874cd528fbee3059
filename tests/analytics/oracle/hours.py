"""Days and working hours, from wall clocks alone: nothing here asks the code that is judged."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from bridge.models import Account, WorkingHours
from seats.models import SeatGroup

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Stretch = tuple[datetime, datetime]


def zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def begins(day: date) -> datetime:
    """Return when the day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone()).astimezone(UTC)


def hours_of_day(day: date) -> list[datetime]:
    """Return the beginnings of the hours that clocks show on that day: 25 of them where clocks are put back."""
    found, at, end = [], begins(day), begins(day + timedelta(days=1))
    while at < end:
        found.append(at)
        at += timedelta(hours=1)
    return found


def weeks_of(account: int, group: str) -> list[list[str]]:
    """Return the hours of each weekday that account and group have now: those of none, one or both."""
    keys = [
        *Account.objects.filter(pk=account).exclude(hours=None).values_list("hours_id", flat=True),
        *SeatGroup.objects.filter(slug=group).exclude(hours=None).values_list("hours_id", flat=True),
    ]
    rows = WorkingHours.objects.in_bulk(keys)
    return [[getattr(rows[key], day) for day in WEEK] for key in dict.fromkeys(keys)]


def _open(week: list[str], start: datetime, end: datetime) -> list[Stretch]:
    """Return when these hours are open between `start` and `end`; a day ends at 24:00."""
    found: list[Stretch] = []
    day = start.astimezone(zone()).date()
    while begins(day) < end:
        for words in filter(None, week[day.weekday()].split(",")):
            opens, closes = (_at(day, word) for word in words.strip().split("-"))
            found.append((max(start, opens[0]), min(end, closes[1])))
        day += timedelta(days=1)
    return [(one, other) for one, other in found if one < other]


def _at(day: date, word: str) -> Stretch:
    """Return the moment that clocks show this time; where they are put back, hours begin at the first and end at the second."""
    hour, minute = map(int, word.split(":"))
    if hour == 24:
        return (midnight := begins(day + timedelta(days=1))), midnight
    moments = [
        datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone(), fold=fold).astimezone(UTC)
        for fold in (0, 1)
    ]
    return moments[0], max(moments)


def seconds(weeks: list[list[str]], start: datetime, end: datetime) -> float:
    """Return how many seconds between the two all of these hours are open."""
    stretches: list[Stretch] = [(start, end)] if start < end else []
    for week in weeks:
        opens = _open(week, start, end)
        stretches = [
            (max(one[0], other[0]), min(one[1], other[1]))
            for one in stretches
            for other in opens
            if max(one[0], other[0]) < min(one[1], other[1])
        ]
    return sum((other - one).total_seconds() for one, other in stretches)
