"""What WeChat's console issues and takes, so that a form can refuse at once what WeChat would refuse later, and what to do there.

Sources: developers.weixin.qq.com, "接入指南" (Token: 3 to 32 letters and digits), "「开发接口管理」模块升级说明" (where keys, allow
list and push settings are now), "API IP 白名单" and "消息推送" (mini programs; ports 80 and 443; XML or JSON).
"""

from __future__ import annotations

import re
import secrets
import string

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from bridge.models.validators import AES_KEY_LENGTH

TOKEN_LENGTH = 24  # of the tokens that are made here; WeChat takes 3 to 32 letters and digits


def check_app_id(value: str) -> None:
    """Refuse what is no AppID: `wx` and 16 letters or digits. Raises: ValidationError."""
    if value.startswith("gh_"):
        raise ValidationError(
            _(
                "This is the original ID (gh_…). The AppID stands beside the AppSecret in WeChat's console and "
                "begins with wx."
            )
        )
    if not re.fullmatch(r"wx[0-9a-zA-Z]{16}", value):
        raise ValidationError(_("An AppID is wx and 16 letters or digits; copy it from WeChat's console."))


def check_app_secret(value: str) -> None:
    """Refuse what is no AppSecret: 32 letters and digits. Raises: ValidationError."""
    if not re.fullmatch(r"[0-9a-zA-Z]{32}", value):
        raise ValidationError(
            _("An AppSecret has 32 letters and digits, this has %d characters; copy it whole.") % len(value)
        )


def check_token(value: str) -> None:
    """Refuse what WeChat's console does not take as Token: 3 to 32 letters and digits. Raises: ValidationError."""
    if not re.fullmatch(r"[0-9a-zA-Z]{3,32}", value):
        raise ValidationError(_("WeChat takes 3 to 32 letters and digits as Token, and no other characters."))


def new_secrets() -> dict[str, str]:
    """Return a new Token and a new EncodingAESKey, by their fields' names."""
    letters = string.ascii_letters + string.digits
    lengths = {"token": TOKEN_LENGTH, "encoding_aes_key": AES_KEY_LENGTH}
    return {name: "".join(secrets.choice(letters) for _at in range(length)) for name, length in lengths.items()}


def steps(address: str, *, mini: bool = False) -> list[str]:
    """Return what is to be done in WeChat's console, in order; docs/connect.md and docs/connect.zh-CN.md say the same.

    `address` is the callback address, `mini` says that the account is a mini program.
    """
    if mini:
        where = [
            _(
                "Log in to the mini program's console (mp.weixin.qq.com) and open “开发管理”. Copy AppID and "
                "AppSecret (“开发设置 → 开发者 ID”) into the form here and save it; do not reset an AppSecret that "
                "another system uses, as the old one ends at once."
            ),
            _(
                "If “IP 白名单” is switched on there, add this server's outgoing IP address to it; else every call "
                "fails with 40164."
            ),
        ]
        push = _("Open “开发管理 → 消息推送配置”.")
    else:
        where = [
            _(
                "Log in to WeChat's developer platform (微信开发者平台, developers.weixin.qq.com/platform), as an "
                "administrator or developer of the account, and open “我的业务 → 公众号/服务号 → 基础信息”. Copy "
                "AppID and AppSecret (“开发密钥”) into the form here and save it; do not reset an AppSecret that "
                "another system uses, as the old one ends at once."
            ),
            _(
                "Add this server's outgoing IP address to “API IP 白名单”, beside the AppSecret. It is in force a "
                "few minutes later; until then every call fails with 40164."
            ),
            _(
                "Open “Take over from WeChat's console” on the account's page here, and take over its menu and automatic "
                "replies: while a server address is switched on, WeChat's console switches them off."
            ),
        ]
        push = _("Open “基础信息 → 域名与消息推送配置”.")
    return [
        *where,
        _(
            "Choose a Token of 3 to 32 letters and digits and an EncodingAESKey of 43, or have both made here, "
            "and save them here first: WeChat tries the address the moment it is submitted."
        ),
        push
        + _(
            " Enter the server address (URL) %(address)s, the same Token and EncodingAESKey, “安全模式”, and XML "
            "as the data format. WeChat calls port 443 for https and port 80 for http, and no other."
        )
        % {"address": address},
        _("Submit, and switch it on (“启用”). WeChat calls the address at once and takes it only if it answers."),
        _("Check on the page “Set up and check”, write to the account from a phone, and check again."),
    ]
