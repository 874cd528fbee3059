"""The form of the Tencent IM app."""

from __future__ import annotations

from bridge.backoffice.pages import SecretsForm
from bridge.platforms.tencent_im.models import TencentIMApp


class TencentIMAppForm(SecretsForm):
    """The app as Tencent's console shows it, with the account from which seats hear the system's words."""

    secrets = ("secret_key", "callback_token")

    class Meta:
        model = TencentIMApp
        fields = (
            "sdk_app_id", "secret_key", "admin", "callback_token", "allow_unsigned", "region", "api_base", "rate_limit",
            "system_account", "system_name",
        )  # fmt: skip
