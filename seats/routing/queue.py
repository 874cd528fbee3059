"""The queue of a group: in which order customers are served, and how long that takes.

The order is by `rank`, then by arrival (`enqueued_at`), then by id. Whoever was taken back from a vanished seat comes
first; then decides the priority, which is the account's and the customer's highest tag's together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, Max, Q, QuerySet, Sum

from bridge.models import Customer
from bridge.models.tags import MAX_PRIORITY
from bridge.pipeline.serving import QueueLine
from seats.models import QueueEntry, Seat, SeatGroup
from seats.routing.opening import closed_accounts

HEAD = -1000
NORMAL_HOURS = timedelta(hours=12)  # a conversation that took longer says nothing about how long people wait
WEIGHT_OF_NEWEST = 0.1


def rank(priority: int) -> int:
    """Return the rank of a customer with this priority, the account's and the tags' together: the lower, the earlier."""
    return -max(-2 * MAX_PRIORITY, min(2 * MAX_PRIORITY, priority))


def rank_of(customer: Customer | None, *, first: bool = False) -> int:
    """Return the rank of the customer's entry: the lower, the earlier."""
    if first or customer is None:
        return HEAD if first else 0
    tags = customer.tags.aggregate(highest=Max("priority"))["highest"] or 0
    return rank(customer.account.priority + tags)


def waiting(group: int, now: datetime) -> QuerySet[QueueEntry]:
    """Return the group's queue in order, without the customers of accounts that are closed now."""
    entries = QueueEntry.objects.filter(group=group)
    shut = closed_accounts(now)
    return entries.exclude(account_id__in=shut) if shut else entries


def head(groups: Iterable[int], now: datetime) -> QueueEntry | None:
    """Return who is served next of all that wait for one of the groups; None where nobody waits."""
    heads = [
        first
        for group in groups
        if (first := waiting(group, now).select_related("conversation__customer__account").first())
    ]
    return min(heads, key=lambda one: (one.rank, one.enqueued_at, one.pk), default=None)


def before(entry: QueueEntry) -> Q:
    """Return the condition for being ahead of `entry` in its queue."""
    same_time = Q(enqueued_at=entry.enqueued_at, pk__lt=entry.pk)
    return Q(rank__lt=entry.rank) | Q(rank=entry.rank) & (Q(enqueued_at__lt=entry.enqueued_at) | same_time)


def place_of(entry: QueueEntry) -> int:
    """Return the entry's place in its queue, counted from 1."""
    return QueueEntry.objects.filter(before(entry), group=entry.group_id).count() + 1


def arrival(group: int, rank: int, now: datetime) -> datetime:
    """Return the arrival of whoever joins the queue now: never before those who have been told their place already.

    The clocks of two machines may differ by more than two customers are apart.
    """
    newest = QueueEntry.objects.filter(group=group, rank=rank).aggregate(newest=Max("enqueued_at"))["newest"]
    return max(now, newest) if newest else now


def online(group: int) -> QuerySet[Seat]:
    """Return the group's seats that are there, whether or not they take new ones."""
    there = Seat.objects.filter(groups=group, online=True, user__is_active=True)
    return there.exclude(availability=Seat.Availability.OFFLINE)


def with_room(group: int) -> QuerySet[Seat]:
    """Return the group's seats that take a new conversation now."""
    return with_place(group).filter(load__lt=F("capacity"))


def with_place(group: int) -> QuerySet[Seat]:
    """Return the group's seats that take a new conversation now, or would if they had one less."""
    return online(group).filter(availability=Seat.Availability.OPEN, load__lte=F("capacity"))


def expected_wait(group: SeatGroup, place: int) -> int:
    """Return after how many seconds the one at `place` may expect a seat, 0 where nothing is known.

    With `c` places of the seats that are there and a conversation taking `h` seconds, one becomes free each `h / c`.
    """
    places = online(group.pk).aggregate(places=Sum("capacity"))["places"] or 0
    if not places or not group.handling_seconds:
        return 0
    return math.ceil(place * group.handling_seconds / places)


def learn(groups: QuerySet[SeatGroup], seconds: float) -> None:
    """Take in how long one more conversation of the group kept its seat; the group is locked by the caller."""
    if not 0 < seconds < NORMAL_HOURS.total_seconds():
        return
    moved = F("handling_seconds") * (1 - WEIGHT_OF_NEWEST) + seconds * WEIGHT_OF_NEWEST
    if not groups.filter(handling_seconds__gt=0).update(handling_seconds=moved):
        groups.update(handling_seconds=seconds)


def line(group: SeatGroup, now: datetime, entry: QueueEntry | None = None) -> QueueLine:
    """Return how the group's queue stands at `now`, with the place of `entry` in it."""
    entries = QueueEntry.objects.filter(group=group)
    first = entries.filter(left=False).order_by("enqueued_at").first()
    return QueueLine(
        group=group.name,
        waiting=entries.filter(left=False).count(),
        left=entries.filter(left=True).count(),
        longest=int((now - first.enqueued_at).total_seconds()) if first else 0,
        online=online(group.pk).count(),
        free=with_room(group.pk).aggregate(free=Sum(F("capacity") - F("load")))["free"] or 0,
        place=place_of(entry) if entry else 0,
    )
