"""The form of the Tencent IM app."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from bridge.platforms.forms import RotatingForm, check_address
from bridge.platforms.tencent_im import console
from bridge.platforms.tencent_im.models import TencentIMApp


class TencentIMAppForm(RotatingForm):
    """The app as Tencent's console shows it, with the account from which seats hear the system's words."""

    secrets = ("secret_key", "callback_token", "previous_callback_token")
    rotates = {"callback_token": "previous_callback_token"}

    checks: ClassVar[Mapping[str, Callable[[str], None]]] = {
        "sdk_app_id": console.check_sdk_app_id,
        "secret_key": console.check_secret_key,
        "callback_token": console.check_callback_token,
        "api_base": check_address,
    }

    class Meta:
        model = TencentIMApp
        fields = (
            "sdk_app_id", "secret_key", "admin", "callback_token", "previous_callback_token", "allow_unsigned", "region",
            "api_base", "rate_limit", "system_account", "system_name",
        )  # fmt: skip
