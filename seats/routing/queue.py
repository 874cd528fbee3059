"""The queue of a group: in which order customers are served, and how long that takes.

The order is `QUEUE_ORDER`: by `rank`, then by arrival (`enqueued_at`), then by id. Whoever was taken back from a vanished seat comes
first; then decides the priority, which is the account's and the customer's highest tag's together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum, Window
from django.db.models.expressions import Combinable
from django.db.models.functions import RowNumber

from bridge.models import Customer
from bridge.models.tags import MAX_PRIORITY
from bridge.pipeline.serving import QueueLine
from seats.models import QueueEntry, Seat, SeatGroup
from seats.models.assignments import QUEUE_ORDER
from seats.routing.opening import closed_accounts

HEAD = -1000
NEWEST = 0.1  # weight of the newest conversation in how long one takes


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
    return waiting_but(group, closed_accounts(now))


def waiting_but(group: int | Combinable, shut: list[Any]) -> QuerySet[QueueEntry]:
    """Return the group's queue in order, without the customers of these accounts."""
    entries = QueueEntry.objects.filter(group=group)
    return entries.exclude(account_id__in=shut) if shut else entries


def to_take(seat: Seat, now: datetime) -> int:
    """Return how many customers wait whom the seat could take next, each once; see `head`."""
    shut = closed_accounts(now)
    entries = QueueEntry.objects.filter(group__seats=seat).order_by()
    return (entries.exclude(account_id__in=shut) if shut else entries).values("conversation").distinct().count()


def head(groups: Iterable[int], now: datetime) -> QueueEntry | None:
    """Return who is served next of all that wait for one of the groups; None where nobody waits."""
    heads = [
        first
        for group in groups
        if (first := waiting(group, now).select_related("conversation__customer__account").first())
    ]
    return min(heads, key=attrgetter(*QUEUE_ORDER), default=None)


def before(entry: Any) -> Q:
    """Return the condition for being ahead of `entry` in its queue."""
    ahead, equal = Q(), Q()
    for name in QUEUE_ORDER:
        ahead |= equal & Q(**{f"{name}__lt": getattr(entry, name)})
        equal &= Q(**{name: getattr(entry, name)})
    return ahead


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
    return Seat.objects.filter(_there(), groups=group)


def _there(seat: str = "") -> Q:
    """A seat that is there: its user may work here, it is online and has not signed off. `seat` leads to it."""
    gone = Q(**{f"{seat}availability": Seat.Availability.OFFLINE})
    return Q(**{f"{seat}online": True, f"{seat}user__is_active": True}) & ~gone


def with_room(group: int | Combinable) -> QuerySet[Seat]:
    """Return the group's seats that take a new conversation now: by an index, so those without room cost nothing."""
    return Seat.objects.filter(groups=group, has_room=True, user__is_active=True)


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


def first_of_each(groups: Iterable[SeatGroup], count: int) -> dict[int, list[QueueEntry]]:
    """Return the first `count` entries of each group's queue, in order, by the group's id: in one statement."""
    place = Window(RowNumber(), partition_by=F("group"), order_by=list(QUEUE_ORDER))
    numbered = QueueEntry.objects.filter(group__in=groups).annotate(number=place).filter(number__lte=count)
    found: dict[int, list[QueueEntry]] = {}
    for entry in numbered.select_related("conversation__customer__account", "group"):
        found.setdefault(entry.group_id, []).append(entry)
    return found


def line(group: SeatGroup, now: datetime, entry: QueueEntry | None = None) -> QueueLine:
    """Return how the group's queue stands at `now`, with the place of `entry` in it."""
    return replace(lines([group], now)[0], place=place_of(entry) if entry else 0)


def lines(groups: Iterable[SeatGroup], now: datetime) -> list[QueueLine]:
    """Return how the queue of each group stands at `now`: in two statements, however many groups there are."""
    listed = list(groups)
    ids = [group.pk for group in listed]
    waiting, seats = _waiting_in(ids), _places_in(ids)
    return [_line(group, waiting.get(group.pk, {}), seats.get(group.pk, {}), now) for group in listed]


def _line(group: SeatGroup, entries: dict[str, Any], seats: dict[str, Any], now: datetime) -> QueueLine:
    first = entries.get("first")
    return QueueLine(
        group=group.name,
        waiting=entries.get("waiting", 0),
        left=entries.get("left_a_message", 0),
        longest=int((now - first).total_seconds()) if first else 0,
        online=seats.get("online", 0),
        free=seats.get("free") or 0,
    )


def _waiting_in(groups: list[int]) -> dict[int, dict[str, Any]]:
    waits, left = Q(left=False), Q(left=True)
    rows = QueueEntry.objects.filter(group__in=groups).order_by().values("group")
    counts = {
        "waiting": Count("pk", waits),
        "left_a_message": Count("pk", left),
        "first": Min("enqueued_at", filter=waits),
    }
    return {row["group"]: dict(row) for row in rows.annotate(**counts)}


def _places_in(groups: list[int]) -> dict[int, dict[str, Any]]:
    rows = Seat.groups.through.objects.filter(_there("seat__"), seatgroup__in=groups).values("seatgroup")
    free = Sum(F("seat__capacity") - F("seat__load"), filter=Q(seat__has_room=True))
    counts = {"online": Count("pk"), "free": free}
    return {row["seatgroup"]: dict(row) for row in rows.annotate(**counts)}
