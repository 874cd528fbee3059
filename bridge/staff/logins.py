"""How often somebody may fail to sign in, and how long they wait then: what django-axes asks for, and a limit a name.

A name waits for the address that it failed from, so that nobody can lock others out from elsewhere. Whoever tries one name
from many addresses meets the second limit: then only addresses from which the name has signed in before may try.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt, AccessLog
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import HttpRequest

from bridge.base import clock
from bridge.live.parameters import parameters

EVERYWHERE = 5  # times as many failures from all addresses together as from one
KNOWN_DAYS = 90  # for how long an address is one of the name's own


def tries(*_request: Any) -> int:
    """Return after how many failures a name waits."""
    return int(parameters.LOGIN_TRIES)


def lock(*_request: Any) -> timedelta:
    """Return how long."""
    return timedelta(minutes=parameters.LOGIN_LOCK_MINUTES)


def name_of(request: HttpRequest | None, credentials: Mapping[str, Any] | None) -> str:
    """Return the name that failures are counted under: databases may take names for the same that differ in case."""
    given = (credentials or {}).get("username") or (request.POST.get("username") if request is not None else "")
    return unicodedata.normalize("NFKC", str(given or "")).strip().lower()[:255]


class NameLimit:
    """The authentication backend that lets a name wait which fails from many addresses; it signs nobody in."""

    def authenticate(self, request: HttpRequest | None, username: str | None = None, **credentials: Any) -> None:
        """Raises: PermissionDenied where the name has to wait; the page says so (`axes_locked_out`)."""
        if request is None or not username:
            return
        name = name_of(request, {"username": username})
        if _failures(name) >= EVERYWHERE * tries() and not _is_known(name, request.META.get("REMOTE_ADDR", "")):
            request.axes_locked_out = True  # type: ignore[attr-defined]  # read by axes' middleware
            raise PermissionDenied("too many failures from all addresses")


def _failures(name: str) -> int:
    recent = AccessAttempt.objects.filter(username=name, attempt_time__gt=clock.now() - lock())
    return recent.aggregate(all=Sum("failures_since_start"))["all"] or 0


def _is_known(name: str, address: str) -> bool:
    since = clock.now() - timedelta(days=KNOWN_DAYS)
    return AccessLog.objects.filter(username=name, ip_address=address, attempt_time__gt=since).exists()
