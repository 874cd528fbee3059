"""Characters that a platform refuses, or has cut in half. No Django, no I/O. docs/odd-input.md has the table.

Sources: XML 1.0 section 2.2 (what a document may hold), RFC 8259 section 7 (JSON), RFC 3629 section 3 (no surrogates in UTF-8);
WeChat answers 40033 to a text with control characters.
"""

from __future__ import annotations

import re
from typing import Any

_HALF = re.compile("[\ud800-\udfff]")
# What ends a line somewhere: a vertical tab in Word, a form feed, NEL, U+2028 and U+2029.
_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_REFUSED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def mended(text: str) -> str:
    """Return `text` with U+FFFD for each half of a surrogate pair, which UTF-8 cannot write.

    >>> mended("VIP\\ud83d").encode()
    b'VIP\\xef\\xbf\\xbd'
    """
    return _HALF.sub("\ufffd", text)


def clean(text: str) -> str:
    """Return `text` without what a platform refuses; all that breaks a line becomes a line feed.

    >>> clean("one\\x0btwo\\x1b[0m")
    'one\\ntwo[0m'
    """
    if text.isascii() and text.isprintable():
        return text
    return _REFUSED.sub("", _BREAK.sub("\n", text))


def clean_all(value: Any) -> Any:
    """Return `value` with every text in it cleaned: lists, tuples and the values of objects, at any depth."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {name: clean_all(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(clean_all(one) for one in value)
    return value
