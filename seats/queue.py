"""How the queues stand."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Sum

from bridge.actions import QueueLine
from seats.assignment import with_room
from seats.models import QueueEntry, Seat, SeatGroup


def place_of(entry: QueueEntry) -> int:
    """Return the entry's place in its queue, counted from 1."""
    return QueueEntry.objects.filter(group=entry.group_id, pk__lt=entry.pk).count() + 1


def line(group: SeatGroup, now: datetime, entry: QueueEntry | None = None) -> QueueLine:
    """Return how the group's queue stands at `now`, with the place of `entry` in it."""
    waiting = QueueEntry.objects.filter(group=group).order_by("pk")
    first = waiting.first()
    online = Seat.objects.filter(groups=group, online=True, user__is_active=True)
    free = with_room(group.pk).aggregate(free=Sum(F("capacity") - F("load")))["free"]
    return QueueLine(
        group=group.name,
        waiting=waiting.count(),
        longest=int((now - first.enqueued_at).total_seconds()) if first else 0,
        online=online.count(),
        free=free or 0,
        place=place_of(entry) if entry else 0,
    )
