"""The form of the Tencent IM app."""

from __future__ import annotations

from bridge.platforms.forms import RotatingForm
from bridge.platforms.tencent_im.models import TencentIMApp


class TencentIMAppForm(RotatingForm):
    """The app as Tencent's console shows it, with the account from which seats hear the system's words."""

    secrets = ("secret_key", "callback_token", "previous_callback_token")
    rotates = {"callback_token": "previous_callback_token"}

    class Meta:
        model = TencentIMApp
        fields = (
            "sdk_app_id", "secret_key", "admin", "callback_token", "previous_callback_token", "allow_unsigned", "region",
            "api_base", "rate_limit", "system_account", "system_name",
        )  # fmt: skip
