"""The form of the Tencent IM app."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from django.utils.translation import gettext as _

from bridge.platforms.api_address import check_address
from bridge.platforms.forms import RotatingForm
from bridge.platforms.reactions import Reaction
from bridge.platforms.tencent_im import accounts, codes, console
from bridge.platforms.tencent_im.models import ROTATES, TencentIMApp


class TencentIMAppForm(RotatingForm):
    """The app as Tencent's console shows it, with the account from which seats hear the system's words."""

    secrets = ("secret_key", "callback_token", "previous_callback_token")
    sent_to: ClassVar[Mapping[str, str]] = {"api_base": "secret_key"}
    rotates = ROTATES

    checks: ClassVar[Mapping[str, Callable[[str], None]]] = {
        "sdk_app_id": console.check_sdk_app_id,
        "secret_key": console.check_secret_key,
        "callback_token": console.check_callback_token,
        "previous_callback_token": console.check_callback_token,
        "admin": console.check_admin,
        "api_base": check_address,
    }

    asked = ("sdk_app_id", "secret_key", "admin", "region", "api_base")
    blamed: ClassVar[Mapping[str, str]] = {
        **{str(code): "secret_key" for code in codes.TABLE[Reaction.SIGNATURE]},
        **dict.fromkeys(("60006", "60016", "70016", "70020"), "sdk_app_id"),
        **dict.fromkeys(("60010", "70403", "30004", "40004", "50003", "90009"), "admin"),
    }

    def ask(self, endpoint: TencentIMApp) -> None:
        """Importing the system account proves id, key, administrator and region at once, and is needed anyway."""
        accounts.import_account(endpoint, endpoint.system_account, endpoint.system_name or _("Customer service"))

    class Meta:
        model = TencentIMApp
        fields = (
            "sdk_app_id", "secret_key", "admin", "callback_token", "previous_callback_token", "allow_unsigned", "region",
            "api_base", "rate_limit", "system_account", "system_name",
        )  # fmt: skip
