"""Accounts and the IM app."""

from __future__ import annotations

import secrets
import string
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from bridge import limits, troubles
from bridge.admin.account_form import WeChatAccountForm, bot_fields, parameter_fields, text_fields, window_fields
from bridge.admin.base import SecretsForm, TracedAdmin
from bridge.models import TencentIMApp, WeChatAccount
from bridge.models.accounts import AES_KEY_LENGTH
from bridge.platforms.checks import GOOD, Check
from bridge.platforms.registry import get_platform


class SetupMixin:
    """A page that says what to enter on the platform's side, and checks from ours what can be checked."""

    platform = ""

    @action(description=_("Set up and check"), url_path="setup", icon="rule", permissions=["resume"])
    def setup(self, request: HttpRequest, object_id: int) -> HttpResponse:
        endpoint = get_object_or_404(self.model, pk=object_id)  # type: ignore[attr-defined]
        made: dict[str, str] = {}
        checks: list[Check] = []
        if request.method == "POST" and "renew" in request.POST:
            made = self.renewed(request, endpoint)
        elif request.method == "POST":
            checks = list(get_platform(self.platform).check(endpoint))
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "title": gettext("Set up and check: %s") % endpoint,
            "endpoint": endpoint,
            "address": self.callback_address(endpoint),  # type: ignore[attr-defined]
            "steps": self.steps(endpoint),
            "made": made,
            "checks": checks,
            "fine": checks and all(one.state == GOOD for one in checks),
            "change": reverse(f"admin:bridge_{endpoint._meta.model_name}_change", args=[object_id]),
        }
        return render(request, "admin/setup.html", context)

    def renewed(self, request: HttpRequest, endpoint: Any) -> dict[str, str]:
        """Make new secrets for the callback and return them by their names: this is the one time they can be read."""
        raise NotImplementedError

    def steps(self, endpoint: Any) -> list[str]:
        """Return what is to be done on the platform's side, in order."""
        raise NotImplementedError


class ResumeMixin:
    """A button that lets an endpoint's deliveries go on at once, for whoever has mended what was wrong."""

    actions_detail = ["setup", "resume"]

    def has_resume_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_change_permission(request)  # type: ignore[attr-defined]

    @action(description=_("Try again now"), url_path="resume", icon="restart_alt", permissions=["resume"])
    def resume(self, request: HttpRequest, object_id: int) -> HttpResponse:
        endpoint = get_object_or_404(self.model, pk=object_id)  # type: ignore[attr-defined]
        if endpoint.trouble or self.limits_of(endpoint):
            self.lift_limits(endpoint)
            troubles.resume(endpoint)
            messages.success(request, gettext("What waited is being sent. If it is refused again, it says so here."))
        else:
            messages.info(request, gettext("Nothing is wrong here: there is nothing to resume."))
        return redirect(reverse(f"admin:bridge_{endpoint._meta.model_name}_change", args=[object_id]))

    def limits_of(self, endpoint: Any) -> list[limits.Limit]:
        """Return the calls that are at their limit now."""
        return []

    def lift_limits(self, endpoint: Any) -> None:
        """Let those calls be tried at once."""


@admin.register(WeChatAccount)
class WeChatAccountAdmin(SetupMixin, ResumeMixin, TracedAdmin):
    platform = "wechat"
    form = WeChatAccountForm
    also_saved = ("window_rules", "texts", "bots", "parameters")
    list_display = ("name", "kind", "slug", "app_id", "encryption_state", "group", "state")
    list_filter = ("kind", "encryption", "group")
    search_fields = ("name", "slug", "app_id")
    readonly_fields = ("callback_address", "trouble", "trouble_since", "retry_at", "limited", "count_checked_at")
    fieldsets = (
        (None, {"fields": ("name", "kind", "slug", "callback_address", "avatar_url")}),
        (_("From WeChat's console"), {"fields": (
            "app_id", "app_secret", ("token", "previous_token"), "encryption", ("encoding_aes_key", "previous_aes_key"),
        )}),
        (_("Where its customers go"), {"fields": (
            "group", ("hours", "priority"), ("reopen_minutes", "survey"), "opening_keys",
        )}),
        (_("Chatbots before the seats"), {
            "fields": bot_fields(),
            "description": _("Those switched on greet its customers in the order of their positions; then a seat is looked for."),
        }),
        (_("How many messages WeChat allows"), {
            "fields": (*window_fields(), ("over_count", "over_time"), "count_checked_at"),
            "description": _("Messages (0: any number) within seconds. Empty: WeChat's usual numbers, shown in grey."),
        }),
        (_("What the product says to its customers"), {
            "fields": text_fields(),
            "description": _("Each of these spends one of the messages WeChat allows. Empty: the text shown in grey."),
        }),
        (_("Parameters of its own"), {
            "fields": parameter_fields(),
            "description": _("What differs from the site's parameters; empty: as the site."),
        }),
        (_("Operation"), {"fields": ("api_base", "trouble", "trouble_since", "retry_at", "limited")}),
    )  # fmt: skip

    @admin.display(description=_("callback address"))
    def callback_address(self, account: WeChatAccount) -> str:
        return f"{settings.PUBLIC_URL}/callbacks/wechat/{account.slug}/" if account.slug else "-"

    def renewed(self, request: HttpRequest, endpoint: WeChatAccount) -> dict[str, str]:
        """The old ones stay valid until WeChat uses the new ones."""
        letters = string.ascii_letters + string.digits
        endpoint.previous_token, endpoint.previous_aes_key = endpoint.token, endpoint.encoding_aes_key
        endpoint.token = "".join(secrets.choice(letters) for _at in range(24))  # type: ignore[assignment]
        endpoint.encoding_aes_key = "".join(secrets.choice(letters) for _at in range(AES_KEY_LENGTH))  # type: ignore[assignment]
        endpoint._change_reason = gettext("New token and EncodingAESKey")  # type: ignore[attr-defined]
        endpoint.save(update_fields=["token", "previous_token", "encoding_aes_key", "previous_aes_key"])
        return {"Token": endpoint.token, "EncodingAESKey": endpoint.encoding_aes_key}

    def steps(self, endpoint: WeChatAccount) -> list[str]:
        return [
            gettext("In WeChat's console open “设置与开发 → 开发接口管理” (for a mini program “开发管理 → 消息推送”)."),
            gettext("Enter this server's IP address in the allow list (IP 白名单) beside the app secret."),
            gettext(
                "Enter the address below as the server address (URL), with token and EncodingAESKey; choose the secure mode."
            ),
            gettext("Switch the server configuration on. WeChat calls the address at once to see that it answers."),
            gettext("Check here."),
        ]

    @display(description=_("encryption"), label={"secure": "success", "compatible": "success", "plain": "warning"})
    def encryption_state(self, account: WeChatAccount) -> tuple[str, str]:
        return account.encryption, account.get_encryption_display()

    def limits_of(self, endpoint: WeChatAccount) -> list[limits.Limit]:
        return limits.standing(endpoint)

    def lift_limits(self, endpoint: WeChatAccount) -> None:
        limits.lift(endpoint)

    @admin.display(description=_("calls at their limit"))
    def limited(self, account: WeChatAccount) -> str:
        return "\n".join(f"{one.reason} ({one.code})" for one in limits.standing(account)) or "-"

    @display(description=_("state"), label={"ok": "success", "limited": "warning", "trouble": "danger"})
    def state(self, account: WeChatAccount) -> tuple[str, str]:
        if account.trouble:
            return "trouble", account.trouble
        if found := limits.standing(account):
            return "limited", found[0].reason
        return "ok", gettext("in order")


class TencentIMAppForm(SecretsForm):
    secrets = ("secret_key", "callback_token")

    class Meta:
        model = TencentIMApp
        fields = (
            "sdk_app_id", "secret_key", "admin", "callback_token", "allow_unsigned", "region", "api_base", "rate_limit",
            "system_account", "system_name",
        )  # fmt: skip


@admin.register(TencentIMApp)
class TencentIMAppAdmin(SetupMixin, ResumeMixin, TracedAdmin):
    platform = "tencent_im"
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

    def renewed(self, request: HttpRequest, endpoint: TencentIMApp) -> dict[str, str]:
        endpoint.callback_token = secrets.token_urlsafe(24)  # type: ignore[assignment]
        endpoint._change_reason = gettext("New callback token")  # type: ignore[attr-defined]
        endpoint.save(update_fields=["callback_token"])
        return {gettext("Callback token"): endpoint.callback_token}

    def steps(self, endpoint: TencentIMApp) -> list[str]:
        return [
            gettext("In Tencent's console open the app's “回调配置” and enter the address below as the callback URL."),
            gettext("Switch authentication (回调鉴权) on, with the callback token."),
            gettext("Switch on “单聊消息 → 发送单聊消息之后回调” and “在线状态 → 状态变更回调”."),
            gettext("Check here, let a seat sign in to its client and write to somebody, and check again."),
        ]

    @admin.display(description=_("API address"))
    def address(self, app: TencentIMApp) -> str:
        return app.address

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not TencentIMApp.objects.exists()
