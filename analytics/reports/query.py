"""Reading the rollups: measures added up over a range of days, by time, account, group or seat. Nothing else is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Max, Q, QuerySet, Sum
from django.utils import timezone

from analytics.facts import histogram, measures, rollups
from analytics.facts.folding import Cell, Cells, add
from analytics.facts.times import day_start, days, hour_of, hours, zone
from analytics.metrics.catalogue import METRICS, Sums
from analytics.models import Grain, Rollup, Tally
from seats.models import Team

HOURLY_DAYS = 2  # ranges of so many days are drawn hour by hour
ACCOUNT, GROUP, SEAT = "account_id", "group", "seat_id"
WAY = "way"  # what rows are about that tell by which way people came
_PEAKS = frozenset(measures.peaks())


@dataclass(frozen=True)
class Scope:
    """What one looks at: days, both included, of the site's zone; one account, group or seat (0 and "" for all).

    `groups` limits it to what the reader may see; None for no limit. `until` ends it on its last day.
    """

    first: date
    last: date
    account: int = 0
    group: str = ""
    seat: int = 0
    groups: frozenset[str] | None = None
    until: datetime | None = None

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
        return self.until or day_start(self.last + timedelta(days=1))

    @property
    def grain(self) -> Grain:
        """How it is drawn: short ranges hour by hour."""
        return Grain.HOUR if self.days <= HOURLY_DAYS else Grain.DAY

    def before(self, now: datetime) -> Scope:
        """Return as many days right before it; of one that is not over yet, up to the same time of its last day."""
        back = timedelta(days=self.days)
        whole = replace(self, first=self.first - back, last=self.first - timedelta(days=1))
        if not self.start <= now < self.end:
            return whole
        local = timezone.localtime(now, zone()).replace(tzinfo=None) - back
        until = local.replace(tzinfo=zone()).astimezone(UTC)
        return replace(whole, last=local.date(), until=max(until, whole.start))

    def seconds(self, now: datetime) -> float:
        """Return how many seconds of it have passed."""
        return max(0.0, (min(self.end, now) - self.start).total_seconds())

    def moments(self, now: datetime) -> list[datetime]:
        """Return the beginnings of its hours or days, as it is drawn, up to `now`."""
        if self.grain == Grain.HOUR:
            return list(hours(self.start, min(self.end, now)))
        return [at for at in map(day_start, days(self.first, self.last)) if at < now]


def _rows(scope: Scope, grain: Grain) -> Q:
    found = Q(grain=grain, start__gte=scope.start, start__lt=scope.end)
    if scope.account:
        found &= Q(account_id=scope.account)
    if scope.seat:
        found &= Q(seat_id=scope.seat)
    groups = groups_of(scope)
    return found if groups is None else found & _of_groups(groups)


def _of_groups(groups: Collection[str]) -> Q:
    """A seat is online for no group alone: its time counts for each of those that it was in."""
    return Q(group__in=groups) | Q(account_id=0, group="", seat_id__gt=0, team__in=Team.with_any(groups))


def has_numbers(dimension: str, key: Any, groups: frozenset[str] | None) -> bool:
    """Tell whether anything was ever counted of an account, group or seat, within the groups that may be read."""
    if groups is None:
        return Rollup.objects.filter(grain=_MARGINS[frozenset({dimension})], **{dimension: key}).exists()
    return Rollup.objects.filter(_of_groups(groups), grain=Grain.DAY, **{dimension: key}).exists()


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

    def __or__(self, other: Needs) -> Needs:
        """Return what either needs."""
        columns = dict.fromkeys((*self.columns, *other.columns))
        return Needs(tuple(columns), tuple(dict.fromkeys((*self.durations, *other.durations))))


@dataclass(frozen=True)
class Part:
    """What was read of one moment, account, group or seat: columns, and histograms as they are stored."""

    columns: Mapping[str, float]
    sketches: Mapping[str, list[bytes]]

    def sums(self, seconds: float) -> Sums:
        """Return it as metrics read it."""
        return Sums(self.columns, {name: histogram.unpack(some) for name, some in self.sketches.items()}, seconds)

    def only(self, needs: Needs) -> Part:
        """Return it without the histograms that are not needed, as adding these up takes time."""
        return Part(self.columns, {name: self.sketches[name] for name in needs.durations if name in self.sketches})


NOTHING = Part({}, {})


def total(scope: Scope, names: Iterable[str], now: datetime) -> Sums:
    """Return everything within the scope added up."""
    seconds, needs = scope.seconds(now), Needs.of(names)
    if scope.until is None:
        return _added(_read(scope, Grain.DAY, needs), seconds)
    return Sums.added(_pieces(scope, scope.until, needs), seconds)


def _pieces(scope: Scope, until: datetime, needs: Needs) -> Iterator[Sums]:
    """Yield what the days before the last one, with the last one's hours, and the hour that is cut have."""
    today, hour = day_start(scope.last), hour_of(until)
    days = replace(scope, last=scope.last - timedelta(days=1), until=None) if scope.first < scope.last else None
    hours_ = replace(scope, first=scope.last, until=hour) if today < hour else None
    whole = [_rows(days, _grain(days, Grain.DAY))] if days else []
    whole += [_rows(hours_, Grain.HOUR)] if hours_ else []
    if whole:
        yield _added(_sums_of(Rollup.objects.filter(reduce(or_, whole)).order_by(), needs), 0.0)
    if hour < until:
        columns = (*needs.columns, *(f"{name}_histogram" for name in needs.durations))
        of = limits_of(scope) & (Q(seat_id=scope.seat) if scope.seat else Q())
        yield _of_cells(scope, rollups.part(hour, until, columns, of), needs)


def _of_cells(scope: Scope, cells: Cells, needs: Needs) -> Sums:
    """Return what the scope has of rows that are stored nowhere."""
    groups = groups_of(scope)
    teams = set(Team.with_any(groups)) if groups is not None else set()
    whole = Cell()
    for key, cell in cells.rows.items():
        in_group = groups is None or (key.team in teams if key.is_time_of_seat else key.group in groups)
        if in_group and scope.account in (0, key.account_id) and scope.seat in (0, key.seat_id):
            add(whole, cell.columns)
    columns: Mapping[str, Any] = whole.columns
    sketches = {name: column for name in needs.durations if (column := columns.get(f"{name}_histogram"))}
    numbers = {name: float(columns.get(name, 0)) for name in needs.columns}
    return Sums(numbers, {name: histogram.unpack([packed]) for name, packed in sketches.items()})


def by_time(scope: Scope, names: Iterable[str], now: datetime) -> dict[datetime, Sums]:
    """Return the measures of each hour or day of the scope, as it is drawn, also of those without any."""
    return _over_time(scope, _read(scope, scope.grain, Needs.of(names), "start"), now)


def total_and_by_time(
    scope: Scope, names: Iterable[str], over_time: Iterable[str], now: datetime
) -> tuple[Sums, dict[datetime, Sums]]:
    """Return `total` of the one and `by_time` of the other metrics. A scope that is drawn by days is read once for both."""
    if scope.until or scope.grain != Grain.DAY:
        return total(scope, names, now), by_time(scope, over_time, now)
    drawn = Needs.of(over_time)
    found = _read(scope, Grain.DAY, Needs.of(names) | drawn, "start")
    return _added(found, scope.seconds(now)), _over_time(scope, {at: one.only(drawn) for at, one in found.items()}, now)


def _over_time(scope: Scope, found: Mapping[Any, Part], now: datetime) -> dict[datetime, Sums]:
    moments = scope.moments(now)
    ends = [*moments[1:], min(scope.end, now)] if moments else []
    return {at: found.get(at, NOTHING).sums((end - at).total_seconds()) for at, end in zip(moments, ends, strict=True)}


def by(scope: Scope, dimension: str, names: Iterable[str], now: datetime) -> dict[Any, Sums]:
    """Return the measures of each account, group or seat that has any; what belongs to none is under 0 or ""."""
    found = _read(scope, Grain.DAY, Needs.of(names), dimension)
    return {key: one.sums(scope.seconds(now)) for key, one in found.items()}


def by_time_and(scope: Scope, dimension: str, column: str, grain: Grain) -> dict[Any, dict[datetime, float]]:
    """Return one measure by account, group or seat and hour or day."""
    rows = _rollups(scope, grain, dimension).values_list(dimension, "start")
    found: dict[Any, dict[datetime, float]] = defaultdict(dict)
    for key, start, value in rows.annotate(value=Sum(column)).filter(value__gt=0):
        found[key][start] = value
    return found


def _rollups(scope: Scope, grain: Grain, by: str | None = None) -> QuerySet[Rollup]:
    return Rollup.objects.filter(_rows(scope, _grain(scope, grain, by))).order_by()


def _read(scope: Scope, grain: Grain, needs: Needs, by: str | None = None) -> dict[Any, Part]:
    """Return what the scope has, by `by`; without that in one part or several, which are to be added up."""
    rows = _rollups(scope, grain, by)
    return (
        _by_day(rows, needs) if _grain(scope, grain, by) == Grain.DAY_OF_ALL else _sums_of(rows, needs, by or "grain")
    )


def _by_day(rows: QuerySet[Rollup], needs: Needs) -> dict[Any, Part]:
    """Return what rows have of which there is one a day: as there is nothing to add up, all of a row is read at once."""
    numbers, found = len(needs.columns), {}
    sketches = [f"{name}_histogram" for name in needs.durations]
    for start, *values in rows.values_list("start", *needs.columns, *sketches):
        packed = zip(needs.durations, values[numbers:], strict=True)
        columns = dict(zip(needs.columns, values[:numbers], strict=True))
        found[start] = Part(columns, {name: [one] for name, one in packed if one})
    return found


def _sums_of(rows: QuerySet[Rollup], needs: Needs, by: str = "grain") -> dict[Any, Part]:
    columns, sketches = _columns(rows, needs.columns, by), _sketches(rows, needs.durations, by)
    return {key: Part(columns.get(key, {}), sketches.get(key, {})) for key in {*columns, *sketches}}


def _added(found: Mapping[Any, Part], seconds: float) -> Sums:
    """Return all parts together."""
    columns: dict[str, float] = {}
    sketches: dict[str, list[bytes]] = defaultdict(list)
    for part in found.values():
        for name, value in part.columns.items():
            known = columns.get(name, 0)
            columns[name] = max(known, value) if name in _PEAKS else known + value
        for name, packed in part.sketches.items():
            sketches[name] += packed
    return Part(columns, sketches).sums(seconds)


def _columns(rows: Any, columns: tuple[str, ...], by: str) -> dict[Any, Mapping[str, float]]:
    # The name of a sum must not be a column's.
    sums = {f"all_{name}": (Max if name in _PEAKS else Sum)(name) for name in columns}
    if not sums:
        return {}
    found = rows.values_list(by).annotate(**sums)
    return {key: dict(zip(columns, (value or 0 for value in values), strict=True)) for key, *values in found}


def _sketches(rows: Any, durations: tuple[str, ...], by: str) -> dict[Any, dict[str, list[bytes]]]:
    """Return the histograms by key and length of time; all are read at once."""
    stored: dict[Any, dict[str, list[bytes]]] = defaultdict(lambda: defaultdict(list))
    if durations:
        any_of_them = reduce(or_, (Q(**{f"{name}_n__gt": 0}) for name in durations))
        columns = [f"{name}_histogram" for name in durations]
        for key, *packed in rows.filter(any_of_them).values_list(by, *columns):
            for name, one in zip(durations, packed, strict=True):
                if one:
                    stored[key][name].append(one)
    return stored


def words(scope: Scope, names: Iterable[str]) -> dict[str, dict[str, int]]:
    """Return how often each word came up, the most frequent first, for each of these names of `measures.TALLIES`."""
    wanted = list(names)
    rows = Tally.objects.filter(_tallies(scope, *wanted)).order_by()
    found: dict[str, dict[str, int]] = {name: {} for name in wanted}
    counts = rows.values_list("name", "word").annotate(all_count=Sum("count"))
    for name, word, count in sorted(counts, key=lambda one: (-one[2], one[1])):
        found[name][word] = count
    return found


def words_over(scope: Scope, name: str) -> dict[str, dict[datetime, int]]:
    """Return how often each word came up in each hour or day of the scope, as it is drawn."""
    grain = Grain.HOUR if scope.grain == Grain.HOUR else None
    rows = Tally.objects.filter(_tallies(scope, name, grain=grain)).order_by().values_list("word", "start")
    found: dict[str, dict[datetime, int]] = defaultdict(dict)
    for word, start, count in rows.annotate(all_count=Sum("count")):
        found[word][start] = count
    return found


def week(scope: Scope) -> list[list[int]]:
    """Return how many conversations were opened by weekday, Monday first, and hour of the day."""
    found = [[0] * 24 for _day in range(7)]
    rows = Tally.objects.filter(_tallies(scope, "hour")).order_by()
    weekdays = {}
    for start, hour, count in rows.values_list("start", "word").annotate(all_count=Sum("count")):
        if start not in weekdays:
            weekdays[start] = timezone.localtime(start).weekday()
        found[weekdays[start]][int(hour)] += count
    return found


def _tallies(scope: Scope, *names: str, grain: Grain | None = None) -> Q:
    limits = limits_of(scope)
    grain = grain or (Grain.DAY if limits else Grain.DAY_OF_ALL)
    return limits & Q(grain=grain, name__in=names, start__gte=scope.start, start__lt=scope.end)
