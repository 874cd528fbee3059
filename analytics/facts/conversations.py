"""The rows of conversations: made from their facts, each written whole, so that doing it twice changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from analytics.facts import histogram, reading
from analytics.facts.times import hour_of, zone
from analytics.models import ConversationRow, Progress
from analytics.models.conversations import TIMES
from bridge.models import Fact

Kind = Fact.Kind
BATCH = 500
_COUNTED = {
    Kind.QUEUED: "queued",
    Kind.ASSIGNED: "assigned",
    Kind.PASSED: "transferred",
    Kind.REOPENED: "reopened",
    Kind.RECEIVED: "received",
    Kind.ANSWERED: "answered",
    Kind.BOT: "bot_messages",
    Kind.FAILED: "failed",
}


def touched_after(number: int) -> Iterator[int | None]:
    """Yield the ids of conversations that have facts with an id over `number`, some more than once."""
    for facts in reading.after(number):
        ids = facts.exclude(conversation_id=None).values_list("conversation_id", flat=True)
        yield from ids.order_by("conversation_id").distinct()


def touched_between(start: datetime, end: datetime) -> Iterator[int | None]:
    """Yield the ids of conversations that were opened from `start` to `end`."""
    opened = Fact.objects.filter(kind=Kind.OPENED).exclude(conversation_id=None)
    for facts in reading.by_time(opened, start, end):
        yield from facts.values_list("conversation_id", flat=True).order_by("at")


def untold_between(start: datetime, end: datetime) -> Iterator[int | None]:
    """Yield the ids of conversations whose rows say that they were opened from `start` to `end`, which no fact says."""
    told = Fact.objects.filter(kind=Kind.OPENED, conversation_id=OuterRef("conversation_id"))
    days = {"day__gte": timezone.localdate(start, zone()), "day__lte": timezone.localdate(end, zone())}  # by the index
    rows = ConversationRow.objects.filter(~Exists(told), opened_at__gte=start, opened_at__lt=end, **days)
    yield from rows.filter(conversation__isnull=False).values_list("conversation_id", flat=True).order_by("opened_at")


def write(ids: Iterable[int | None]) -> int:
    """Make the rows of these conversations anew, some hundreds at a time. Returns how many."""
    made, rest = 0, iter(ids)
    while batch := list(islice(rest, BATCH)):
        made += _write(batch)
    return made


@transaction.atomic
def _write(ids: list[int | None]) -> int:
    Progress.objects.select_for_update().get(pk=1)
    rows = made_of(ids)
    ConversationRow.objects.filter(conversation__in=ids).delete()
    ConversationRow.objects.bulk_create(rows)
    return len(rows)


def made_of(ids: Iterable[int | None]) -> list[ConversationRow]:
    """Return the rows that the facts of these conversations make."""
    facts: dict[int, list[Fact]] = defaultdict(list)
    for fact in Fact.objects.filter(conversation_id__in=ids).order_by("at", "pk"):
        facts[fact.conversation_id or 0].append(fact)
    found = (_row(number, some) for number, some in facts.items())
    return [row for row in found if row]


def _row(number: int, facts: list[Fact]) -> ConversationRow | None:
    opened = next((fact for fact in facts if fact.kind == Kind.OPENED), None)
    if opened is None:
        return None
    local = timezone.localtime(hour_of(opened.at), zone())
    row = ConversationRow(
        conversation_id=number, source=opened.source, opened_at=opened.at, day=local.date(), hour=local.hour,
        returning=bool(opened.value),
    )  # fmt: skip
    for fact in facts:
        _take_in(row, fact)
    for name in TIMES:
        seconds = getattr(row, name)
        setattr(row, f"{name}_bin", None if seconds is None else histogram.bin_of(seconds))
    return row


def _take_in(row: Any, fact: Fact) -> None:
    """A fact counts for the account and group that it names, the last one's stay."""
    if fact.kind not in (Kind.FAILED, Kind.REFUSED):
        row.account_id, row.group = fact.account_id or row.account_id, fact.group
    if name := _COUNTED.get(Kind(fact.kind)):
        setattr(row, name, getattr(row, name) + 1)
    match fact.kind:
        case Kind.ASSIGNED:
            row.seat_id = fact.seat_id
            if fact.seconds is not None and row.wait is None:
                _lasted(row, ("wait", "wait_working"), fact)
        case Kind.RELEASED:
            row.transferred += fact.detail in ("transfer", "taken")
        case Kind.FIRST_ANSWER:
            row.first_answered_at = fact.at
            _lasted(row, ("first_answer", "first_working"), fact)
        case Kind.REOPENED:
            row.closed_at, row.outcome, row.resolution, row.working = None, "", None, None
        case Kind.CLOSED:
            row.closed_at, row.outcome = fact.at, fact.detail
            if fact.detail == "served":
                _lasted(row, ("resolution", "working"), fact)
        case Kind.ASKED:
            row.asked = True
        case Kind.SCORED:
            row.score = fact.value


def _lasted(row: Any, names: tuple[str, str], fact: Fact) -> None:
    """Keep how long it took, by the clock and in working hours; all of it where no hours are known."""
    seconds = fact.seconds or 0.0
    setattr(row, names[0], seconds)
    setattr(row, names[1], seconds if fact.working is None else fact.working)
