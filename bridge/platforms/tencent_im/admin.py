"""The page of the Tencent IM app."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bridge.platforms.admin import OPERATION, EndpointAdmin
from bridge.platforms.tencent_im import console
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
        return console.steps(self.callback_address(endpoint))

    @admin.display(description=_("API address"))
    def address(self, app: TencentIMApp) -> str:
        return app.address

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not TencentIMApp.objects.exists()
