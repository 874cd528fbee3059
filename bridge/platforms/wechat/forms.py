"""The form of a WeChat account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from django.utils.translation import gettext_noop

from bridge.platforms.forms import AccountForm, check_address, with_account_fields
from bridge.platforms.wechat import console, permission
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.windows import Grant

TRIGGER_NAMES = {
    "message": gettext_noop("after a message"),
    "click": gettext_noop("after a tap in the menu"),
    "follow": gettext_noop("after following"),
    "scan": gettext_noop("after scanning a code"),
    "payment": gettext_noop("after paying"),
    "enter": gettext_noop("after opening a mini program's chat"),
}


@with_account_fields
class WeChatAccountForm(AccountForm):
    """A WeChat account with its secrets, of which token and key rotate."""

    secrets = ("app_secret", "token", "previous_token", "encoding_aes_key", "previous_aes_key")
    triggers = TRIGGER_NAMES
    rotates = {"token": "previous_token", "encoding_aes_key": "previous_aes_key"}

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
        "api_base": check_address,
    }

    def usual(self) -> Mapping[str, Grant]:
        return permission.defaults(self.instance.kind)
