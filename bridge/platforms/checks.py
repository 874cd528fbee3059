"""Checks of a set-up: what can be seen from our side of whether an endpoint will work, and what to do where it will not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from bridge.values.text import short_time

GOOD, WARN, BAD = "good", "warn", "bad"
QUIET = timedelta(days=3)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: how it stands in words, and what to do where it is not good."""

    name: str
    state: str
    said: str
    todo: str = ""


def heard(name: str, last: datetime | None, now: datetime, todo: str) -> Check:
    """Return the check of when something came in last; `todo` says what to do where nothing did."""
    if last is None:
        return Check(name, WARN, _("none has come yet"), todo)
    if now - last > QUIET:
        return Check(name, WARN, _("the last came on %s") % short_time(last), todo)
    return Check(name, GOOD, _("the last came on %s") % short_time(last))


def unreachable(name: str, address: str, reason: str) -> Check:
    """Return the check of our own public address where no answer came from it."""
    todo = _(
        "See that PUBLIC_URL is this server's public address. From here it may be unreachable and still work from outside."
    )
    return Check(name, WARN, f"{address}: {reason}", todo)


def foreign(name: str, address: str, status: int) -> Check:
    """Return the check of our own public address where somebody else answered."""
    todo = _("Something else answers at this address; see PUBLIC_URL and the proxy.")
    return Check(name, BAD, f"{address}: HTTP {status}", todo)
