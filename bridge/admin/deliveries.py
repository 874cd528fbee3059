"""The outbox."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from bridge.admin.confirm import confirmed
from bridge.admin.exchanges import ExchangesMixin, as_read
from bridge.admin.exporting import Exported
from bridge.admin.links import conversation_link, customer_link
from bridge.admin.naming import PlatformColumn, PlatformFilter
from bridge.admin.paging import LatelyFilter, LongTable, SinceFilter
from bridge.admin.resources import DeliveryResource
from bridge.admin.tracing import TraceSearch, trace_link
from bridge.apply.handlers.deliveries import DROPPABLE, RESENDABLE
from bridge.backoffice.asking import asks
from bridge.backoffice.found import found
from bridge.backoffice.pages import LogAdmin, staff_author, technical, words_of
from bridge.inbox import storing
from bridge.inbox.events import DropAsked, Event, ResendAsked
from bridge.models import Delivery
from bridge.values.agents import seat_name, seat_names


@admin.register(Delivery)
class DeliveryAdmin(TraceSearch, PlatformColumn, Exported, ExchangesMixin, LongTable, LogAdmin):
    """Messages on their way out; a dead one can be sent again or dropped."""

    resource_classes = (DeliveryResource,)
    list_display = (
        "id", "direction", "to", "text", "conversation_link", "endpoint", "shown_state", "attempts", "code", "reason",
        "created_at",
    )  # fmt: skip
    list_filter = (
        "state", "direction", PlatformFilter, "endpoint", LatelyFilter.of("code", _("code")), SinceFilter.of("created_at"),
    )  # fmt: skip
    search_fields = ("=recipient", "=lane", "=id")
    search_help_text = _("A number, a trace, a lane or a recipient.")
    list_select_related = ("endpoint", "message", "conversation__customer__account")
    ordering = ("-pk",)
    actions = ("resend_selected", "drop_selected")
    actions_detail = ("resend",)
    fieldsets = (
        (None, {"fields": (
            "direction", "to", "platform_name", "endpoint", "customer", "conversation_link", "text", "state_in_words", "code",
            "reason", "attempts", "due_at", "created_at", "finished_at", "exchanges", "trace",
        )}),
        technical("lane", "sender", "recipient", "shown_payload"),
    )  # fmt: skip
    readonly_fields = (
        "to", "platform_name", "customer", "conversation_link", "text", "state_in_words", "shown_payload", "exchanges", "trace",
    )  # fmt: skip

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The names of a page's seats are asked for at once."""
        found = super().get_changelist_instance(request)
        to_seats = [one for one in found.result_list if one.direction == Delivery.Direction.SEAT]
        names = seat_names(one.recipient for one in to_seats)
        for delivery in to_seats:
            delivery.seat_name = names[delivery.recipient]
        return found

    @admin.display(description=_("to"), ordering="recipient")
    def to(self, delivery: Delivery) -> str:
        if delivery.direction == Delivery.Direction.SEAT:
            return getattr(delivery, "seat_name", None) or seat_name(delivery.recipient)
        return delivery.conversation.customer.display_name if delivery.conversation else "-"

    @admin.display(description=_("conversation"))
    def conversation_link(self, delivery: Delivery) -> str:
        return conversation_link(delivery.conversation_id)

    @admin.display(description=_("payload"))
    def shown_payload(self, delivery: Delivery) -> str:
        return as_read(json.dumps(delivery.payload))

    @admin.display(description=_("text"))
    def text(self, delivery: Delivery) -> str:
        return delivery.message.preview[:60] if delivery.message else "-"

    @display(
        description=_("state"),
        label={
            "queued": "warning", "sending": "info", "done": "success", "failed": "danger", "held": "warning", "aside": "warning",
            "unknown": "danger", "dropped": "default", "joined": "success",
        },
    )  # fmt: skip
    def shown_state(self, delivery: Delivery) -> tuple[str, str]:
        return delivery.state, delivery.get_state_display()

    state_in_words = words_of(shown_state)

    @admin.display(description=_("trace"))
    def trace(self, delivery: Delivery) -> str:
        return trace_link(delivery.event_id)

    @admin.display(description=_("customer"))
    def customer(self, delivery: Delivery) -> str:
        return customer_link(delivery.lane)

    def has_resend_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("bridge.change_delivery")

    @action(description=_("Send it again"), url_path="resend", icon="send", permissions=["resend"])
    @asks(_("Should this delivery be sent again? One whose outcome is unknown may arrive twice."))
    def resend(self, request: HttpRequest, object_id: int) -> HttpResponse:
        delivery = found(Delivery.objects.all(), object_id)
        if _post_to_lanes(Delivery.objects.filter(pk=delivery.pk, state__in=RESENDABLE), ResendAsked):
            messages.success(request, gettext("It is being sent again."))
        else:
            messages.warning(request, gettext("Only what failed or has an unknown outcome can be sent again."))
        if delivery.conversation_id:
            return redirect("admin:bridge_conversation_transcript", delivery.conversation_id)
        return redirect("admin:bridge_delivery_change", delivery.pk)

    @action(description=_("Send the selected deliveries again"), permissions=["resend"])
    @confirmed(_("Should these deliveries be sent again? One whose outcome is unknown may arrive twice."))
    def resend_selected(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> None:
        count = _post_to_lanes(chosen.filter(state__in=RESENDABLE), ResendAsked)
        said = ngettext("%d delivery is being sent again.", "%d deliveries are being sent again.", count) % count
        messages.success(request, said)
        if left := chosen.count() - count:
            messages.warning(
                request, gettext("Only what failed or has an unknown outcome can be sent again; %d left out.") % left
            )

    @action(description=_("Drop the selected deliveries"), permissions=["resend"])
    @confirmed(_("Should these deliveries be given up? They will not be sent."), asks_reason=True)
    def drop_selected(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> None:
        reason = f"{staff_author(request.user).agent.name}: {request.POST['reason'].strip()}"
        count = _post_to_lanes(chosen.filter(state__in=DROPPABLE), partial(DropAsked, reason=reason))
        messages.success(request, ngettext("%d delivery is dropped.", "%d deliveries are dropped.", count) % count)
        if left := chosen.count() - count:
            messages.warning(
                request, gettext("What was sent, or is on its way, cannot be dropped; %d left out.") % left
            )


def _post_to_lanes(chosen: QuerySet[Delivery], event: Callable[[tuple[int, ...]], Event]) -> int:
    """Tell each lane what is to become of its deliveries; it does it in its own time. Returns how many those are."""
    by_lane: dict[str, list[int]] = defaultdict(list)
    for delivery in chosen.order_by("pk"):
        by_lane[delivery.lane].append(delivery.pk)
    for lane, ids in by_lane.items():
        storing.post(lane, event(tuple(ids)))
    return sum(map(len, by_lane.values()))
