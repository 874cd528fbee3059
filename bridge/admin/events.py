"""The inbox and the outbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from bridge.admin.confirm import confirmed
from bridge.admin.exchanges import ExchangesMixin, as_read
from bridge.admin.exporting import Exported
from bridge.admin.links import customer_link
from bridge.admin.paging import LatelyFilter, LongTable, SinceFilter
from bridge.admin.resources import DeliveryResource
from bridge.apply.handlers.deliveries import DROPPABLE, RESENDABLE
from bridge.backoffice.pages import LogAdmin, words_of
from bridge.inbox import storing
from bridge.inbox.events import DropAsked, Event, ResendAsked
from bridge.models import Account, Delivery, InboundEvent, Lane, PlatformError


class AccountFilter(admin.SimpleListFilter):
    """Events by the account they came for."""

    title = _("account")
    parameter_name = "account_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in Account.objects.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(account_id=self.value()) if self.value() else queryset


@admin.register(InboundEvent)
class InboundEventAdmin(ExchangesMixin, LongTable, LogAdmin):
    """Events that came in; a dead one can be processed again."""

    list_display = ("id", "kind", "platform", "lane", "shown_state", "reason", "received_at", "finished_at")
    list_filter = (
        "state", "platform", AccountFilter, LatelyFilter.of("kind", _("type")), SinceFilter.of("received_at"),
    )  # fmt: skip
    search_fields = ("=lane", "=dedup", "=id")
    search_help_text = _("A number, a lane or a key.")
    ordering = ("-pk",)
    actions = ("replay_selected",)
    fields = (
        "kind", "platform", "customer", "lane", "state_in_words", "reason", "tries", "received_at", "finished_at", "dedup",
        "shown_body", "exchanges",
    )  # fmt: skip
    readonly_fields = fields

    @display(description=_("state"), label={0: "warning", 1: "success", 2: "info", 3: "danger"})
    def shown_state(self, event: InboundEvent) -> tuple[int, str]:
        return event.state, event.get_state_display()

    state_in_words = words_of(shown_state)

    @admin.display(description=_("customer"))
    def customer(self, event: InboundEvent) -> str:
        return customer_link(event.lane)

    @admin.display(description=_("body"))
    def shown_body(self, event: InboundEvent) -> str:
        return as_read(event.body)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bridge.change_inboundevent")

    @action(description=_("Work on the selected events again"), permissions=["replay"])
    @confirmed(_("Should these events be worked on again? They come after what has happened in their lanes meanwhile."))
    def replay_selected(self, request: HttpRequest, chosen: QuerySet[InboundEvent]) -> None:
        whole = chosen.count()
        count = storing.replay(chosen.values_list("pk", flat=True))
        messages.success(
            request, ngettext("%d event is worked on again.", "%d events are worked on again.", count) % count
        )
        if whole - count:
            messages.warning(request, gettext("Only failed events can be; %d left out.") % (whole - count))


@admin.register(Delivery)
class DeliveryAdmin(Exported, ExchangesMixin, LongTable, LogAdmin):
    """Messages on their way out; a dead one can be sent again or dropped."""

    resource_classes = (DeliveryResource,)
    list_display = ("id", "direction", "text", "endpoint", "shown_state", "attempts", "code", "reason", "created_at")
    list_filter = (
        "state", "direction", "platform", "endpoint", LatelyFilter.of("code", _("code")), SinceFilter.of("created_at"),
    )  # fmt: skip
    search_fields = ("=recipient", "=lane", "=id")
    search_help_text = _("A number, a lane or a recipient.")
    list_select_related = ("endpoint", "message")
    ordering = ("-pk",)
    actions = ("resend_selected", "drop_selected")
    fields = (
        "direction", "platform", "endpoint", "customer", "conversation", "message", "sender", "recipient",
        "state_in_words", "code", "reason",
        "attempts", "due_at", "created_at", "finished_at", "lane", "payload", "exchanges",
    )  # fmt: skip
    readonly_fields = fields

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

    @admin.display(description=_("customer"))
    def customer(self, delivery: Delivery) -> str:
        return customer_link(delivery.lane)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bridge.change_delivery")

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
        reason = f"{request.user.get_username()}: {request.POST['reason'].strip()}"
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


@admin.register(PlatformError)
class PlatformErrorAdmin(LogAdmin):
    """What the platforms refused, with their codes."""

    list_display = ("platform", "code", "count", "text", "first_at", "last_at")
    list_filter = ("platform", "last_at")
    search_fields = ("code", "text")


@admin.register(Lane)
class LaneAdmin(LongTable, LogAdmin):
    """Lanes that have work, for whoever looks for a stuck one."""

    list_display = ("key", "owner", "lease_until", "wake_at", "stolen")
    search_fields = ("key",)
    ordering = ("-lease_until",)
