"""Assignments and the queue in the admin."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from bridge.admin.paging import LongTable, SinceFilter
from bridge.backoffice.pages import LogAdmin
from bridge.base import clock
from bridge.values.text import duration
from seats.models import Assignment, QueueEntry
from seats.models.assignments import QUEUE_ORDER
from seats.routing.queue import HEAD, place_of


@admin.register(QueueEntry)
class QueueEntryAdmin(LogAdmin):
    """Customers in queues."""

    list_display = ("place", "customer", "account", "group", "kind", "waited", "enqueued_at")
    fields = readonly_fields = list_display
    list_filter = ("group", "left", "conversation__customer__account")
    ordering = ("group", *QUEUE_ORDER)
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
