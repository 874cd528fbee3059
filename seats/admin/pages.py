"""Seats, assignments and the queue in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from bridge.admin.paging import LongTable, SinceFilter
from bridge.backoffice.pages import LogAdmin, NarrowAdmin
from bridge.base import clock
from bridge.inbox import storing
from bridge.values.agents import seat_lane
from bridge.values.text import duration
from seats.events import RoomChanged
from seats.models import Assignment, QueueEntry, Seat
from seats.routing.queue import HEAD, place_of
from seats.routing.records import presence_ended


@admin.register(Seat)
class SeatAdmin(NarrowAdmin):
    """Seats: user, IM account, groups, capacity."""

    list_display = ("user", "im_user_id", "presence", "occupied", "weight", "group_names", "last_assigned_at")
    list_filter = ("online", "availability", "groups")
    search_fields = ("user__username", "user__first_name", "im_user_id")
    autocomplete_fields = ("user", "groups")
    fields = (
        "user",
        "im_user_id",
        "groups",
        "capacity",
        "weight",
        "availability",
        "online",
        "clients",
        "load",
        "presence_at",
        "last_assigned_at",
    )
    readonly_fields = ("online", "clients", "load", "presence_at", "last_assigned_at")
    list_select_related = ("user",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Seat]:
        return super().get_queryset(request).prefetch_related("groups")

    @display(
        description=_("presence"),
        label={"open": "success", "busy": "danger", "away": "warning", "offline": "default"},
    )
    def presence(self, seat: Seat) -> tuple[str, str]:
        if seat.presence == "offline":
            return "offline", gettext("offline")
        open_ = seat.availability == Seat.Availability.OPEN
        return seat.availability, gettext("online") if open_ else seat.get_availability_display()

    @admin.display(description=_("clients"))
    def clients(self, seat: Seat) -> str:
        return "、".join(sorted(one.client for one in seat.connections.all())) or "-"

    @admin.display(description=_("load"), ordering="load")
    def occupied(self, seat: Seat) -> str:
        return f"{seat.load} / {seat.capacity}"

    @admin.display(description=_("groups"))
    def group_names(self, seat: Seat) -> str:
        return "、".join(group.name for group in seat.groups.all()) or "-"

    def save_model(self, request: HttpRequest, obj: Seat, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "availability" in form.changed_data:
            before, after = form.initial["availability"], obj.availability
            if fact := presence_ended(obj, (obj.online, before), (obj.online, after), clock.now()):
                fact.save()

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        # There may be room now that was not: whoever waits hears of it in their own lane.
        im_id = form.instance.im_user_id
        storing.post(seat_lane(im_id), RoomChanged(im_id))


@admin.register(QueueEntry)
class QueueEntryAdmin(LogAdmin):
    """Customers in queues."""

    list_display = ("place", "customer", "account", "group", "kind", "waited", "enqueued_at")
    list_filter = ("group", "left", "conversation__customer__account")
    ordering = ("group", "rank", "enqueued_at", "pk")
    list_select_related = ("group", "conversation__customer__account")

    @admin.display(description=_("place"))
    def place(self, entry: QueueEntry) -> int:
        return place_of(entry)

    @admin.display(description=_("customer"))
    def customer(self, entry: QueueEntry) -> str:
        return entry.conversation.customer.display_name

    @admin.display(description=_("account"))
    def account(self, entry: QueueEntry) -> str:
        return entry.conversation.customer.account.name

    @display(description=_("type"), label={"first": "danger", "priority": "warning", "left": "default", "": "info"})
    def kind(self, entry: QueueEntry) -> tuple[str, str]:
        if entry.rank == HEAD:
            return "first", gettext("taken back from a seat")
        if entry.left:
            return "left", gettext("left a message")
        if entry.overflowed:
            return "", gettext("from another group")
        return ("priority", gettext("priority %d") % -entry.rank) if entry.rank else ("", gettext("waits"))

    @admin.display(description=_("waited"))
    def waited(self, entry: QueueEntry) -> str:
        return duration(int((clock.now() - entry.enqueued_at).total_seconds()))


@admin.register(Assignment)
class AssignmentAdmin(LongTable, LogAdmin):
    """Which seat had which conversation from when to when."""

    list_display = ("conversation", "customer", "seat", "assigned_at", "released_at")
    fields = readonly_fields = list_display
    list_filter = ("seat", SinceFilter.of("assigned_at"))
    list_select_related = ("conversation__customer__account", "seat__user")
    ordering = ("-pk",)

    @admin.display(description=_("customer"))
    def customer(self, assignment: Assignment) -> str:
        return assignment.conversation.customer.display_name
