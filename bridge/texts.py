"""What the product says to customers of its own accord. Each account may say it otherwise, or not at all.

Every one of these costs one of the few messages WeChat allows, so each is one short line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

# Key -> the default, with its placeholders.
DEFAULTS = {
    "queued": gettext_noop("All our staff are busy. You are number %(place)d in line; we will answer you here."),
    "left_line": gettext_noop("You have left the line. Write to us again at any time."),
}


def text(texts: Mapping[str, str], key: str, **values: Any) -> str:
    """Return the text called `key` as the account says it; "" where the account has switched it off.

    A text of the account's own that uses a placeholder wrongly is taken as it stands.
    """
    own = texts.get(key)
    if own is None:
        return _(DEFAULTS[key]) % values
    try:
        return own % values
    except (TypeError, ValueError, KeyError):
        return own


def check(texts: object) -> str:
    """Return what is wrong with an account's own texts, "" where nothing is."""
    if not isinstance(texts, Mapping):
        return "not a table"
    for key, value in texts.items():
        if key not in DEFAULTS:
            return f"{key}: known are {', '.join(DEFAULTS)}"
        if not isinstance(value, str):
            return f"{key}: must be a text"
    return ""
