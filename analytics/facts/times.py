"""Hours and days of the site's time zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

HOUR = timedelta(hours=1)
_QUARTER = 900  # seconds: every zone's hours begin at a quarter of UTC's


def zone() -> ZoneInfo:
    """Return the site's time zone."""
    return ZoneInfo(settings.TIME_ZONE)


def hour_of(at: datetime) -> datetime:
    """Return the beginning of the hour that `at` is in."""
    return _hour(int(at.timestamp()) // _QUARTER, settings.TIME_ZONE)


@lru_cache(maxsize=4096)
def _hour(quarter: int, name: str) -> datetime:
    local = datetime.fromtimestamp(quarter * _QUARTER, ZoneInfo(name))
    return local.replace(minute=0, second=0).astimezone(UTC)


def day_start(day: date) -> datetime:
    """Return when the day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone()).astimezone(UTC)


@lru_cache(maxsize=4096)
def _day(hour: datetime, name: str) -> datetime:
    local = hour.astimezone(ZoneInfo(name))
    return local.replace(hour=0, minute=0, fold=0).astimezone(UTC)


def day_of(at: datetime) -> datetime:
    """Return the beginning of the day that `at` is in."""
    return _day(hour_of(at), settings.TIME_ZONE)


def next_hour(hour: datetime) -> datetime:
    """Return the beginning of the hour after this one; where clocks are put back by less than an hour it is shorter."""
    return min(hour + HOUR, after) if (after := hour_of(hour + HOUR)) > hour else hour + HOUR


def hours(start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the beginnings of all hours that lie between `start` and `end`, at least partly."""
    hour = hour_of(start)
    while hour < end:
        yield hour
        hour = next_hour(hour)


def days(first: date, last: date) -> Iterator[date]:
    """Yield all days from `first` to `last`, both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
