"""The floor: how groups and seats stand right now. Read from the tables that routing works with, not from the rollups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from analytics.metrics.catalogue import goal
from bridge.values.text import duration
from seats.models import QueueEntry, Seat, SeatGroup

MOST_SEATS = 300


@dataclass(frozen=True)
class GroupNow:
    """One group: who waits and how long, and who is there. `over`: somebody waits longer than the goal, or too many do."""

    name: str
    waiting: int
    left: int
    longest: str
    late: bool
    online: int
    load: int
    free: int
    over: bool = False


@dataclass(frozen=True)
class SeatNow:
    """One seat: its presence in a word and for how long, and how full it is."""

    name: str
    presence: str
    since: str
    load: int
    capacity: int

    @property
    def percent(self) -> int:
        """How full it is, 0 to 100."""
        return min(100, 100 * self.load // self.capacity) if self.capacity else 0


@dataclass(frozen=True)
class Floor:
    """All of it; `more` seats are not shown."""

    groups: list[GroupNow]
    seats: list[SeatNow]
    more: int


def floor(groups: frozenset[str] | None, now: datetime) -> Floor:
    """Return how the groups that may be read stand at `now`, and their seats; None for all."""
    rows = _rows(groups)
    seats = Seat.objects.filter(user__is_active=True).select_related("user")
    if groups is not None:
        seats = seats.filter(groups__in=rows).distinct()
    there = seats.exclude(availability=Seat.Availability.OFFLINE).filter(online=True)
    shown = list(there.order_by("-load", "user__first_name", "pk")[: MOST_SEATS + 1])
    return Floor(_groups(rows, now), [_seat(one, now) for one in shown[:MOST_SEATS]], max(0, len(shown) - MOST_SEATS))


def groups_now(groups: frozenset[str] | None, now: datetime) -> list[GroupNow]:
    """Return how the groups that may be read stand at `now`; None for all."""
    return _groups(_rows(groups), now)


def longest_wait(groups: frozenset[str] | None, now: datetime) -> float | None:
    """Return for how many seconds the first of all who wait in these groups has waited; None where nobody waits."""
    waiting = QueueEntry.objects.filter(group__in=_rows(groups), overflowed=False, left=False)
    first = waiting.aggregate(first=Min("enqueued_at"))["first"]
    return max(0.0, (now - first).total_seconds()) if first else None


def _rows(groups: frozenset[str] | None) -> QuerySet[SeatGroup]:
    return SeatGroup.objects.all() if groups is None else SeatGroup.objects.filter(slug__in=groups)


def _groups(rows: QuerySet[SeatGroup], now: datetime) -> list[GroupNow]:
    entries = QueueEntry.objects.filter(group__in=rows, overflowed=False).order_by()
    waits = entries.values("group").annotate(
        waiting=Count("pk", filter=Q(left=False)), left_count=Count("pk", filter=Q(left=True)),
        first=Min("enqueued_at", filter=Q(left=False)),
    )  # fmt: skip
    by_group: dict[int, Any] = {row["group"]: row for row in waits}
    there = Seat.objects.filter(online=True, user__is_active=True).exclude(availability=Seat.Availability.OFFLINE)
    room = Q(availability=Seat.Availability.OPEN)
    loads = there.order_by().values("groups").annotate(
        number=Count("pk"), taken=Coalesce(Sum("load"), 0),
        free=Coalesce(Sum(F("capacity") - F("load"), filter=room), 0),
    )  # fmt: skip
    by_seats: dict[int, Any] = {row["groups"]: row for row in loads}
    return [_group(group, by_group.get(group.pk, {}), by_seats.get(group.pk, {}), now) for group in rows]


def _group(group: SeatGroup, waits: dict[str, Any], seats: dict[str, int], now: datetime) -> GroupNow:
    first = waits.get("first")
    seconds = int((now - first).total_seconds()) if isinstance(first, datetime) else 0
    return GroupNow(
        name=group.name,
        waiting=int(waits.get("waiting") or 0),
        left=int(waits.get("left_count") or 0),
        longest=duration(seconds) if first else "–",
        late=seconds > 300,
        over=seconds > goal() or 0 < group.max_queue <= int(waits.get("waiting") or 0),
        online=seats.get("number", 0),
        load=seats.get("taken", 0),
        free=max(0, seats.get("free", 0)),
    )


def _seat(seat: Seat, now: datetime) -> SeatNow:
    since = seat.state_at or seat.presence_at
    lasted = duration(int((now - since).total_seconds()) // 60 * 60) if since else ""
    return SeatNow(seat.as_agent().name, seat.presence, lasted, seat.load, seat.capacity)
