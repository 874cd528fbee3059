"""Rollups in the database: made from the facts hour by hour, as often as one likes, always with the same result.

`update` looks for the hours that new facts belong to, however late these come, and makes those anew; `rebuild` makes
all of a range anew. Rows are never added to: an hour is written whole, so doing it twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q, QuerySet

from analytics.facts import conversations, measures, reading
from analytics.facts.folding import (
    MARGINS,
    Cell,
    Cells,
    Hours,
    Key,
    Row,
    TallyKey,
    add,
    days_of,
    fold,
    kinds_for,
    margin,
)
from analytics.facts.spans import CARE, PRESENCE, WAIT, Span
from analytics.facts.times import HOUR, day_of, hour_of, hours, next_hour
from analytics.models import ConversationRow, Grain, Progress, Rollup, Tally
from bridge.models import Fact
from seats.models import Assignment, QueueEntry, Seat
from seats.routing.records import state_of

SETTLING = timedelta(minutes=10)  # how long a transaction with a lower id may still be on its way
BATCH = 500
# The facts that measures of what goes on are made of.
_OF_SEATS = (Fact.Kind.PRESENCE, Fact.Kind.RELEASED)
_MADE_OF = {
    **dict.fromkeys(("queue_seconds", "queue_peak"), (Fact.Kind.WAITED,)),
    **dict.fromkeys(("online_seconds", "open_seconds", "busy_seconds", "away_seconds"), (Fact.Kind.PRESENCE,)),
    **dict.fromkeys(("occupied_seconds", "load_seconds"), _OF_SEATS),
}
_SPAN_KINDS = {Fact.Kind.RELEASED: CARE, Fact.Kind.WAITED: WAIT, Fact.Kind.PRESENCE: PRESENCE}


def update(now: datetime) -> int:
    """Bring the rollups up to `now`. Returns how many hours were made anew."""
    progress = _progress()
    newest = newest_fact()
    made = sum(_make(start, end, now) for start, end in list(_ranges(_touched(progress, now))))
    conversations.write(conversations.touched_after(progress.counted_to))
    _advance(newest, now)
    return made


def rebuild(start: datetime, end: datetime, now: datetime) -> Iterator[tuple[datetime, int]]:
    """Make everything from `start` to `end` anew, in steps; yields up to when it is made, and how many hours that were."""
    _progress()
    for begins, ends in _ranges(list(hours(start, end))):
        made = _make(begins, ends, now)
        conversations.write(conversations.touched_between(begins, ends))
        conversations.write(conversations.untold_between(begins, ends))
        yield ends, made


@transaction.atomic
def _progress() -> Progress:
    """Return how far the rollups are; where the site's time zone is another one by now, nothing is made yet.

    Hours and days of two zones do not fit together, so all rows go and are made anew from the facts.
    """
    Progress.objects.get_or_create(pk=1, defaults={"zone": settings.TIME_ZONE})
    progress = Progress.objects.select_for_update().get(pk=1)
    if progress.zone != settings.TIME_ZONE:
        for model in (Rollup, Tally, ConversationRow):
            model.objects.all().delete()
        progress.delete()
        progress = Progress.objects.create(pk=1, zone=settings.TIME_ZONE)
    return progress


def newest_fact() -> int:
    """Return the id of the newest fact; 0 where there is none."""
    return Fact.objects.aggregate(newest=Max("pk"))["newest"] or 0


def _touched(progress: Progress, now: datetime) -> list[datetime]:
    """Return the hours that new facts belong to, and those in which something has gone on since the last time."""
    # The first time, all that goes on is counted from its beginning.
    since = progress.until or min((span.start for span in _going_on(now)), default=now)
    found = set(hours(since, now)) | {hour_of(now)}
    for facts in reading.after(progress.counted_to):
        for kind, at, began in facts.values_list("kind", "at", "began_at").iterator():
            if kind in _SPAN_KINDS and began:
                found.update(hours(began, at))
            found.add(hour_of(at))
    return sorted(found)


def _advance(newest: int, now: datetime) -> None:
    """Keep that all facts up to the id `newest` were looked at, but for those that may not have been there yet."""
    progress = Progress.objects.get(pk=1)
    if progress.seen_at is None:
        # The first time: whatever happened a while ago was there.
        before = Fact.objects.filter(pk__lte=newest, at__lt=now - SETTLING)
        progress.seen = before.order_by("-pk").values_list("pk", flat=True).first() or 0
    if progress.seen_at is None or now - progress.seen_at >= SETTLING:
        progress.counted_to, progress.seen, progress.seen_at = progress.seen, newest, now
    progress.until = max(progress.until or now, now)
    progress.save()


def _ranges(wanted: list[datetime]) -> Iterator[tuple[datetime, datetime]]:
    """Yield runs of hours of a day that follow each other, as beginning and end."""
    start = end = None
    for hour in wanted:
        if start is None or end is None or hour != end or day_of(hour) != day_of(start):
            if start and end:
                yield start, end
            start = hour
        end = next_hour(hour)
    if start and end:
        yield start, end


@transaction.atomic
def _make(start: datetime, end: datetime, now: datetime) -> int:
    """Make the hours from `start` to `end`, and the days they are in. Returns how many hours; one process at a time."""
    Progress.objects.select_for_update().get(pk=1)
    made = count(start, end, now)
    _replace(Grain.HOUR, start, end, made)
    first, last = day_of(start), day_of(end - timedelta(seconds=1))
    # The days' other hours are read back, as they were made before.
    after = day_of(last + 26 * HOUR)
    others = stored(Grain.HOUR, first, start) | stored(Grain.HOUR, end, after)
    days = days_of({**others, **made})
    _replace(Grain.DAY, first, after, days)
    for grain in MARGINS:
        _replace(grain, first, after, margin(days, grain))
    return len(made)


def count(start: datetime, end: datetime, now: datetime) -> Hours:
    """Return the rows that the facts of the hours from `start` to `end` make; what goes on is counted up to `now`."""
    return fold(_facts(start, end), _spans(start, end, now), start, min(end, max(now, start)))


def part(start: datetime, until: datetime, columns: Iterable[str], of: Q) -> Cells:
    """Return the rows of an hour that is over, up to `until` within it, for these columns; nothing is stored.

    Only what these columns are made of is read, of facts only those that `of` says.
    """
    wanted = list(columns)
    kinds = {kind for column in wanted for kind in _MADE_OF.get(column, ())}
    reaching = _reaching(kinds, start, until) if kinds else {}
    over = (_over(Fact.objects.filter(reaching[kind], kind=kind, began_at__lt=until)) for kind in kinds)
    spans = chain(*over, _still(kinds, until, until))
    return fold(_facts(start, until, kinds_for(wanted), of), spans, start, until)[start]


def _reaching(kinds: Iterable[Fact.Kind], start: datetime, end: datetime) -> dict[Fact.Kind, Q]:
    """Return when the facts of each kind of span ended that may have begun before `end`, among those after `start`.

    A day is left out where nothing that ended on it had gone on so long; the newest facts are in no row of a day yet.
    """
    reaches = {kind: measures.REACHES[_SPAN_KINDS[kind]] for kind in kinds}
    known, first = newest() or start, day_of(day_of(end) + 30 * HOUR)
    days = Rollup.objects.filter(grain=Grain.DAY_OF_ALL, start__gte=first, start__lt=known).order_by("start")
    found = dict.fromkeys(reaches, Q(at__gt=start, at__lt=first) | Q(at__gte=max(known, first)))
    for row in days.values("start", *reaches.values()):
        day = row["start"]
        for kind, reach in reaches.items():
            if day - timedelta(seconds=row[reach]) < end:
                found[kind] |= Q(at__gte=day, at__lt=day_of(day + 30 * HOUR))
    return found


def _facts(
    start: datetime, end: datetime, kinds: Iterable[int] = Fact.Kind.values, of: Q | None = None
) -> Iterator[Row]:
    rows = Fact.objects.filter(of or Q(), kind__in=list(kinds))
    for some in reading.by_time(rows, start, end):
        yield from map(Row._make, some.values_list(*Row._fields).iterator())


def _spans(start: datetime, end: datetime, now: datetime) -> Iterator[Span]:
    """Yield what went on from `start` to `end`: what is over, from the facts, and what still goes on."""
    ended = Fact.objects.filter(kind__in=list(_SPAN_KINDS))
    for some in reading.by_time(ended, start, end):
        yield from _over(some.filter(at__gt=start))
    yield from _over(ended.filter(at__gte=end, began_at__lt=end))
    yield from _still(_SPAN_KINDS, min(end, now), now)


def _over(ended: QuerySet[Fact]) -> Iterator[Span]:
    columns = ("kind", "began_at", "at", "account_id", "group", "seat_id", "detail", "value")
    for kind, began, at, account, group, seat, state, value in (
        ended.exclude(began_at=None).values_list(*columns).iterator()
    ):
        span = _SPAN_KINDS[Fact.Kind(kind)]
        yield Span(span, began, at, account, group, seat, state if span == PRESENCE else "", value or 0)


def _still(kinds: Iterable[Fact.Kind], before: datetime, now: datetime) -> Iterator[Span]:
    """Yield what goes on that began before this time."""
    going_on = (span for kind in kinds for span in _GOES_ON[kind](now))
    return (span for span in going_on if span.start < before)


def _waiting(now: datetime) -> Iterator[Span]:
    waits = QueueEntry.objects.filter(left=False, overflowed=False)
    for account, group, since in waits.values_list("account_id", "group__slug", "enqueued_at"):
        yield Span(WAIT, since, now, account or 0, group)


def _cared_for(now: datetime) -> Iterator[Span]:
    for seat, since in Assignment.objects.exclude(active_for=None).values_list("seat_id", "assigned_at"):
        yield Span(CARE, since, now, seat_id=seat)


def _there(now: datetime) -> Iterator[Span]:
    for one in Seat.objects.filter(user__is_active=True).exclude(state_at=None):
        state = state_of(one.online, one.availability)
        if one.state_at and state != Seat.Availability.OFFLINE:
            yield Span(PRESENCE, one.state_at, now, seat_id=one.pk, state=state, team=one.team())


# What still goes on, by the kind of the fact that ends it.
_GOES_ON = {Fact.Kind.RELEASED: _cared_for, Fact.Kind.WAITED: _waiting, Fact.Kind.PRESENCE: _there}


def _going_on(now: datetime) -> Iterator[Span]:
    for begun in _GOES_ON.values():
        yield from begun(now)


def _replace(grain: Grain, start: datetime, end: datetime, made: Hours) -> None:
    within = Q(grain=grain, start__gte=start, start__lt=end)
    for model in (Rollup, Tally):
        model.objects.filter(within).delete()
    whose = [(at, key, cell) for at, cells in made.items() for key, cell in cells.rows.items()]
    rows = [Rollup(grain=grain, start=at, **key._asdict(), **cell.columns) for at, key, cell in whose]
    Rollup.objects.bulk_create(rows, batch_size=BATCH)
    words = [(at, key, count) for at, cells in made.items() for key, count in cells.tallies.items() if count]
    tallies = [Tally(grain=grain, start=at, count=count, **key._asdict()) for at, key, count in words]
    Tally.objects.bulk_create(tallies, batch_size=BATCH)


def stored(grain: Grain, start: datetime, end: datetime) -> Hours:
    """Return the rows of a grain as they stand in the database, by their beginnings."""
    found: Hours = {}
    within = Q(grain=grain, start__gte=start, start__lt=end)
    for row in Rollup.objects.filter(within).values():
        cells = found.setdefault(row["start"], Cells())
        cell = cells.rows.setdefault(Key(row["account_id"], row["group"], row["seat_id"], row["team"]), Cell())
        add(cell, _measured(row))
    for tally in Tally.objects.filter(within):
        key = TallyKey(tally.account_id, tally.group, tally.name, tally.word)
        found.setdefault(tally.start, Cells()).tallies[key] += tally.count
    return found


_WHOSE = {"id", "grain", "start", *Key._fields}


def _measured(row: Mapping[str, Any]) -> dict[str, int | float | bytes]:
    """Return the columns that say something; MySQL gives bytes as bytes, SQLite too, PostgreSQL as a memoryview."""
    kept = ((name, bytes(value) if isinstance(value, memoryview) else value) for name, value in row.items())
    return {name: value for name, value in kept if name not in _WHOSE and value}


def newest() -> datetime | None:
    """Return up to when the rollups are made."""
    return next(iter(Progress.objects.filter(pk=1, zone=settings.TIME_ZONE).values_list("until", flat=True)), None)


def counted_to() -> int:
    """Return the id up to which every fact is in the rollups; one with a higher id may still have to be committed."""
    return Progress.objects.filter(pk=1).values_list("counted_to", flat=True).first() or 0


def came_late(after: int, end: datetime) -> bool:
    """Tell whether there is a fact with an id over `after` of what happened, or went on, before `end`."""
    before = Q(at__lt=end) | Q(kind__in=_SPAN_KINDS, began_at__lt=end)
    return Fact.objects.filter(before, pk__gt=after).exists()


def extent() -> tuple[datetime, datetime] | None:
    """Return the time of the first and the last fact; None where there are none."""
    kinds: Iterable[int] = Fact.Kind.values
    firsts = [Fact.objects.filter(kind=kind).order_by("at").values_list("at", flat=True).first() for kind in kinds]
    lasts = [Fact.objects.filter(kind=kind).order_by("-at").values_list("at", flat=True).first() for kind in kinds]
    known = [at for at in firsts if at], [at for at in lasts if at]
    return (min(known[0]), max(known[1])) if known[0] else None


def count_as_done(newest: int, now: datetime) -> None:
    """Take all facts up to the id `newest` as counted; for a command that has made everything anew since it looked for it."""
    Progress.objects.update_or_create(
        pk=1,
        defaults={
            "counted_to": newest, "seen": newest, "seen_at": now, "until": now, "zone": settings.TIME_ZONE,
        },
    )  # fmt: skip
