"""The page of a WeChat account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from bridge.backoffice.found import found, numbered
from bridge.platforms.admin import AccountAdmin, GroupFilter, account_fieldsets
from bridge.platforms.wechat import console, qr_admin
from bridge.platforms.wechat.forms import WeChatAccountForm
from bridge.platforms.wechat.menus import page, programs
from bridge.platforms.wechat.models import WeChatAccount
from bridge.platforms.wechat.moving import page as moving
from bridge.platforms.wechat.notices import pages as notices
from bridge.platforms.wechat.staff import pages as staff

__all__ = ("WeChatAccountAdmin", "notices", "programs", "qr_admin", "staff")


@admin.register(WeChatAccount)
class WeChatAccountAdmin(AccountAdmin):
    """WeChat accounts: their keys, texts and rules, their set-up steps and checks."""

    form = WeChatAccountForm
    list_display = ("name", "kind", "slug", "app_id", "encryption_state", "group_name", "state")
    list_filter = ("kind", "encryption", GroupFilter)
    search_fields = ("name", "slug", "app_id")
    fieldsets = account_fieldsets(
        WeChatAccountForm,
        (None, {"fields": ("name", "kind", "slug", "callback_address", "avatar_url")}),
        (_("From WeChat's console"), {"fields": (
            "app_id", "app_secret", ("token", "previous_token"), "encryption", ("encoding_aes_key", "previous_aes_key"),
        )}),
        operation=("api_base",),
    )  # fmt: skip

    actions_detail = [*AccountAdmin.actions_detail, "menu", "moving"]

    def may_change_menu(self, request: HttpRequest) -> bool:
        """Tell whether the reader may change and publish menus."""
        user: Any = request.user
        return bool(user.has_perm("bridge.change_accountmenu"))

    def has_menu_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """A mini program has no menu."""
        user: Any = request.user
        mini = WeChatAccount.objects.filter(kind=WeChatAccount.Kind.MINI_PROGRAM)
        return bool(user.has_perm("bridge.view_accountmenu")) and not numbered(mini, object_id or "").exists()

    @action(description=_("Menu"), url_path="menu", icon="menu", permissions=["menu"])
    def menu(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return page.show(self, request, found(self.get_queryset(request), object_id))

    @action(description=_("Take over from WeChat's console"), url_path="moving", icon="move_down", permissions=["menu"])
    def moving(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return moving.show(self, request, found(self.get_queryset(request), object_id))

    @admin.display(description=_("callback address"))
    def callback_address(self, endpoint: WeChatAccount) -> str:
        return f"{settings.PUBLIC_URL}/callbacks/wechat/{endpoint.slug}/" if endpoint.slug else "-"

    def new_secrets(self) -> dict[str, str]:
        return console.new_secrets()

    def steps(self, endpoint: WeChatAccount) -> list[str]:
        mini = endpoint.kind == WeChatAccount.Kind.MINI_PROGRAM
        return console.steps(self.callback_address(endpoint), mini=mini)

    def leads_to(self, request: HttpRequest, endpoint: WeChatAccount) -> list[tuple[str, Any]]:
        if not self.has_menu_permission(request, str(endpoint.pk)):
            return []
        return [
            (reverse("admin:bridge_wechataccount_moving", args=[endpoint.pk]), _("Take over from WeChat's console"))
        ]

    @display(description=_("encryption"), label={"secure": "success", "compatible": "success", "plain": "warning"})
    def encryption_state(self, account: WeChatAccount) -> tuple[str, str]:
        return account.encryption, account.get_encryption_display()
