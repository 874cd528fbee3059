"""Lengths of time as people write and read them: "1 h 30 min", "1 小时 30 分钟". Exact, where `text.duration` is short."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

SECOND, MINUTE, HOUR, DAY = 1, 60, 3600, 86400
_NAMES = {
    DAY: ("d", "day", "days", "天", "日"),
    HOUR: ("h", "hr", "hrs", "hour", "hours", "小时", "个小时", "时", "钟头"),
    MINUTE: ("min", "mins", "m", "minute", "minutes", "分钟", "分"),
    SECOND: ("s", "sec", "secs", "second", "seconds", "秒", "秒钟"),
}
_UNITS = {name: unit for unit, names in _NAMES.items() for name in names}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([^\W\d]+)?", re.UNICODE)


def spelled(seconds: float) -> str:
    """Return a length of time in full; nothing is rounded.

    >>> from django.utils.translation import override
    >>> with override("en"):
    ...     spelled(5400), spelled(86400), spelled(0), spelled(0.5)
    ('1 h 30 min', '1 d', '0 s', '0.5 s')
    >>> with override("zh-hans"):
    ...     spelled(5400), spelled(90)
    ('1 小时 30 分钟', '1 分 30 秒')
    """
    rest, parts = Fraction(str(seconds)), []
    for unit in (DAY, HOUR, MINUTE):
        count, rest = divmod(rest, unit)
        if count:
            parts.append((unit, f"{count}"))
    if rest or not parts:
        parts.append((SECOND, f"{float(rest):g}"))
    return " ".join(_said(unit, count, last=at == len(parts) - 1) for at, (unit, count) in enumerate(parts))


def shown(value: float, unit: int = SECOND, specials: Mapping[float, Any] | None = None) -> str:
    """Return a number of `unit` seconds as people read it; `specials` are values that are no lengths of time, in words."""
    if specials and value in specials:
        return str(specials[value])
    return spelled(value * unit) if value else "0"


def _said(unit: int, count: str, *, last: bool) -> str:
    if unit == DAY:
        return _("%s d") % count
    if unit == HOUR:
        return _("%s h") % count
    if unit == SECOND:
        return _("%s s") % count
    if not last and str(get_language()).startswith("zh"):
        return f"{count} 分"
    return _("%s min") % count


def parsed(text: str, unit: int = SECOND) -> Fraction:
    """Return how many seconds the text says; a number alone is in `unit`s. ValueError where it is no length of time.

    >>> int(parsed("1 h 30 min")), int(parsed("1小时30分钟")), int(parsed("90", MINUTE)), int(parsed("1.5 小时"))
    (5400, 5400, 5400, 5400)
    """
    words = text.strip().lower().replace(",", " ")
    left = _PART.sub(" ", words).strip(" 和零")
    found = _PART.findall(words)
    if not found or left:
        raise ValueError(text)
    units = [_UNITS.get(name, 0) if name else 0 for _number, name in found]
    if len(found) == 1 and not found[0][1]:
        units = [unit]
    # From large to small, each once: anything else is a slip.
    if 0 in units or sorted(set(units), reverse=True) != units:
        raise ValueError(text)
    return sum((Fraction(number) * one for (number, _name), one in zip(found, units, strict=True)), Fraction(0))
