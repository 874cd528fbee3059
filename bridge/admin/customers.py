"""Customers, and what WeChat allows us to write to them."""

from __future__ import annotations

from django.contrib import admin, messages
from django.contrib.admin import EmptyFieldListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from bridge import clock, inbox, nudges
from bridge.admin.base import NarrowAdmin, facts_of
from bridge.models import Customer
from bridge.text import short_time
from bridge.windows import COUNT, TIME, window_of


@admin.register(Customer)
class CustomerAdmin(NarrowAdmin):
    list_display = ("name", "account", "window", "tag_names", "blocked", "scene", "last_message_at", "created_at")
    list_filter = ("account", "tags", ("blocked_at", EmptyFieldListFilter), "subscribed", "last_message_at")
    autocomplete_fields = ("tags",)
    actions = ("block_selected", "unblock_selected")
    search_fields = ("remark", "openid", "unionid", "im_id")
    list_select_related = ("account",)
    ordering = ("-last_message_at",)
    fields = (
        "remark", "tags", "account", "window", "blocked_at", "blocked_reason", "openid", "unionid", "others", "im_id",
        "subscribed", "scene", "last_message_at", "created_at",
    )  # fmt: skip
    readonly_fields = fields[2:]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description=_("customer"), ordering="remark")
    def name(self, customer: Customer) -> str:
        return customer.display_name

    @display(
        description=_("may be written to"),
        label={"open": "success", "low": "warning", COUNT: "danger", TIME: "default", "unknown": "default"},
    )
    def window(self, customer: Customer) -> tuple[str, str]:
        window = window_of(customer)
        why = window.refusal(clock.now())
        if window.until is None:
            return "unknown", gettext("not known yet")
        if why == TIME:
            return TIME, gettext("no: the customer must write first")
        until = short_time(window.until)
        if why == COUNT:
            return COUNT, gettext("no: all messages are used up")
        if window.left is None:
            return "open", gettext("until %s") % until
        said = gettext("%(left)d more until %(until)s") % {"left": window.left, "until": until}
        return ("low" if window.left <= 1 else "open"), said

    @admin.display(description=_("tags"))
    def tag_names(self, customer: Customer) -> str:
        return "、".join(tag.name for tag in customer.tags.all()) or "-"

    @display(description=_("blocked"), label={"blocked": "danger"})
    def blocked(self, customer: Customer) -> tuple[str, str] | None:
        return ("blocked", gettext("is blocked")) if customer.blocked_at else None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        return super().get_queryset(request).prefetch_related("tags")

    @action(description=_("Block: close the conversation and take nothing any more"), permissions=["change"])
    def block_selected(self, request: HttpRequest, chosen: QuerySet[Customer]) -> None:
        self._command(request, chosen, "block", {"reason": ""})

    @action(description=_("Take messages again"), permissions=["change"])
    def unblock_selected(self, request: HttpRequest, chosen: QuerySet[Customer]) -> None:
        self._command(request, chosen, "unblock", {})

    @staticmethod
    def _command(request: HttpRequest, chosen: QuerySet[Customer], name: str, arguments: dict[str, str]) -> None:
        for customer in chosen:
            inbox.post(customer.im_id, "command", facts_of(request.user, name, arguments))
        nudges.notify()
        messages.success(request, gettext("It is being done; reload the page in a moment."))

    @admin.display(description=_("the same person elsewhere"))
    def others(self, customer: Customer) -> str:
        links = [
            (reverse("admin:bridge_customer_change", args=[other.pk]), other.im_nick)
            for other in customer.same_person()
        ]
        return format_html_join(" · ", '<a class="underline" href="{}">{}</a>', links) or "-"
