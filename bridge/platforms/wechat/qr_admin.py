"""The pages of QR codes: made, looked at, printed, and what came of each."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import segno
from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from bridge.backoffice.asking import asks
from bridge.backoffice.found import found, numbered, numbers
from bridge.backoffice.pages import TracedAdmin
from bridge.base import clock
from bridge.models import Conversation, Customer
from bridge.pipeline.bots import bots
from bridge.platforms.wechat import qr_codes, qr_programs
from bridge.platforms.wechat.models import QrCode
from bridge.platforms.wechat.qr_forms import WELCOME, QrCodeForm, order
from bridge.values.agents import directory
from bridge.values.outcomes import DeliveryError

__all__ = ("QrCodeAdmin", "qr_programs")
COUNTED_DAYS = 30
MOST_PRINTED = 200


def _counted(rows: QuerySet[Any], by: str) -> Subquery:
    return Subquery(rows.order_by().values(by).annotate(number=Count("pk")).values("number")[:1])


@admin.register(QrCode)
class QrCodeAdmin(TracedAdmin):
    """QR codes with a scene. The scene, its account and its kind stand in what is printed: they do not change."""

    form = QrCodeForm
    also_saved = ("welcome", "ticket", "url", "expires_at")
    conditional_fields = {**WELCOME.shown_when(), "days": "typeof kind === 'undefined' || kind == 'temporary'"}
    list_display = ("name", "account", "state", "leads_to", "follows", "conversations")
    list_filter = ("account", "kind")
    search_fields = ("name", "scene")
    list_select_related = ("account",)
    readonly_fields = ("picture", "expires_at")
    actions = ("print_chosen",)
    actions_detail = ("sheet", "again")
    autocomplete_fields = ("tags",)
    next_step = _(
        "Each code that customers scan: on a poster, a counter, a parcel. Make one; it can be printed at once."
    )
    fieldsets = (
        (None, {"fields": ("name", "account", "kind", "days", "scene", "picture", "expires_at")}),
        (_("Where it leads"), {"fields": ("group", ("seat_id", "mode"), "opens", "tags")}),
        (_("What the customer reads at once"), {
            "fields": WELCOME.names(),
            "description": _("Without one, a new follower reads the account's welcome. It costs none of the messages."),
        }),
    )  # fmt: skip
    filter_horizontal = ()

    def get_readonly_fields(self, request: HttpRequest, obj: QrCode | None = None) -> tuple[str, ...]:
        """A code that WeChat has made stays what it is."""
        return (*self.readonly_fields, *(("account", "kind", "days", "scene") if obj else ()))

    def get_fieldsets(self, request: HttpRequest, obj: QrCode | None = None) -> Any:
        """Of one that does not run out it is not told how long it is valid."""
        if obj is None or obj.kind == QrCode.Kind.TEMPORARY:
            return self.fieldsets
        (title, first), *rest = self.fieldsets
        lasting = tuple(one for one in first["fields"] if one not in ("days", "expires_at"))
        return ((title, {**first, "fields": lasting}), *rest)

    def impossible(self, object_id: Any) -> set[str]:
        """Only a temporary code can be made anew."""
        temporary = numbered(QrCode.objects.filter(kind=QrCode.Kind.TEMPORARY), object_id)
        return set() if temporary.exists() else {"again"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[QrCode]:
        since = clock.now() - timedelta(days=COUNTED_DAYS)
        came = Customer.objects.filter(account=OuterRef("account"), scene=OuterRef("scene"), created_at__gte=since)
        opened = Conversation.objects.filter(
            customer__account=OuterRef("account"), source_detail=OuterRef("scene"), opened_at__gte=since
        )
        rows: QuerySet[QrCode] = super().get_queryset(request)
        return rows.annotate(came=_counted(came, "scene"), opened=_counted(opened, "source_detail"))

    def get_urls(self) -> list[URLPattern]:
        return [
            path("print/", self.admin_site.admin_view(self.print_page), name="bridge_qrcode_print"),
            path("<int:object_id>/image/", self.admin_site.admin_view(self.image), name="bridge_qrcode_image"),
            *super().get_urls(),
        ]

    @display(description=_("state"), label={"good": "success", "over": "danger", "foreign": "default"})
    def state(self, code: QrCode) -> tuple[str, str]:
        if code.kind == QrCode.Kind.FOREIGN:
            return "foreign", gettext("made elsewhere")
        if code.expires_at is None:
            return "good", gettext("permanent")
        if code.expires_at <= clock.now():
            return "over", gettext("expired")
        return "good", gettext("valid")

    @admin.display(description=_("leads to"))
    def leads_to(self, code: QrCode) -> str:
        seats = {agent.id: agent.name for agent in directory().everybody()} if code.seat_id else {}
        groups = dict(directory().groups())
        bot = bots().get(code.mode)
        found = [groups.get(code.group, code.group), seats.get(code.seat_id or 0, ""), bot.label if bot else code.mode]
        return " · ".join(str(one) for one in found if one) or "-"

    @admin.display(description=_("new customers, 30 days"), ordering="came")
    def follows(self, code: Any) -> int:
        return code.came or 0

    @admin.display(description=_("conversations, 30 days"), ordering="opened")
    def conversations(self, code: Any) -> int:
        return code.opened or 0

    @admin.display(description=_("QR code"))
    def picture(self, code: QrCode) -> str:
        drawn = qr_codes.drawn(code)
        return format_html('<div class="w-40">{}</div>', drawn) if drawn else gettext("Shown once it is saved.")

    @action(description=_("Print sheet"), url_path="sheet", icon="print", permissions=["view"])
    def sheet(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect(f"{reverse('admin:bridge_qrcode_print')}?ids={int(object_id)}")

    @action(description=_("Make it anew"), url_path="again", icon="refresh", permissions=["change"])
    @asks(_("Should WeChat make this code anew? What was printed before ends at its old time."))
    def again(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """A temporary code is valid for its days from now on, with the same scene; WeChat gives it another picture."""
        code = found(QrCode.objects.all(), object_id)
        if code.kind != QrCode.Kind.TEMPORARY:
            messages.info(request, gettext("Only a temporary code runs out and can be made anew."))
        else:
            self._renew(request, code)
        return redirect(reverse("admin:bridge_qrcode_change", args=[code.pk]))

    @staticmethod
    def _renew(request: HttpRequest, code: QrCode) -> None:
        try:
            order(code)
        except DeliveryError as error:
            words = gettext("WeChat has not made the code: %(reason)s (%(code)s).")
            messages.error(request, words % {"reason": error.reason, "code": error.code})
            return
        code.save(update_fields=["ticket", "url", "expires_at"])
        messages.success(request, gettext("The code is made anew. What was printed before ends at its old time."))

    @admin.action(description=_("Print sheet of the chosen ones"), permissions=["view"])
    def print_chosen(self, request: HttpRequest, queryset: QuerySet[QrCode]) -> HttpResponse:
        chosen = list(queryset.values_list("pk", flat=True))
        ids = ",".join(str(pk) for pk in chosen[:MOST_PRINTED])
        if len(chosen) > MOST_PRINTED:
            words = gettext("%(most)d codes fit on a sheet; %(left)d of those you chose are not on it.")
            messages.warning(request, words % {"most": MOST_PRINTED, "left": len(chosen) - MOST_PRINTED})
        return redirect(f"{reverse('admin:bridge_qrcode_print')}?ids={ids}")

    def print_page(self, request: HttpRequest) -> HttpResponse:
        """Show codes as a sheet to print: each with its account's name and its own."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        wanted = numbers(request.GET.get("ids", "").split(","))[:MOST_PRINTED]
        codes = QrCode.objects.filter(pk__in=wanted).exclude(url="").select_related("account")
        cards = [{"code": code, "picture": qr_codes.drawn(code)} for code in codes]
        back = reverse("admin:bridge_qrcode_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Print sheet"),
            "cards": cards,
            "back": back,
        }
        return render(request, "admin/qr_sheet.html", context)

    def image(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Answer with the code as a PNG for print shops."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        code = found(QrCode.objects.exclude(url=""), object_id)
        name = f'attachment; filename="{code.scene}.png"'
        made = io.BytesIO()
        segno.make(code.url, error="m").save(made, kind="png", scale=20, border=4)
        return HttpResponse(made.getvalue(), content_type="image/png", headers={"Content-Disposition": name})
