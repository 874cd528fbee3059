"""The form of a WeChat account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from bridge.platforms.api_address import check_address
from bridge.platforms.forms import AccountForm, with_account_fields
from bridge.platforms.wechat import console, permission, tokens
from bridge.platforms.wechat.models import ROTATES, WeChatAccount
from bridge.platforms.wording import TRIGGER_NAMES
from bridge.values.windows import Grant


@with_account_fields
class WeChatAccountForm(AccountForm):
    """A WeChat account with its secrets, of which token and key rotate; of a new account they are made where they are left empty."""

    secrets = ("app_secret", "token", "previous_token", "encoding_aes_key", "previous_aes_key")
    triggers = TRIGGER_NAMES
    sent_to: ClassVar[Mapping[str, str]] = {"api_base": "app_secret"}
    rotates = ROTATES

    class Meta(AccountForm.Meta):
        model = WeChatAccount
        fields = (
            *AccountForm.Meta.fields, "kind", "app_id", "app_secret", "token", "previous_token", "encryption",
            "encoding_aes_key", "previous_aes_key", "api_base",
        )  # fmt: skip

    # What is there already stays as it is; only what is entered must be what WeChat issues.
    checks: ClassVar[Mapping[str, Callable[[str], None]]] = {
        "app_id": console.check_app_id,
        "app_secret": console.check_app_secret,
        "token": console.check_token,
        "previous_token": console.check_token,
        "api_base": check_address,
    }

    asked = ("app_id", "app_secret", "api_base")
    blamed: ClassVar[Mapping[str, str]] = {"40013": "app_id", "40125": "app_secret", "40001": "app_secret"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            for name in self.rotates:
                self.fields[name].required = False
                self.fields[name].help_text = _(
                    "Leave it empty to have it made: “Set up and check” shows new ones to copy."
                )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.instance.pk is None:
            made = console.new_secrets()
            cleaned |= {name: made[name] for name in self.rotates if not cleaned.get(name) and name not in self.errors}
        return cleaned

    def ask(self, endpoint: WeChatAccount) -> None:
        tokens.renew(endpoint)

    def usual(self) -> Mapping[str, Grant]:
        return permission.defaults(self.instance.kind)
