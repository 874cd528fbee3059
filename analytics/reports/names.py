"""The names that stand for ids and words in reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from analytics.reports.query import ACCOUNT, GROUP
from bridge.models import Account
from bridge.values.text import duration
from seats.models import Seat, SeatGroup

SOURCES = {
    "message": gettext_noop("a message"),
    "click": gettext_noop("a tap in the menu"),
    "follow": gettext_noop("following by a code"),
    "scan": gettext_noop("scanning a code"),
    "payment": gettext_noop("a payment"),
    "enter": gettext_noop("opening a mini program's chat"),
}


@dataclass(frozen=True)
class Names:
    """The accounts', groups' and seats' names; what is gone is named by its number."""

    accounts: Mapping[int, str]
    groups: Mapping[str, str]
    seats: Mapping[int, str]

    @classmethod
    def load(cls) -> Names:
        """Return all names there are."""
        seats = Seat.objects.values_list("pk", "user__first_name", "user__last_name", "user__username")
        return cls(
            dict(Account.objects.values_list("pk", "name")),
            dict(SeatGroup.objects.values_list("slug", "name")),
            {pk: f"{first} {last}".strip() or username for pk, first, last, username in seats},
        )

    def of(self, dimension: str, key: Any) -> str:
        """Return the name of an account, group or seat, or of none."""
        if not key:
            return {ACCOUNT: _("no account"), GROUP: _("no group")}.get(dimension, _("no seat"))
        if dimension == GROUP:
            return self.groups.get(key, key)
        known = self.accounts if dimension == ACCOUNT else self.seats
        return known.get(key) or _("deleted (%s)") % key

    def word(self, tally: str, word: str) -> str:
        """Return what a counted word means."""
        if tally.startswith("source_"):
            return _(SOURCES[word]) if word in SOURCES else word
        return word or _("without a code")

    def weekday(self, day: int) -> str:
        """Return the short name of a weekday, Monday is 0."""
        return str(WEEKDAYS_ABBR[day])

    def bound(self, low: int, high: int | None) -> str:
        """Return the name of the lengths of time over `low` and up to `high` seconds."""
        if high is None:
            return _("over %s") % duration(low)
        return _("up to %s") % duration(high) if not low else f"{duration(low)} – {duration(high)}"
