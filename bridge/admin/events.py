"""The inbox, its lanes, and what the platforms refused."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from bridge.admin.confirm import confirmed
from bridge.admin.exchanges import ExchangesMixin, as_read
from bridge.admin.links import conversation_link
from bridge.admin.naming import PlatformColumn, PlatformFilter, WhoseColumn, platform_words
from bridge.admin.paging import LATELY, LatelyFilter, LongTable, SinceFilter
from bridge.admin.tracing import TraceSearch, trace_link
from bridge.backoffice.pages import LogAdmin, technical, words_of
from bridge.inbox import storing
from bridge.models import Account, InboundEvent, Lane, PlatformError
from bridge.platforms.registry import event_words


class AccountFilter(admin.SimpleListFilter):
    """Events by the account they came for."""

    title = _("account")
    parameter_name = "account_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in Account.objects.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(account_id=self.value()) if self.value() else queryset


class KindFilter(LatelyFilter):
    """Events by their type, in words; kinds of different platforms may have the same ones."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = InboundEvent.objects.order_by("-pk").values_list("platform", "kind")[:LATELY]
        found = {kind: event_words(platform, kind) for platform, kind in newest}
        return sorted(found.items(), key=lambda one: one[1])


@admin.register(InboundEvent)
class InboundEventAdmin(TraceSearch, WhoseColumn, PlatformColumn, ExchangesMixin, LongTable, LogAdmin):
    """Events that came in; a dead one can be processed again."""

    list_display = (
        "id",
        "kind_in_words",
        "platform_name",
        "whose",
        "shown_state",
        "reason",
        "received_at",
        "finished_at",
    )
    list_filter = (
        "state", PlatformFilter, AccountFilter, KindFilter.of("kind", _("type")), SinceFilter.of("received_at"),
    )  # fmt: skip
    search_fields = ("=lane", "=dedup", "=id")
    search_help_text = _("A number, a trace, a lane or a key.")
    ordering = ("-pk",)
    actions = ("replay_selected",)
    fieldsets = (
        (None, {"fields": (
            "kind_in_words", "platform_name", "whose", "conversation", "state_in_words", "reason", "tries", "received_at",
            "finished_at", "exchanges", "trace",
        )}),
        technical("kind", "lane", "dedup", "shown_body"),
    )  # fmt: skip
    readonly_fields = (
        "kind_in_words", "platform_name", "whose", "conversation", "state_in_words", "shown_body", "exchanges", "trace",
    )  # fmt: skip

    def named(self, obj: InboundEvent) -> str:
        return f"#{obj.pk} {event_words(obj.platform, obj.kind)}"

    @admin.display(description=_("type"), ordering="kind")
    def kind_in_words(self, event: InboundEvent) -> str:
        return event_words(event.platform, event.kind)

    @display(description=_("state"), label={0: "warning", 1: "success", 2: "info", 3: "danger"})
    def shown_state(self, event: InboundEvent) -> tuple[int, str]:
        return event.state, event.get_state_display()

    state_in_words = words_of(shown_state)

    @admin.display(description=_("conversation"))
    def conversation(self, event: InboundEvent) -> str:
        """The one that was open in the lane when the event was done with, or that it closed."""
        customer = self.customer_of(event)
        if customer is None:
            return "-"
        begun = customer.conversations.filter(opened_at__lte=event.finished_at or event.received_at)
        ended = Q(closed_at=None) | Q(closed_at__gte=event.received_at)
        return conversation_link(begun.filter(ended).order_by("-pk").values_list("pk", flat=True).first())

    @admin.display(description=_("trace"))
    def trace(self, event: InboundEvent) -> str:
        return trace_link(event.pk)

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


@admin.register(PlatformError)
class PlatformErrorAdmin(PlatformColumn, LogAdmin):
    """What the platforms refused, with their codes."""

    list_display = ("platform_name", "code", "count", "text", "first_at", "last_at")
    list_filter = (PlatformFilter, "last_at")
    fields = readonly_fields = list_display

    def named(self, obj: PlatformError) -> str:
        return f"{platform_words(obj.platform)} {obj.code}"

    search_fields = ("code", "text")


@admin.register(Lane)
class LaneAdmin(WhoseColumn, LongTable, LogAdmin):
    """Lanes that have work, for whoever looks for a stuck one."""

    lane_field = "key"
    list_display = ("whose_in_words", "is_held", "lease_until", "wake_at", "stolen")
    search_fields = ("key",)
    ordering = ("-lease_until",)
    fieldsets = (
        (None, {"fields": ("whose", "is_held", "claimed_at", "lease_until", "wake_at", "stolen")}),
        technical("key", "owner"),
    )
    readonly_fields = ("whose", "is_held")

    @display(description=_("being worked on"), boolean=True)
    def is_held(self, lane: Lane) -> bool:
        return bool(lane.owner)

    def named(self, obj: Lane) -> str:
        return self.whose_in_words(obj)
