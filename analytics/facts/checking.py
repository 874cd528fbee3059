"""Counting a second time: what the facts make, beside the rollups that are stored. Nothing is written but the outcome."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from django.db import transaction

from analytics.facts import conversations, rollups
from analytics.facts.folding import MARGINS, Cells, Hours, days_of, margin
from analytics.facts.times import HOUR, day_of
from analytics.models import ConversationRow, Grain, Progress

STEP = timedelta(days=3)  # that are counted at once, so that memory is bounded
CLOSE = 0.01  # seconds by which sums may differ, as numbers are added in another order


_COLUMNS = [field.attname for field in ConversationRow._meta.concrete_fields if field.attname != "id"]


class Difference(NamedTuple):
    """A number that is not what the facts make: where it stands, its name, what is stored and what was counted."""

    grain: str
    start: datetime
    whose: str
    name: str
    stored: object
    counted: object


def check(start: datetime, end: datetime, now: datetime) -> Iterator[Difference]:
    """Yield what differs in the days from `start` to `end`, both beginnings of days; what goes on is left out."""
    rollups.update(now)
    last = min(end, day_of(day_of(now) + 30 * HOUR))
    while start < last:
        until = min(day_of(start + STEP + 2 * HOUR), last)
        found = _differences(start, until, now)
        if found:
            # A fact may have been written between the update and the look at it.
            rollups.update(now)
            found = _differences(start, until, now)
        yield from found
        start = until


@transaction.atomic
def _differences(start: datetime, end: datetime, now: datetime) -> list[Difference]:
    # While its row is locked, nobody else writes rollups. A list: a generator would begin when the transaction is over.
    progress = Progress.objects.select_for_update().get(pk=1)
    return list(_all_compared(start, end, progress.until or now))


def _all_compared(start: datetime, end: datetime, until: datetime) -> Iterator[Difference]:
    hours = rollups.count(start, end, until)
    days = days_of(hours)
    for grain, counted in ((Grain.HOUR, hours), (Grain.DAY, days)):
        yield from _compared(grain, rollups.stored(grain, start, end), counted)
    for grain in MARGINS:
        yield from _compared(grain, rollups.stored(grain, start, end), margin(days, grain))
    yield from _conversations(start, end)


def _conversations(start: datetime, end: datetime) -> Iterator[Difference]:
    """Yield what differs in the rows of the conversations that were opened in this time."""
    ids = iter(conversations.touched_between(start, end))
    while batch := list(islice(ids, conversations.BATCH)):
        stored = ConversationRow.objects.in_bulk(batch, field_name="conversation_id")
        for counted in conversations.made_of(batch):
            there = stored.get(counted.conversation_id)
            for name in _COLUMNS:
                one, other = getattr(there, name, None), getattr(counted, name)
                if not _same(one, other) and one != other:
                    whose = f"conversation {counted.conversation_id}"
                    yield Difference("conversation", counted.opened_at, whose, name, one, other)
    for row in ConversationRow.objects.filter(conversation__in=list(conversations.untold_between(start, end))):
        yield Difference("conversation", row.opened_at, f"conversation {row.conversation_id}", "row", row.pk, None)


def _compared(grain: Grain, stored: Hours, counted: Hours) -> Iterator[Difference]:
    for at in sorted({*stored, *counted}):
        here, there = stored.get(at, Cells()), counted.get(at, Cells())
        for key in {*here.rows, *there.rows}:
            one = here.rows[key].columns if key in here.rows else {}
            other = there.rows[key].columns if key in there.rows else {}
            for name in sorted({*one, *other}):
                if not _same(one.get(name, 0), other.get(name, 0)):
                    yield Difference(grain, at, str(tuple(key)), name, one.get(name, 0), other.get(name, 0))
        for word in {*here.tallies, *there.tallies}:
            if here.tallies[word] != there.tallies[word]:
                counts = here.tallies[word], there.tallies[word]
                yield Difference(grain, at, str(tuple(word[:2])), f"{word.name} {word.word}", *counts)


def _same(one: object, other: object) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= CLOSE
    return (one or b"") == (other or b"")


def remember(found: int, now: datetime) -> None:
    """Keep the outcome of the nightly check, for the health page."""
    Progress.objects.filter(pk=1).update(checked_at=now, differing=found)


def outcome() -> tuple[datetime, int] | None:
    """Return when the last nightly check was, and how many numbers differed; None where there was none."""
    progress = Progress.objects.filter(pk=1).exclude(checked_at=None).first()
    return (progress.checked_at, progress.differing) if progress and progress.checked_at else None
