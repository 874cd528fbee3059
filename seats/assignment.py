"""Assignment: giving conversations to seats. Called inside the transaction of an event.

All of it happens under the lock of the groups concerned, so that no free place and no waiting customer is overlooked
when two transactions meet; that a seat never has more than its capacity is the conditional UPDATE's promise alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db.models import Case, DateTimeField, F, QuerySet, Value, When

from bridge.models import Conversation
from seats.models import Assignment, QueueEntry, Seat, SeatGroup
from seats.strategies import strategy_of

Post = Callable[[str, str], None]
PLACE_FREE = "place_free"


def lock_groups(groups: Iterable[int]) -> None:
    """Lock the groups until the end of the transaction, always in the same order."""
    for group in sorted(set(groups)):
        SeatGroup.objects.filter(pk=group).update(turn=F("turn") + 1)


def groups_of(seat: Seat) -> list[int]:
    """Return the ids of the seat's groups."""
    return list(seat.groups.values_list("pk", flat=True))


def with_room(group: int) -> QuerySet[Seat]:
    """Return the group's seats that take a new conversation now."""
    takes = Seat.objects.filter(groups=group, online=True, availability=Seat.Availability.OPEN, user__is_active=True)
    return takes.filter(load__lt=F("capacity"))


def free_seats(
    group: SeatGroup, now: datetime, conversation: Conversation | None = None, *, but: int | None = None
) -> list[Seat]:
    """Return the group's seats with room, best first by the group's strategy; `but` leaves one out."""
    seats = with_room(group.pk).select_related("user")
    if but:
        seats = seats.exclude(pk=but)
    return list(strategy_of(group).order(seats, group, conversation, now))


def waits_before(conversation: Conversation, group: int) -> bool:
    """Tell whether anyone of the group's queue is ahead of this conversation."""
    entries = QueueEntry.objects.filter(group=group)
    mine = entries.filter(conversation=conversation).first()
    return entries.filter(pk__lt=mine.pk).exists() if mine else entries.exists()


def take_place(seat: Seat, now: datetime) -> bool:
    """Take one place of the seat if it has one; one conditional UPDATE, whatever races."""
    open_ = Seat.Availability.OPEN
    free = Seat.objects.filter(pk=seat.pk, online=True, availability=open_, load__lt=F("capacity"))
    return bool(free.update(load=F("load") + 1, last_assigned_at=now, idle_since=None))


def give(conversation: Conversation, seat: Seat, now: datetime) -> None:
    """Write down that the seat, whose place was taken, has the conversation."""
    QueueEntry.objects.filter(conversation=conversation).delete()
    Assignment.objects.create(conversation=conversation, active_for=conversation, seat=seat, assigned_at=now)
    conversation.status = Conversation.Status.ASSIGNED
    conversation.save(update_fields=["status"])


def current_seat(conversation: Conversation) -> Seat | None:
    """Return the seat that has the conversation."""
    return Seat.objects.filter(assignments__active_for=conversation).first()


def release(conversation: Conversation, seat: Seat, now: datetime) -> None:
    """Free the seat's place; the caller wakes whoever waits for it."""
    Assignment.objects.filter(active_for=conversation).update(active_for=None, released_at=now)
    # `idle_since` comes first: MySQL assigns from left to right, and it must see the load before.
    idle = Case(When(load=1, then=Value(now)), default=F("idle_since"), output_field=DateTimeField())
    Seat.objects.filter(pk=seat.pk, load__gt=0).update(idle_since=idle, load=F("load") - 1)
    conversation.status = Conversation.Status.BOT
    conversation.save(update_fields=["status"])


def wake_heads(groups: Iterable[int], post: Post) -> None:
    """Tell the first customer of each queue that there may be a place; only the first, so that the order holds.

    The first one, once assigned, wakes the next.
    """
    for group in sorted(set(groups)):
        if not with_room(group).exists():
            continue
        head = QueueEntry.objects.filter(group=group).order_by("pk").first()
        if head:
            post(head.lane, PLACE_FREE)
