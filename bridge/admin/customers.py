"""Customers, and what WeChat allows us to write to them."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from bridge import clock
from bridge.models import Customer
from bridge.text import short_time
from bridge.windows import COUNT, TIME, window_of


@admin.register(Customer)
class CustomerAdmin(ModelAdmin):
    list_display = ("name", "account", "window", "subscribed", "scene", "last_message_at", "created_at")
    list_filter = ("account", "subscribed", "last_message_at")
    search_fields = ("remark", "openid", "unionid", "im_id")
    list_select_related = ("account",)
    ordering = ("-last_message_at",)
    fields = (
        "remark", "account", "window", "openid", "unionid", "others", "im_id", "subscribed", "scene", "last_message_at",
        "created_at",
    )  # fmt: skip
    readonly_fields = fields[1:]

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

    @admin.display(description=_("the same person elsewhere"))
    def others(self, customer: Customer) -> str:
        links = [
            (reverse("admin:bridge_customer_change", args=[other.pk]), other.im_nick)
            for other in customer.same_person()
        ]
        return format_html_join(" · ", '<a class="underline" href="{}">{}</a>', links) or "-"
