"""Notices by template: words that a platform has approved, with blanks that are filled for each customer. Pure values."""

from __future__ import annotations

import re
from collections.abc import Mapping

OFF, TIME, ANY = "off", "time", "any"  # when a customer whose answers wait is sent a notice: never, time over, always
PLACEHOLDERS = ("customer", "account", "conversation", "seat", "time", "reason")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def filled(words: str, names: Mapping[str, str]) -> str:
    """Return the words with what their placeholders stand for; one that there is not stays as it is written.

    >>> filled("Hello {customer}, {what}", {"customer": "Wang"})
    'Hello Wang, {what}'
    """
    return _PLACEHOLDER.sub(lambda found: names.get(found[1], found[0]), words)


def unknown(words: str) -> list[str]:
    """Return the placeholders in the words that stand for nothing.

    >>> unknown("{customer} {colour}")
    ['colour']
    """
    return [name for name in _PLACEHOLDER.findall(words) if name not in PLACEHOLDERS]
