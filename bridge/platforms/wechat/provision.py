"""WeChat accounts in a provision file: `[[wechat_account]]`."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bridge.models.validators import validate_aes_key
from bridge.platforms.api_address import check_in_file
from bridge.platforms.provisioning import ACCOUNT_KEYS, Key, Section, Table, clean, empty_or, one_of
from bridge.platforms.wechat import permission
from bridge.platforms.wechat.models import WeChatAccount


def _needs_a_key(table: Table) -> tuple[str, str] | None:
    if table.get("encryption", "secure") == "plain" or table.get("encoding_aes_key"):
        return None
    return "encoding_aes_key", _("is needed in secure and compatible mode")


SECTION = Section(
    name="wechat_account",
    model=WeChatAccount,
    named_by="slug",
    unique="app_id",
    whole=_needs_a_key,
    keys={
        **ACCOUNT_KEYS,
        "app_id": Key(str, required=True),
        "app_secret": Key(str, required=True),
        "kind": Key(str, check=one_of(WeChatAccount.Kind.values)),
        "token": Key(str, required=True),
        "previous_token": Key(str),
        "encoding_aes_key": Key(str, check=empty_or(validate_aes_key)),
        "previous_aes_key": Key(str, check=empty_or(validate_aes_key)),
        "encryption": Key(str, check=one_of(WeChatAccount.Encryption.values)),
        "api_base": Key(str, check=check_in_file),
        "window_rules": Key(dict, check=clean(permission.check_rules)),
    },
)
