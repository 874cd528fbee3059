"""What every assignment asks of the database, prepared. Groups and accounts are lists of ids; `now` is a datetime."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

from django.db.models import Case, DateTimeField, F, FloatField, OuterRef, Subquery, When

from bridge.base.prepared import Delete, Given, Select, Update
from seats.models import Assignment, QueueEntry, Seat, SeatGroup
from seats.routing import queue
from seats.routing.strategies import SameForAll

_NOW, _SECONDS = Given("now", DateTimeField()), Given("seconds", FloatField())
_ENTRY = SimpleNamespace(rank=Given("rank"), enqueued_at=Given("enqueued_at", DateTimeField()), pk=Given("pk"))

# Groups
_groups = SeatGroup.objects.filter(pk__in=[Given("groups")]).order_by("pk")
group_called = Select(SeatGroup.objects.filter(slug=Given("slug")).order_by())
lock = Update(_groups, turn=F("turn") + 1)
learn = Update(
    _groups.filter(slug=Given("slug")).order_by(),
    handling_seconds=Case(
        When(handling_seconds__gt=0, then=F("handling_seconds") * (1 - queue.NEWEST) + _SECONDS * queue.NEWEST),
        default=_SECONDS,
    ),
)

# Places
_has_place = Seat.objects.filter(pk=Given("seat"), load__lt=F("capacity")).order_by()
_taken = {"load": F("load") + 1, "served": F("served") + 1, "last_assigned_at": _NOW, "idle_since": None}
take_place = Update(_has_place.filter(online=True, availability=Seat.Availability.OPEN), **_taken)
take_place_asked = Update(_has_place, **_taken)
_has_load = Seat.objects.filter(pk=Given("seat"), load__gt=0).order_by()
# `idle_since` comes first: MySQL assigns from left to right, and it must see the load before.
_idle = Case(When(load=1, then=_NOW), default=F("idle_since"), output_field=DateTimeField())
free_place = Update(_has_load, idle_since=_idle, load=F("load") - 1)
free_unused_place = Update(_has_load, idle_since=_idle, load=F("load") - 1, served=F("served") - 1)


@cache
def best_seat(strategy: SameForAll) -> Select[Seat]:
    """Return the statement that finds the best seat by a strategy that sorts alike for everybody; `but`: not this one."""
    seats = queue.with_room(Given("group")).exclude(pk=Given("but")).select_related("user")
    return Select(strategy.order(seats)[:1])


# Assignments; `held`: with what is offered of the conversation, and each group of the seat in a row of its own
_of_conversation = Assignment.objects.filter(conversation=Given("conversation"))
_held = ("pk", "seat_id", "assigned_at", "conversation__offer", "seat__groups")
held = Select(Assignment.objects.filter(active_for=Given("conversation")).values_list(*_held))
last_assignment = Select(_of_conversation.order_by("-pk")[:1])
_ended = {"active_for": None, "released_at": _NOW, "ended": Given("why")}
end_assignment = Update(Assignment.objects.filter(pk=Given("assignment")), **_ended)

# Queues; `shut`: accounts that are closed now
_entries = QueueEntry.objects.filter(conversation=Given("conversation"))
_shut = [Given("shut")]
entries = Select(_entries.order_by("pk"))
leave_queues = Delete(_entries.order_by())
ahead = Select(queue.waiting_but(Given("group"), _shut).filter(queue.before(_ENTRY)).values_list("pk")[:1])
# Of each group: its working hours, the lane of who is first, and a seat that has room; None for nobody. Not as a condition:
# MariaDB reads the whole queue for an EXISTS.
_line, _room = queue.waiting_but(OuterRef("pk"), _shut), queue.with_room(OuterRef("pk")).order_by()
heads = Select(
    _groups.annotate(
        head=Subquery(_line.values("lane")[:1]), room=Subquery(_room.values("pk")[:1])
    ).values_list("hours_id", "head", "room")
)  # fmt: skip
