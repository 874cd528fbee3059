"""What Tencent's console issues and takes, so that a form can refuse at once what would be refused later.

Source: cloud.tencent.com/document/product/269/32577 (application, SDKAppID and key) and 269/1519 (administrator).
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


def check_callback_token(value: str) -> None:
    """Refuse what a signature cannot be made with on both sides alike. Raises: ValidationError."""
    if not re.fullmatch(r"[\x21-\x7e]{1,128}", value):
        raise ValidationError(_("The callback token has no spaces and only letters, digits and signs of ASCII."))
