"""Numbers as people read them."""

from __future__ import annotations

from django.utils.translation import gettext as _

from analytics.metrics.metric import COUNT, DURATION, RATIO, SHARE, Number
from bridge.values.text import duration

NOTHING = "–"


def shown(value: Number, unit: str) -> str:
    """Return a number with its unit: 1,234 · 12.3 % · 1m 20s · 1.25; a dash for what is not known."""
    if value is None:
        return NOTHING
    if unit == COUNT:
        return f"{value:,.0f}"
    if unit == SHARE:
        return f"{round(value, _PLACES[SHARE]) * 100:.1f} %"  # as a file has it
    if unit == DURATION:
        return lasting(value)
    return f"{value:,.2f}"


_PLACES = {COUNT: 0, SHARE: 3, DURATION: 1, RATIO: 2}  # of the numbers that `shown` writes


def rounded(value: Number, unit: str) -> Number:
    """Return the number as exact as `shown` writes it, for files: a share of 0.1234 is 0.123, as 12.3 % stands on the page."""
    return value if value is None else round(value, _PLACES.get(unit, 2))


def lasting(seconds: float) -> str:
    """Return a length of time: under ten seconds with a tenth, over an hour without seconds, over a thousand hours in hours."""
    if 0 < seconds < 10 and round(seconds, 1) != round(seconds):
        return _("%.1fs") % seconds
    whole = round(seconds)
    if whole >= 3_600_000:
        return _("%sh") % f"{whole // 3600:,}"
    return duration(whole // 60 * 60 if whole >= 3600 else whole)


def change(value: Number, before: Number, unit: str) -> str:
    """Return the change against the period before: in per cent, of shares in percentage points; "" where there is none."""
    if value is None or before is None:
        return ""
    arrow = "▲ " if value > before else "▼ " if value < before else ""
    if unit == SHARE:
        return arrow + _("%+.1f points") % ((value - before) * 100)
    return f"{arrow}{(value - before) / before * 100:+.1f} %" if before else ""
