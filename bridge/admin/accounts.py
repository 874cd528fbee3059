"""Accounts and the IM app."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from bridge.admin.base import SecretsForm
from bridge.agents import directory
from bridge.bots import ChatBot, bots
from bridge.models import TencentIMApp, WeChatAccount


def _first_modes() -> list[tuple[str, str]]:
    """Return the bots that can begin a conversation: those that handle messages."""
    return [(name, name) for name, bot in bots().items() if type(bot).on_message is not ChatBot.on_message]


class WeChatAccountForm(SecretsForm):
    secrets = ("app_secret", "token", "encoding_aes_key", "previous_aes_key")
    group = forms.ChoiceField(label=_("first group"), required=False, widget=UnfoldAdminSelectWidget)
    first_mode = forms.ChoiceField(label=_("first mode"), widget=UnfoldAdminSelectWidget)

    class Meta:
        model = WeChatAccount
        fields = (
            "name", "slug", "app_id", "app_secret", "token", "encryption", "encoding_aes_key", "previous_aes_key",
            "group", "first_mode", "api_base",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].choices = [("", _("none: its customers find no seat")), *directory().groups()]  # type: ignore[attr-defined]
        self.fields["first_mode"].choices = _first_modes()  # type: ignore[attr-defined]
        for name in ("group", "first_mode"):
            self.fields[name].help_text = WeChatAccount._meta.get_field(name).help_text  # type: ignore[union-attr]


@admin.register(WeChatAccount)
class WeChatAccountAdmin(ModelAdmin):
    form = WeChatAccountForm
    list_display = ("name", "slug", "app_id", "encryption_state", "group", "state")
    list_filter = ("encryption", "group")
    search_fields = ("name", "slug", "app_id")
    readonly_fields = ("callback_address", "trouble", "trouble_since")
    fieldsets = (
        (None, {"fields": ("name", "slug", "callback_address")}),
        (_("From WeChat's console"), {"fields": ("app_id", "app_secret", "token", "encryption", "encoding_aes_key", "previous_aes_key")}),
        (_("Where its customers go"), {"fields": ("group", "first_mode")}),
        (_("Operation"), {"fields": ("api_base", "trouble", "trouble_since")}),
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
        fields = ("sdk_app_id", "secret_key", "admin", "callback_token", "allow_unsigned", "api_base")


@admin.register(TencentIMApp)
class TencentIMAppAdmin(ModelAdmin):
    form = TencentIMAppForm
    list_display = ("sdk_app_id", "admin", "api_base", "trouble")
    readonly_fields = ("callback_address", "trouble", "trouble_since")
    fieldsets = (
        (_("From Tencent's console"), {"fields": ("sdk_app_id", "secret_key", "admin", "callback_token", "allow_unsigned")}),
        (_("Operation"), {"fields": ("callback_address", "api_base", "trouble", "trouble_since")}),
    )  # fmt: skip

    @admin.display(description=_("callback address"))
    def callback_address(self, app: TencentIMApp) -> str:
        return f"{settings.PUBLIC_URL}/callbacks/tencent-im/"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not TencentIMApp.objects.exists()
