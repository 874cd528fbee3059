"""The exchange log."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from bridge.admin.naming import PlatformColumn, PlatformFilter
from bridge.admin.paging import LatelyFilter, LongTable, SinceFilter
from bridge.admin.tracing import TraceSearch, trace_link
from bridge.backoffice.pages import LogAdmin
from bridge.models import Delivery, Endpoint, Exchange, InboundEvent

SHOWN = 20


@admin.register(Exchange)
class ExchangeAdmin(TraceSearch, PlatformColumn, LongTable, LogAdmin):
    """The log of calls and callbacks, without secrets."""

    list_display = ("at", "direction", "platform_name", "shown_address", "outcome", "code", "milliseconds")
    list_filter = (
        "failed", "direction", PlatformFilter, LatelyFilter.of("code", gettext_lazy("code")), SinceFilter.of("at"),
    )  # fmt: skip
    search_fields = ("=delivery_id", "=dedup", "=lane")
    search_help_text = gettext_lazy(
        "The number of a delivery, a trace (e and an event's number), an event's key, or a lane."
    )
    ordering = ("-pk",)
    fields = (
        "at", "direction", "platform_name", "account", "method", "address", "sent", "status", "code", "answered", "milliseconds",
        "belongs_to", "trace",
    )  # fmt: skip
    readonly_fields = fields

    @admin.display(description=gettext_lazy("address"))
    def shown_address(self, exchange: Exchange) -> str:
        return exchange.address.partition("?")[0].partition("://")[2] or exchange.address.partition("?")[0]

    @display(description=gettext_lazy("outcome"), label={"ok": "success", "failed": "danger"})
    def outcome(self, exchange: Exchange) -> tuple[str, str]:
        said = str(exchange.status or _("no answer"))
        return ("failed" if exchange.failed else "ok"), said

    @admin.display(description=gettext_lazy("account"))
    def account(self, exchange: Exchange) -> str:
        endpoint = Endpoint.objects.filter(pk=exchange.account_id or 0).first()
        return str(endpoint) if endpoint else "-"

    @admin.display(description=gettext_lazy("request"))
    def sent(self, exchange: Exchange) -> str:
        event = InboundEvent.objects.filter(dedup=exchange.dedup).first() if exchange.dedup else None
        text = exchange.request or (event.body if event and exchange.direction == Exchange.Direction.IN else "")
        return as_read(text)

    @admin.display(description=gettext_lazy("answer"))
    def answered(self, exchange: Exchange) -> str:
        return as_read(exchange.answer)

    @admin.display(description=gettext_lazy("trace"))
    def trace(self, exchange: Exchange) -> str:
        return trace_link(exchange.event_id)

    @admin.display(description=gettext_lazy("belongs to"))
    def belongs_to(self, exchange: Exchange) -> str:
        links = []
        if exchange.delivery_id and Delivery.objects.filter(pk=exchange.delivery_id).exists():
            address = reverse("admin:bridge_delivery_change", args=[exchange.delivery_id])
            links.append((address, _("delivery #%d") % exchange.delivery_id))
        event = InboundEvent.objects.filter(dedup=exchange.dedup).first() if exchange.dedup else None
        if event:
            links.append((reverse("admin:bridge_inboundevent_change", args=[event.pk]), _("event #%d") % event.pk))
        return format_html_join(" · ", '<a class="underline" href="{}">{}</a>', links) or "-"


def as_read(text: str) -> str:
    """Return a body as it is read: JSON with its lines."""
    with contextlib.suppress(ValueError):
        text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    return format_html('<pre class="whitespace-pre-wrap break-all">{}</pre>', text) if text else "-"


class ExchangesMixin:
    """A field that lists the exchanges of an event or a delivery."""

    @admin.display(description=gettext_lazy("exchanges"))
    def exchanges(self, row: Any) -> str:
        mine = {"delivery_id": row.pk} if isinstance(row, Delivery) else {"dedup": row.dedup}
        found = list(Exchange.objects.filter(**mine).order_by("-pk")[:SHOWN])
        if not found:
            return _("none are kept")
        lines = [
            (
                reverse("admin:bridge_exchange_change", args=[one.pk]),
                f"{one.method} {one.address.partition('?')[0]} → {one.status or _('no answer')} {one.code}".strip(),
                f"{one.milliseconds} ms",
            )
            for one in reversed(found)
        ]
        return format_html_join("", '<div><a class="underline" href="{}">{}</a> <small>{}</small></div>', lines)
