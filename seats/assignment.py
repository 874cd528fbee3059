"""Assignment: giving conversations to seats. Called inside the transaction of an event.

All of it happens under the lock of the groups concerned, so that no free place and no waiting customer is overlooked
when two transactions meet; that a seat never has more than its capacity is the conditional UPDATE's promise alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db.models import Case, ExpressionWrapper, F, FloatField, Value, When

from bridge.models import Conversation
from seats.models import Assignment, QueueEntry, Seat, SeatGroup

Post = Callable[[str, str], None]
PLACE_FREE = "place_free"


def lock_groups(groups: Iterable[int]) -> None:
    """Lock the groups until the end of the transaction, always in the same order."""
    for group in sorted(set(groups)):
        SeatGroup.objects.filter(pk=group).update(turn=F("turn") + 1)


def groups_of(seat: Seat) -> list[int]:
    """Return the ids of the seat's groups."""
    return list(seat.groups.values_list("pk", flat=True))


def free_seats(group: int, *, but: int | None = None) -> list[Seat]:
    """Return the group's online seats below capacity, best first: lowest load per weight, then longest idle."""
    share = ExpressionWrapper(F("load") * 1.0 / F("weight"), output_field=FloatField())
    never = Case(When(last_assigned_at__isnull=True, then=Value(0)), default=Value(1))
    seats = Seat.objects.select_related("user").filter(
        groups=group, online=True, user__is_active=True, load__lt=F("capacity")
    )
    return list(
        (seats.exclude(pk=but) if but else seats)
        .annotate(share=share, never=never)
        .order_by("share", "never", "last_assigned_at", "pk")
    )


def waits_before(conversation: Conversation, group: int) -> bool:
    """Tell whether anyone of the group's queue is ahead of this conversation."""
    entries = QueueEntry.objects.filter(group=group)
    mine = entries.filter(conversation=conversation).first()
    return entries.filter(pk__lt=mine.pk).exists() if mine else entries.exists()


def take_place(seat: Seat, now: datetime) -> bool:
    """Take one place of the seat if it has one; one conditional UPDATE, whatever races."""
    free = Seat.objects.filter(pk=seat.pk, online=True, load__lt=F("capacity"))
    return bool(free.update(load=F("load") + 1, last_assigned_at=now))


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
    Seat.objects.filter(pk=seat.pk, load__gt=0).update(load=F("load") - 1)
    conversation.status = Conversation.Status.BOT
    conversation.save(update_fields=["status"])


def wake_heads(groups: Iterable[int], post: Post) -> None:
    """Tell the first customer of each queue that there may be a place; only the first, so that the order holds.

    The first one, once assigned, wakes the next.
    """
    for group in sorted(set(groups)):
        if not free_seats(group):
            continue
        head = QueueEntry.objects.filter(group=group).order_by("pk").first()
        if head:
            post(head.lane, PLACE_FREE)
