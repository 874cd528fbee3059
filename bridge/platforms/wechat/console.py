"""What WeChat's console issues and takes, so that a form can refuse at once what WeChat would refuse later.

Source: developers.weixin.qq.com, "接入指南" (Token: 3 to 32 letters and digits) and "基本配置" (AppID, AppSecret, EncodingAESKey).
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def check_app_id(value: str) -> None:
    """Refuse what is no AppID: `wx` and 16 letters or digits. Raises: ValidationError."""
    if value.startswith("gh_"):
        raise ValidationError(
            _(
                "This is the original ID (gh_…). The AppID stands beside the AppSecret in WeChat's console and begins with wx."
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
