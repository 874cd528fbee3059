"""What Tencent's console issues and takes, so that a form can refuse at once what would be refused later, and what to do there.

Sources: cloud.tencent.com/document/product/269/32577 (application, SDKAppID and key), 269/1519 (administrator), 269/32431
(callbacks: address, authentication, switches, and the setting without which no status callback comes).
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def check_sdk_app_id(value: str) -> None:
    """Refuse what is no SDKAppID: a number of 8 to 10 digits. Raises: ValidationError."""
    if not re.fullmatch(r"[1-9][0-9]{7,9}", value):
        raise ValidationError(_("An SDKAppID is a number of 8 to 10 digits, such as 1400000000."))


def check_secret_key(value: str) -> None:
    """Refuse what is no key: at least 32 letters and digits. Raises: ValidationError."""
    if not re.fullmatch(r"[0-9a-zA-Z]{32,}", value):
        raise ValidationError(
            _("The key (SecretKey) has only letters and digits, this has %d characters; copy it whole.") % len(value)
        )


def check_admin(value: str) -> None:
    """Refuse what is no account of Tencent IM: 1 to 32 characters of ASCII, without spaces. Raises: ValidationError."""
    if not re.fullmatch(r"[\x21-\x7e]{1,32}", value):
        raise ValidationError(
            _("The administrator account has 1 to 32 letters, digits or signs of ASCII, and no spaces.")
        )


def check_callback_token(value: str) -> None:
    """Refuse what a signature cannot be made with on both sides alike. Raises: ValidationError."""
    if not re.fullmatch(r"[\x21-\x7e]{1,128}", value):
        raise ValidationError(_("The callback token has no spaces and only letters, digits and signs of ASCII."))


def steps(address: str) -> list[str]:
    """Return what is to be done in Tencent's console, in order; docs/connect.md and docs/connect.zh-CN.md say the same.

    `address` is the callback address.
    """
    return [
        _(
            "Log in to Tencent's IM console (即时通信 IM 控制台, console.cloud.tencent.com/im), make an app or "
            "open yours, copy SDKAppID and key (SecretKey) into the form here, choose the app's region and save "
            "it."
        ),
        _("In “功能配置” switch on “用户状态查询及状态变更通知配置”; else no callback says which seats are online."),
        _(
            "Choose a callback token of at most 128 letters and digits, or have one made here, and save it here "
            "first. In “回调配置” switch on the authentication (“鉴权”) with the same token; without it "
            "callbacks are refused."
        ),
        _("In “回调配置” enter the callback URL %(address)s. It is in force two minutes later.") % {"address": address},
        _(
            "In “回调配置 → 第三方回调配置” switch on all four: “发单聊消息之后回调” (C2C.CallbackAfterSendMsg), "
            "“单聊消息撤回后回调” (C2C.CallbackAfterMsgWithDraw), “单聊消息已读上报后回调” "
            "(C2C.CallbackAfterMsgReport) and “状态变更回调” (State.StateChange)."
        ),
        _(
            "Check on the page “Set up and check”, let a seat sign in to its client and write to somebody, and "
            "check again."
        ),
    ]
