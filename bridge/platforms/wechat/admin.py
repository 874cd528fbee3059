"""The page of a WeChat account."""

from __future__ import annotations

import secrets
import string

from django.conf import settings
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from bridge.models.validators import AES_KEY_LENGTH
from bridge.platforms.admin import AccountAdmin, account_fieldsets
from bridge.platforms.wechat import console
from bridge.platforms.wechat.forms import WeChatAccountForm
from bridge.platforms.wechat.models import WeChatAccount

TOKEN_LENGTH = 24  # of the tokens that are made here; WeChat takes 3 to 32 letters and digits


@admin.register(WeChatAccount)
class WeChatAccountAdmin(AccountAdmin):
    """WeChat accounts: their keys, texts and rules, their set-up steps and checks."""

    form = WeChatAccountForm
    list_display = ("name", "kind", "slug", "app_id", "encryption_state", "group", "state")
    list_filter = ("kind", "encryption", "group")
    search_fields = ("name", "slug", "app_id")
    fieldsets = account_fieldsets(
        WeChatAccountForm,
        (None, {"fields": ("name", "kind", "slug", "callback_address", "avatar_url")}),
        (_("From WeChat's console"), {"fields": (
            "app_id", "app_secret", ("token", "previous_token"), "encryption", ("encoding_aes_key", "previous_aes_key"),
        )}),
        operation=("api_base",),
    )  # fmt: skip

    @admin.display(description=_("callback address"))
    def callback_address(self, endpoint: WeChatAccount) -> str:
        return f"{settings.PUBLIC_URL}/callbacks/wechat/{endpoint.slug}/" if endpoint.slug else "-"

    def new_secrets(self) -> dict[str, str]:
        letters = string.ascii_letters + string.digits
        lengths = {"token": TOKEN_LENGTH, "encoding_aes_key": AES_KEY_LENGTH}
        return {name: "".join(secrets.choice(letters) for _at in range(length)) for name, length in lengths.items()}

    def steps(self, endpoint: WeChatAccount) -> list[str]:
        mini = endpoint.kind == WeChatAccount.Kind.MINI_PROGRAM
        return console.steps(self.callback_address(endpoint), mini=mini)

    @display(description=_("encryption"), label={"secure": "success", "compatible": "success", "plain": "warning"})
    def encryption_state(self, account: WeChatAccount) -> tuple[str, str]:
        return account.encryption, account.get_encryption_display()
