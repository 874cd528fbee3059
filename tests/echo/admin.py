"""The page of an echo account."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from django.conf import settings
from django.contrib import admin

from bridge.platforms.admin import AccountAdmin, account_fieldsets
from bridge.platforms.forms import AccountForm, with_account_fields
from bridge.values.windows import Grant
from tests.echo.models import EchoAccount
from tests.echo.protocol import GRANTS


@with_account_fields
class EchoAccountForm(AccountForm):
    """An echo account with its key."""

    secrets = ("key",)
    triggers = {"message": "after a message", "join": "after joining"}

    class Meta(AccountForm.Meta):
        model = EchoAccount
        fields = (*AccountForm.Meta.fields, "key", "api_base")

    def usual(self) -> Mapping[str, Grant]:
        return GRANTS


@admin.register(EchoAccount)
class EchoAccountAdmin(AccountAdmin):
    form = EchoAccountForm
    list_display = ("name", "slug", "group", "state")
    fieldsets = account_fieldsets(
        EchoAccountForm,
        (None, {"fields": ("name", "slug", "key", "avatar_url", "callback_address")}),
        operation=("api_base",),
    )

    def callback_address(self, endpoint: EchoAccount) -> str:
        return f"{settings.PUBLIC_URL}/callbacks/echo/{endpoint.slug}/" if endpoint.slug else "-"

    def steps(self, endpoint: EchoAccount) -> list[str]:
        return ["Enter the address and the key in echo."]

    def new_secrets(self) -> dict[str, str]:
        return {"key": secrets.token_hex(16)}
