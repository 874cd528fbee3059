"""The inbox and the outbox."""

from __future__ import annotations

from collections import defaultdict

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from bridge import inbox, nudges
from bridge.admin.base import LogAdmin
from bridge.handlers.deliveries import RESENDABLE
from bridge.models import Delivery, InboundEvent, Lane, PlatformError


@admin.register(InboundEvent)
class InboundEventAdmin(LogAdmin):
    list_display = ("id", "kind", "platform", "lane", "shown_state", "reason", "received_at", "finished_at")
    list_filter = ("state", "platform", "kind", "received_at")
    search_fields = ("lane", "reason", "=id")
    ordering = ("-pk",)
    show_full_result_count = False

    @display(description=_("state"), label={0: "warning", 1: "success", 2: "info", 3: "danger"})
    def shown_state(self, event: InboundEvent) -> tuple[int, str]:
        return event.state, event.get_state_display()


@admin.register(Delivery)
class DeliveryAdmin(LogAdmin):
    list_display = ("id", "direction", "text", "account", "shown_state", "attempts", "code", "reason", "created_at")
    list_filter = ("state", "direction", "platform", "account", "code", "created_at")
    search_fields = ("recipient", "lane", "reason", "=id")
    list_select_related = ("account", "message")
    ordering = ("-pk",)
    show_full_result_count = False
    actions = ("resend_selected",)

    @admin.display(description=_("text"))
    def text(self, delivery: Delivery) -> str:
        return delivery.message.preview[:60] if delivery.message else "-"

    @display(
        description=_("state"),
        label={
            "queued": "warning", "sending": "info", "done": "success", "failed": "danger", "held": "warning",
            "unknown": "danger", "dropped": "default", "joined": "success",
        },
    )  # fmt: skip
    def shown_state(self, delivery: Delivery) -> tuple[str, str]:
        return delivery.state, delivery.get_state_display()

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bridge.change_delivery")

    @action(description=_("Send the selected deliveries again"), permissions=["resend"])
    def resend_selected(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> None:
        by_lane: dict[str, list[int]] = defaultdict(list)
        for delivery in chosen.filter(state__in=RESENDABLE).order_by("pk"):
            by_lane[delivery.lane].append(delivery.pk)
        for lane, ids in by_lane.items():
            inbox.post(lane, "resend", {"deliveries": ids})
        nudges.notify()
        count = sum(map(len, by_lane.values()))
        said = ngettext("%d delivery is being sent again.", "%d deliveries are being sent again.", count) % count
        left = chosen.count() - count
        messages.success(request, said)
        if left:
            messages.warning(
                request, _("Only what failed or has an unknown outcome can be sent again; %d left out.") % left
            )


@admin.register(PlatformError)
class PlatformErrorAdmin(LogAdmin):
    list_display = ("platform", "code", "count", "text", "first_at", "last_at")
    list_filter = ("platform", "last_at")
    search_fields = ("code", "text")


@admin.register(Lane)
class LaneAdmin(LogAdmin):
    list_display = ("key", "owner", "lease_until", "wake_at", "stolen")
    search_fields = ("key",)
    ordering = ("-lease_until",)
