"""The Tencent IM app in a provision file: `[tencent_im]`."""

from __future__ import annotations

from bridge.models.validators import IM_ID
from bridge.platforms.api_address import check_in_file
from bridge.platforms.provisioning import Key, Section, at_least, empty_or, one_of
from bridge.platforms.tencent_im.models import TencentIMApp

SECTION = Section(
    name="tencent_im",
    model=TencentIMApp,
    unique="sdk_app_id",
    defaults={"admin": "administrator", "callback_token": "", "allow_unsigned": False},
    keys={
        "sdk_app_id": Key(int, required=True, check=at_least(1)),
        "secret_key": Key(str, required=True),
        "admin": Key(str),
        "callback_token": Key(str),
        "allow_unsigned": Key(bool),
        "region": Key(str, check=one_of(TencentIMApp.Region.values)),
        "api_base": Key(str, check=empty_or(check_in_file)),
        "rate_limit": Key(int, check=at_least(1)),
        "system_account": Key(str, check=IM_ID),
        "system_name": Key(str),
    },
)
