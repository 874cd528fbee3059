"""Accounts and the IM app."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from bridge import troubles
from bridge.admin.account_form import WeChatAccountForm, text_fields, window_fields
from bridge.admin.base import SecretsForm, TracedAdmin
from bridge.models import TencentIMApp, WeChatAccount


class ResumeMixin:
    """A button that lets an endpoint's deliveries go on at once, for whoever has mended what was wrong."""

    actions_detail = ["resume"]

    def has_resume_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_change_permission(request)  # type: ignore[attr-defined]

    @action(description=_("Try again now"), url_path="resume", icon="restart_alt", permissions=["resume"])
    def resume(self, request: HttpRequest, object_id: int) -> HttpResponse:
        endpoint = get_object_or_404(self.model, pk=object_id)  # type: ignore[attr-defined]
        if endpoint.trouble:
            troubles.resume(endpoint)
            messages.success(request, gettext("What waited is being sent. If it is refused again, it says so here."))
        else:
            messages.info(request, gettext("Nothing is wrong here: there is nothing to resume."))
        return redirect(reverse(f"admin:bridge_{endpoint._meta.model_name}_change", args=[object_id]))


@admin.register(WeChatAccount)
class WeChatAccountAdmin(ResumeMixin, TracedAdmin):
    form = WeChatAccountForm
    also_saved = ("window_rules", "texts")
    list_display = ("name", "kind", "slug", "app_id", "encryption_state", "group", "state")
    list_filter = ("kind", "encryption", "group")
    search_fields = ("name", "slug", "app_id")
    readonly_fields = ("callback_address", "trouble", "trouble_since", "retry_at", "count_checked_at")
    fieldsets = (
        (None, {"fields": ("name", "kind", "slug", "callback_address", "avatar_url")}),
        (_("From WeChat's console"), {"fields": (
            "app_id", "app_secret", ("token", "previous_token"), "encryption", ("encoding_aes_key", "previous_aes_key"),
        )}),
        (_("Where its customers go"), {"fields": (
            ("group", "first_mode"), ("hours", "priority"), ("reopen_minutes", "survey"), "opening_keys",
        )}),
        (_("How many messages WeChat allows"), {
            "fields": (*window_fields(), ("over_count", "over_time"), "count_checked_at"),
            "description": _("Messages (0: any number) within seconds. Empty: WeChat's usual numbers, shown in grey."),
        }),
        (_("What the product says to its customers"), {
            "fields": text_fields(),
            "description": _("Each of these spends one of the messages WeChat allows. Empty: the text shown in grey."),
        }),
        (_("Operation"), {"fields": ("api_base", "trouble", "trouble_since", "retry_at")}),
    )  # fmt: skip

    @admin.display(description=_("callback address"))
    def callback_address(self, account: WeChatAccount) -> str:
        return f"{settings.PUBLIC_URL}/callbacks/wechat/{account.slug}/" if account.slug else "-"

    @display(description=_("encryption"), label={"secure": "success", "compatible": "success", "plain": "warning"})
    def encryption_state(self, account: WeChatAccount) -> tuple[str, str]:
        return account.encryption, account.get_encryption_display()

    @display(description=_("state"), label={"ok": "success", "trouble": "danger"})
    def state(self, account: WeChatAccount) -> tuple[str, str]:
        return ("trouble", account.trouble) if account.trouble else ("ok", gettext("in order"))


class TencentIMAppForm(SecretsForm):
    secrets = ("secret_key", "callback_token")

    class Meta:
        model = TencentIMApp
        fields = (
            "sdk_app_id", "secret_key", "admin", "callback_token", "allow_unsigned", "region", "api_base", "rate_limit",
            "system_account", "system_name",
        )  # fmt: skip


@admin.register(TencentIMApp)
class TencentIMAppAdmin(ResumeMixin, TracedAdmin):
    form = TencentIMAppForm
    list_display = ("sdk_app_id", "admin", "region", "address", "trouble")
    readonly_fields = ("callback_address", "trouble", "trouble_since", "retry_at")
    fieldsets = (
        (_("From Tencent's console"), {"fields": ("sdk_app_id", "secret_key", "admin", "callback_token", "allow_unsigned")}),
        (_("Where it is"), {"fields": ("region", "api_base", "rate_limit")}),
        (_("What belongs to no customer"), {"fields": ("system_account", "system_name")}),
        (_("Operation"), {"fields": ("callback_address", "trouble", "trouble_since", "retry_at")}),
    )  # fmt: skip

    @admin.display(description=_("callback address"))
    def callback_address(self, app: TencentIMApp) -> str:
        return f"{settings.PUBLIC_URL}/callbacks/tencent-im/"

    @admin.display(description=_("API address"))
    def address(self, app: TencentIMApp) -> str:
        return app.address

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not TencentIMApp.objects.exists()
