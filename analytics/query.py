"""Reading the rollups: measures added up over a range of days, by time, account, group or seat. Nothing else is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max, Q, QuerySet, Sum
from django.utils import timezone

from analytics import histogram, measures
from analytics.metrics import METRICS, Sums
from analytics.models import Grain, Rollup, Tally
from analytics.times import day_start, days, hours
from seats.models import Seat

HOURLY_DAYS = 2  # ranges of so many days are drawn hour by hour
ACCOUNT, GROUP, SEAT = "account_id", "group", "seat_id"
_PEAKS = frozenset(measures.peaks())


@dataclass(frozen=True)
class Scope:
    """What one looks at: days, both included, of the site's zone; one account, group or seat (0 and "" for all).

    `groups` limits it to what the reader may see; None for no limit.
    """

    first: date
    last: date
    account: int = 0
    group: str = ""
    seat: int = 0
    groups: frozenset[str] | None = None

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def start(self) -> datetime:
        """When it begins."""
        return day_start(self.first)

    @property
    def end(self) -> datetime:
        """When it is over."""
        return day_start(self.last + timedelta(days=1))

    @property
    def grain(self) -> Grain:
        """How it is drawn: short ranges hour by hour."""
        return Grain.HOUR if self.days <= HOURLY_DAYS else Grain.DAY

    def before(self) -> Scope:
        """Return as many days right before it."""
        return replace(self, first=self.first - timedelta(days=self.days), last=self.first - timedelta(days=1))

    def seconds(self, now: datetime) -> float:
        """Return how many seconds of it have passed."""
        return max(0.0, (min(self.end, now) - self.start).total_seconds())

    def moments(self) -> list[datetime]:
        """Return the beginnings of its hours or days, as it is drawn."""
        if self.grain == Grain.HOUR:
            return list(hours(self.start, self.end))
        return [day_start(day) for day in days(self.first, self.last)]


def _rows(scope: Scope, grain: Grain) -> Q:
    found = Q(grain=grain, start__gte=scope.start, start__lt=scope.end)
    if scope.account:
        found &= Q(account_id=scope.account)
    if scope.seat:
        found &= Q(seat_id=scope.seat)
    groups = groups_of(scope)
    if groups is not None:
        # A seat is online for no group: of a group's seats it counts for the group.
        members = Seat.objects.filter(groups__slug__in=groups).values_list("pk", flat=True)
        found &= Q(group__in=groups) | Q(account_id=0, group="", seat_id__in=list(members), seat_id__gt=0)
    return found


_MARGINS = {
    frozenset[str](): Grain.DAY_OF_ALL,
    frozenset({ACCOUNT}): Grain.DAY_OF_ACCOUNT,
    frozenset({GROUP}): Grain.DAY_OF_GROUP,
    frozenset({SEAT}): Grain.DAY_OF_SEAT,
}


def _grain(scope: Scope, grain: Grain, by: str | None = None) -> Grain:
    """Return the grain with the fewest rows that still tells apart what the scope is limited to and what is asked by."""
    if grain != Grain.DAY:
        return grain
    told = {by} & {ACCOUNT, GROUP, SEAT} if by else set[str]()
    told |= {name for name, value in ((ACCOUNT, scope.account), (SEAT, scope.seat)) if value}
    if groups_of(scope) is not None:
        # Of a group, also the time that its seats were online for no group.
        told |= {GROUP, SEAT}
    return _MARGINS.get(frozenset(told), Grain.DAY)


def groups_of(scope: Scope) -> list[str] | None:
    """Return the groups that the scope is limited to; None for no limit."""
    if scope.group:
        return [scope.group] if scope.groups is None or scope.group in scope.groups else []
    return None if scope.groups is None else sorted(scope.groups)


def limits_of(scope: Scope) -> Q:
    """Return the condition for rows of the scope's account and groups; an empty one where all count."""
    found, groups = Q(), groups_of(scope)
    if scope.account:
        found &= Q(account_id=scope.account)
    return found if groups is None else found & Q(group__in=groups)


@dataclass(frozen=True)
class Needs:
    """What must be read for some metrics."""

    columns: tuple[str, ...]
    durations: tuple[str, ...]

    @classmethod
    def of(cls, names: Iterable[str]) -> Needs:
        """Return what these metrics are made of."""
        wanted = [METRICS[name] for name in names]
        columns = dict.fromkeys(column for metric in wanted for column in metric.columns)
        return cls(tuple(columns), tuple(dict.fromkeys(name for metric in wanted for name in metric.durations)))


def total(scope: Scope, names: Iterable[str], now: datetime) -> Sums:
    """Return everything within the scope added up."""
    seconds = scope.seconds(now)
    return _read(scope, Needs.of(names), Grain.DAY, None, seconds).get(None, Sums({}, {}, seconds))


def by_time(scope: Scope, names: Iterable[str], now: datetime) -> dict[datetime, Sums]:
    """Return the measures of each hour or day of the scope, as it is drawn, also of those without any."""
    length = 3600.0 if scope.grain == Grain.HOUR else 86400.0
    found = _read(scope, Needs.of(names), scope.grain, "start", length)
    return {at: found.get(at, Sums({}, {}, length)) for at in scope.moments() if at <= now}


def by(scope: Scope, dimension: str, names: Iterable[str], now: datetime) -> dict[Any, Sums]:
    """Return the measures of each account, group or seat that has any."""
    found = _read(scope, Needs.of(names), Grain.DAY, dimension, scope.seconds(now))
    return {key: sums for key, sums in found.items() if key}


def by_day_and(scope: Scope, dimension: str, column: str) -> dict[Any, dict[datetime, float]]:
    """Return one measure by account, group or seat and day, for the little lines beside the names."""
    rows = _rollups(scope, Grain.DAY, dimension).values_list(dimension, "start")
    found: dict[Any, dict[datetime, float]] = defaultdict(dict)
    for key, start, value in rows.annotate(value=Sum(column)).filter(value__gt=0):
        if key:
            found[key][start] = value
    return found


def _rollups(scope: Scope, grain: Grain, by: str | None) -> QuerySet[Rollup]:
    return Rollup.objects.filter(_rows(scope, _grain(scope, grain, by))).order_by()


def _read(scope: Scope, needs: Needs, grain: Grain, by: str | None, seconds: float) -> dict[Any, Sums]:
    rows = _rollups(scope, grain, by)
    columns = _columns(rows, needs.columns, by)
    sketches = _sketches(rows, needs.durations, by)
    return {key: Sums(columns.get(key, {}), sketches.get(key, {}), seconds) for key in {*columns, *sketches}}


def _columns(rows: Any, columns: tuple[str, ...], by: str | None) -> dict[Any, Mapping[str, float]]:
    # The name of a sum must not be a column's.
    sums = {f"all_{name}": (Max if name in _PEAKS else Sum)(name) for name in columns}
    if not sums:
        return {}
    found = rows.values(by).annotate(**sums) if by else [rows.aggregate(**sums)]
    return {row[by] if by else None: {name: row[f"all_{name}"] or 0 for name in columns} for row in found}


def _sketches(rows: Any, durations: tuple[str, ...], by: str | None) -> dict[Any, dict[str, histogram.Counts]]:
    found: dict[Any, dict[str, histogram.Counts]] = defaultdict(dict)
    for name in durations:
        stored: dict[Any, list[bytes]] = defaultdict(list)
        column = f"{name}_histogram"
        some = rows.filter(**{f"{name}_n__gt": 0})
        for key, packed in (
            some.values_list(by, column) if by else ((None, one) for one in some.values_list(column, flat=True))
        ):
            stored[key].append(packed)
        for key, packed in stored.items():
            found[key][name] = histogram.unpack(packed)
    return found


def words(scope: Scope, name: str) -> dict[str, int]:
    """Return how often each word came up, the most frequent first; `name`: one of `measures.TALLIES`."""
    rows = Tally.objects.filter(_tallies(scope, name)).order_by()
    counts = rows.values_list("word").annotate(all_count=Sum("count"))
    return dict(sorted(counts, key=lambda one: (-one[1], one[0])))


def week(scope: Scope) -> list[list[int]]:
    """Return how many conversations were opened by weekday, Monday first, and hour of the day."""
    found = [[0] * 24 for _day in range(7)]
    rows = Tally.objects.filter(_tallies(scope, "hour")).order_by()
    for start, hour, count in rows.values_list("start", "word").annotate(all_count=Sum("count")):
        found[timezone.localtime(start).weekday()][int(hour)] += count
    return found


def _tallies(scope: Scope, name: str) -> Q:
    limits = limits_of(scope)
    grain = Grain.DAY if limits else Grain.DAY_OF_ALL
    return limits & Q(grain=grain, name=name, start__gte=scope.start, start__lt=scope.end)
