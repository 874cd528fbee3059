"""JSON that another system wrote, read as far as it goes: nothing in it may stop a message. No Django, no I/O."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from bridge.values.characters import clean, mended

DEEPEST = 60  # levels of nesting that are read; what lies deeper is left out
_DIGITS = 25  # of a whole number that is read as one; a longer one is no id and no count
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{\]}]', re.DOTALL)
_EXACT = 2**53


def read_json(body: bytes | str) -> Any:
    """Return the value that a JSON text holds. ValueError where it is not JSON.

    Bad UTF-8 and halves of surrogate pairs become U+FFFD, raw control characters stand for themselves, numbers that are
    none (NaN, 1e999) become None, and so does what is nested deeper than DEEPEST.
    """
    text = body.decode("utf-8-sig", "replace") if isinstance(body, bytes) else mended(body)
    if text.count("[") + text.count("{") > DEEPEST:
        text = _shallow(text)
    read = json.loads(text, strict=False, parse_int=_whole, parse_float=_finite, parse_constant=lambda _name: None)
    return _mended(read)


def _whole(digits: str) -> int | float | None:
    return int(digits) if len(digits) <= _DIGITS else _finite(digits)


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _shallow(text: str) -> str:
    """Return `text` with null for what is nested deeper than DEEPEST."""
    kept, depth, start = [], 0, 0
    for found in _STRING_OR_BRACKET.finditer(text):
        mark = found.group()
        if mark in ("[", "{"):
            depth += 1
            if depth == DEEPEST + 1:
                kept.append(text[start : found.start()] + "null")
        elif mark in ("]", "}"):
            depth -= 1
            if depth == DEEPEST:
                start = found.end()
    return "".join([*kept, text[start:] if depth <= DEEPEST else ""])


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return mended(value)
    if isinstance(value, dict):
        return {mended(name): _mended(one) for name, one in value.items()}
    return [_mended(one) for one in value] if isinstance(value, list) else value


def text_of(value: Any) -> str:
    """Return a field that should be a text, without what nobody can show; numbers as digits, "" for anything else."""
    if isinstance(value, str):
        return clean(mended(value))
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def whole_of(value: Any) -> int | None:
    """Return a field that should be a whole number, also where it is written as text; None where it is none.

    >>> whole_of("45011"), whole_of(3.0), whole_of([3])
    (45011, 3, None)
    """
    if isinstance(value, str):
        digits = value.strip()
        is_number = digits.removeprefix("-").isdecimal() and digits.isascii() and len(digits) <= _DIGITS
        return int(digits) if is_number else None
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXACT else None
    return int(value) if isinstance(value, int) else None


def object_of(value: Any) -> dict[str, Any]:
    """Return a field that should be an object, also where it is JSON within a text; {} where it is none."""
    if isinstance(value, str):
        try:
            value = read_json(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}
