"""What conversations can be told apart by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from analytics.reports.names import SOURCES, Names
from analytics.reports.query import ACCOUNT, GROUP, SEAT
from bridge.models.validators import YEARS

OUTCOMES = {
    "served": gettext_noop("a seat had it"),
    "bot": gettext_noop("bots alone"),
    "abandoned": gettext_noop("abandoned"),
    "left": gettext_noop("message left without an answer"),
    "": gettext_noop("still open"),
}


def _same(value: Any) -> Any:
    return value


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _month(day: date) -> date:
    return day.replace(day=1)


def _day(word: str) -> date:
    """Return a day that somebody may mean: weeks and months are counted on from it."""
    day = date.fromisoformat(word)
    if day.year not in YEARS:
        raise ValueError(word)
    return day


@dataclass(frozen=True)
class Dimension:
    """One way to tell conversations apart: the row's column, what is made of its value, and whether it is time."""

    name: str
    label: Any
    column: str
    key: Callable[[Any], Any] = _same
    is_time: bool = False

    def shown(self, key: Any, names: Names) -> str:
        """Return a key as people read it."""
        match self.name:
            case "account":
                return names.of(ACCOUNT, key)
            case "group":
                return names.of(GROUP, key)
            case "seat":
                return names.of(SEAT, key)
            case "source":
                return _(SOURCES[key]) if key in SOURCES else key or _("unknown")
            case "detail":
                return names.detail(key)
            case "outcome":
                return _(OUTCOMES[key]) if key in OUTCOMES else key
            case "weekday":
                return str(WEEKDAYS[key])
            case "hour":
                return f"{key:02d}:00"
            case "month":
                return f"{key:%Y-%m}"
            case "tag" | "customer_tag":
                return key or _("no tag")
            case _:
                return str(key) if key else _("unknown")

    def read(self, word: str) -> Any:
        """Return the key that stands in an address. ValueError where it is none."""
        if self.name in ("day", "week", "month"):
            return _day(word)
        if self.name in ("account", "seat", "hour", "weekday"):
            return int(word)
        return word or (None if self.name in ("tag", "customer_tag", "detail") else "")


_ALL = (
    Dimension("tag", gettext_lazy("tag"), "conversation__tags__name"),
    Dimension("customer_tag", gettext_lazy("customer's tag"), "conversation__customer__tags__name"),
    Dimension("source", gettext_lazy("source"), "source"),
    Dimension("detail", gettext_lazy("menu key, code's scene or first words"), "conversation__source_detail"),
    Dimension("account", gettext_lazy("account"), "account_id"),
    Dimension("group", gettext_lazy("group"), "group"),
    Dimension("seat", gettext_lazy("seat"), "seat_id"),
    Dimension("outcome", gettext_lazy("how it ended"), "outcome"),
    Dimension("day", gettext_lazy("day"), "day", is_time=True),
    Dimension("week", gettext_lazy("week, by its Monday"), "day", _monday, is_time=True),
    Dimension("month", gettext_lazy("month"), "day", _month, is_time=True),
    Dimension("weekday", gettext_lazy("weekday"), "day", date.weekday, is_time=True),
    Dimension("hour", gettext_lazy("hour of the day"), "hour", is_time=True),
)
DIMENSIONS = {one.name: one for one in _ALL}
