"""Checks of a set-up: what can be seen from our side of whether an endpoint will work, and what to do where it will not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from bridge.models import Account
from bridge.observe.refusals import Refusals
from bridge.values.agents import directory
from bridge.values.outcomes import DeliveryError, Outcome
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


def heard(name: str, last: datetime | None, now: datetime, todo: str, *, rare: bool = False) -> Check:
    """Return the check of when something came in last; `todo` says what to do where nothing did.

    `rare`: it may be long ago.
    """
    if last is None:
        return Check(name, WARN, _("none has come yet"), todo)
    if now - last > QUIET and not rare:
        return Check(name, WARN, _("the last came on %s") % short_time(last), todo)
    return Check(name, GOOD, _("the last came on %s") % short_time(last))


def reaches(account: Account) -> Check:
    """Return the check of whether anybody is there for the account's customers."""
    name, staff = _("Who answers"), directory().staff(account.group)
    if staff is None:
        said = _("no group is chosen") if not account.group else _("there is no group “%s”") % account.group
        todo = _(
            "Choose in the form the group that its customers go to. Those who have written meanwhile follow by themselves."
        )
        return Check(name, BAD, said, todo)
    group = dict(directory().groups()).get(account.group, account.group)
    if not staff:
        return Check(name, BAD, _("%s has no seats") % group, _("Put seats into the group."))
    return Check(name, GOOD, _("%(group)s: %(staff)d seats") % {"group": group, "staff": staff})


_NO_ANSWER = (Outcome.RETRY, Outcome.UNKNOWN, Outcome.LIMIT)


def unasked(name: str, error: DeliveryError) -> Check | None:
    """Return the check of something that the platform did not tell us now; None where what it said is its answer."""
    if error.outcome not in _NO_ANSWER and error.code.isdigit():
        return None
    todo = _("See that this server reaches the platform, and check again in a minute.")
    return Check(name, WARN, _("not checked: %s") % f"{error.reason} ({error.code})", todo)


def refused(found: Refusals | None) -> Check:
    """Return the check of the callbacks that our door has refused; None: nobody knows how many."""
    name = _("Refused callbacks")
    if found is None:
        return Check(name, WARN, _("not checked: Redis, which counts them, does not answer"), _("Look at /healthz."))
    if not found.day:
        return Check(name, GOOD, _("none within a day"))
    said = _("%(count)d within a day; the last: %(reason)s") % {"count": found.day, "reason": found.reason}
    todo = _("If they come from the platform, compare token and keys on both sides; the exchange log shows each.")
    return Check(name, WARN, said, todo)


def is_loopback(url: str) -> bool:
    """Tell whether an address leads to this machine itself."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def hidden(name: str, address: str, api: str) -> Check | None:
    """Return the check of our own public address where a platform with its API at `api` cannot call it; None where it may."""
    if not is_loopback(address) or is_loopback(api):
        return None
    todo = _("Set PUBLIC_URL to the address at which the internet reaches this server, and start it again.")
    return Check(name, BAD, _("%s is this machine itself: no platform can call it") % address, todo)


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
