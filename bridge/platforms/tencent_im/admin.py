"""The page of the Tencent IM app."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bridge.platforms.admin import OPERATION, EndpointAdmin
from bridge.platforms.tencent_im.forms import TencentIMAppForm
from bridge.platforms.tencent_im.models import TencentIMApp


@admin.register(TencentIMApp)
class TencentIMAppAdmin(EndpointAdmin):
    """The Tencent IM app: its keys, its set-up steps and checks."""

    form = TencentIMAppForm
    list_display = ("sdk_app_id", "admin", "region", "address", "trouble")
    readonly_fields = ("callback_address", *OPERATION)
    fieldsets = (
        (_("From Tencent's console"), {"fields": (
            "sdk_app_id", "secret_key", "admin", ("callback_token", "previous_callback_token"), "allow_unsigned",
        )}),
        (_("Where it is"), {"fields": ("region", "api_base", "rate_limit")}),
        (_("What belongs to no customer"), {"fields": ("system_account", "system_name")}),
        (_("Operation"), {"fields": ("callback_address", *OPERATION)}),
    )  # fmt: skip

    @admin.display(description=_("callback address"))
    def callback_address(self, endpoint: TencentIMApp) -> str:
        return f"{settings.PUBLIC_URL}/callbacks/tencent-im/"

    def new_secrets(self) -> dict[str, str]:
        return {"callback_token": secrets.token_hex(16)}

    def steps(self, endpoint: TencentIMApp) -> list[str]:
        return [
            gettext("In Tencent's console open the app's “回调配置” and enter the address below as the callback URL."),
            gettext("Switch authentication (回调鉴权) on, with the callback token."),
            gettext(
                "Switch on all four callbacks: “发单聊消息之后回调”, “单聊消息撤回后回调”, “单聊消息已读上报后回调” and “状态变更回调”."
            ),
            gettext("Check here, let a seat sign in to its client and write to somebody, and check again."),
        ]

    @admin.display(description=_("API address"))
    def address(self, app: TencentIMApp) -> str:
        return app.address

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not TencentIMApp.objects.exists()
