"""The names that stand for ids and words in reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from analytics.reports.query import ACCOUNT, GROUP, SEAT, WAY, Scope
from bridge.models import Account, Source
from bridge.platforms.registry import platforms
from bridge.values.text import duration
from bridge.values.ways import OTHER_CODE
from seats.models import Seat, SeatGroup

SOURCES = {
    "message": gettext_noop("a message"),
    "click": gettext_noop("a tap in the menu"),
    "follow": gettext_noop("following by a code"),
    "scan": gettext_noop("scanning a code"),
    "payment": gettext_noop("a payment"),
    "enter": gettext_noop("opening a mini program's chat"),
}

_WAYS = {"": gettext_noop("unknown"), OTHER_CODE: gettext_noop("a code that is no source here")}


@dataclass(frozen=True)
class Names:
    """The accounts', groups' and seats' names; what is gone is named by its number. `sources` are those of QR codes by their scenes."""

    accounts: Mapping[int, str]
    groups: Mapping[str, str]
    seats: Mapping[int, str]
    sources: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Names:
        """Return all names there are."""
        seats = Seat.objects.values_list("pk", "user__first_name", "user__last_name", "user__username")
        return cls(
            dict(Account.objects.values_list("pk", "name")),
            dict(SeatGroup.objects.values_list("slug", "name")),
            _told_apart({pk: (f"{first} {last}".strip(), username) for pk, first, last, username in seats}),
            cast("Mapping[str, str]", SimpleLazyObject(_sources)),  # most reports are about none
        )

    def of(self, dimension: str, key: Any) -> str:
        """Return the name of an account, group or seat, or of none."""
        if dimension == WAY:
            return self.way(key)
        if not key:
            return {ACCOUNT: _("no account"), GROUP: _("no group")}.get(dimension, _("no seat"))
        if dimension == GROUP:
            return self.groups.get(key, key)
        known = self.accounts if dimension == ACCOUNT else self.seats
        return known.get(key) or _("deleted (%s)") % key

    def limits(self, scope: Scope) -> list[tuple[str, str]]:
        """Return what the scope is limited to, each with what it is: nothing where all counts. Days are not among them."""
        groups = {scope.group} if scope.group else scope.groups
        found = [(_("Account"), self.of(ACCOUNT, scope.account))] if scope.account else []
        if groups is not None:
            found.append((_("Group"), ", ".join(self.of(GROUP, one) for one in sorted(groups))))
        return found + ([(_("Seat"), self.of(SEAT, scope.seat))] if scope.seat else [])

    def detail(self, key: Any) -> str:
        """Return what opened a conversation: a code's scene with the name of its source, a menu's key, first words."""
        if not key:
            return _("unknown")
        return f"{self.sources[key]} ({key})" if key in self.sources else str(key)

    def word(self, tally: str, word: str) -> str:
        """Return what a counted word means."""
        if tally.startswith("way_"):
            return self.way(word)
        if tally.startswith("source_"):
            return _(SOURCES[word]) if word in SOURCES else word
        return word or _("without a code")

    def way(self, word: str) -> str:
        """Return what a way to an account is called: a source by its name, and what a platform has its own word for."""
        if word in self.sources:
            return self.sources[word]
        if word in _WAYS:
            return _(_WAYS[word])
        said = (platform.source_words(word) for platform in platforms())
        return next((words for words in said if words != word), word)

    def weekday(self, day: int) -> str:
        """Return the short name of a weekday, Monday is 0."""
        return str(WEEKDAYS_ABBR[day])

    def bound(self, low: int, high: int | None) -> str:
        """Return the name of the lengths of time over `low` and up to `high` seconds."""
        if high is None:
            return _("over %s") % duration(low)
        return _("up to %s") % duration(high) if not low else f"{duration(low)} – {duration(high)}"


def _told_apart(seats: Mapping[int, tuple[str, str]]) -> dict[int, str]:
    """Return what seats are called: their names, with the user's name where several are called alike."""
    alike = Counter(name for name, _user in seats.values())
    return {
        pk: user if not name else f"{name} ({user})" if alike[name] > 1 else name for pk, (name, user) in seats.items()
    }


def _sources() -> dict[str, str]:
    """Return the names of the sources by their scenes; of a scene that several accounts have, all of its names."""
    found: dict[str, list[str]] = {}
    for scene, name in Source.objects.order_by("pk").values_list("scene", "name"):
        found.setdefault(scene, []).append(name)
    return {scene: " / ".join(dict.fromkeys(names)) for scene, names in found.items()}
