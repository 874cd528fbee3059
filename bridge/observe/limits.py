"""Limits: a platform counts each call by itself, so that one may be used up while all others go on.

What needs a call at its limit waits until the platform counts anew; it is not tried before. Kept with the endpoint, so
that every process knows, and its page in the back office says so.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge.base import clock
from bridge.live import endpoints
from bridge.models import Endpoint
from bridge.models.endpoints import title_of
from bridge.observe import alarms
from bridge.values.outcomes import DeliveryError, Outcome
from bridge.values.text import day_and_time

logger = logging.getLogger(__name__)

CODE = "limit"
_REASON = gettext_noop("%(platform)s's limit for %(what)s (%(call)s) is reached; it goes on at %(until)s")


@dataclass(frozen=True)
class Limit:
    """One call at its limit: its platform and path, what it is for in words, the platform's code, until when."""

    platform: str
    call: str
    what: str
    code: str
    until: datetime

    @property
    def reason(self) -> str:
        """Return it as a seat reads it."""
        until = day_and_time(self.until, clock.now())
        return _(_REASON) % {"platform": title_of(self.platform), "what": self.what, "call": self.call, "until": until}


def standing(endpoint: Endpoint) -> list[Limit]:
    """Return the endpoint's limits that are not over yet."""
    now = clock.now()
    found = [_read(endpoint.platform, call, one) for call, one in endpoint.limits.items()]
    return sorted((one for one in found if one.until > now), key=lambda one: one.until)


def _read(platform: str, call: str, one: dict[str, Any]) -> Limit:
    return Limit(platform, call, one["what"], one["code"], datetime.fromtimestamp(one["until"], UTC))


def check(endpoint: Endpoint, call: str) -> None:
    """DeliveryError (Outcome.LIMIT) where the call is known to be at its limit."""
    for limit in standing(endpoint):
        if limit.call == call:
            pause = (limit.until - clock.now()).total_seconds()
            raise DeliveryError(CODE, limit.reason, Outcome.LIMIT, pause=pause)


def reached(endpoint: Endpoint, call: str, what: str, error: DeliveryError) -> DeliveryError:
    """Write down that the platform has refused a call for its limit, for the error's pause; return the error to raise.

    `what` says in words what the call is for.
    """
    limit = Limit(endpoint.platform, call, what, error.code, clock.now() + timedelta(seconds=error.pause))
    logger.error("%s: %s is at its limit (%s) until %s", endpoint, call, error.code, limit.until)
    entry = {"what": what, "code": error.code, "until": limit.until.timestamp()}
    endpoint.limits = _changed(endpoint.pk, {call: entry})
    words = _("%(account)s: %(said)s. What needs it waits; all else goes on.")
    alarms.warn(endpoint, f"limit:{endpoint.pk}:{call}", words % {"account": endpoint.name, "said": limit.reason})
    return DeliveryError(error.code, limit.reason, Outcome.LIMIT, pause=error.pause)


def lift(endpoint: Endpoint) -> None:
    """Forget all limits of the endpoint, for whoever knows better."""
    Endpoint.objects.filter(pk=endpoint.pk).update(limits={})
    endpoints.forget()


def _changed(pk: int, entry: dict[str, Any]) -> dict[str, Any]:
    now = clock.now().timestamp()
    with transaction.atomic():
        known = Endpoint.objects.select_for_update().filter(pk=pk).values_list("limits", flat=True).first() or {}
        limits = {call: one for call, one in known.items() if one["until"] > now} | entry
        Endpoint.objects.filter(pk=pk).update(limits=limits)
    endpoints.forget()
    return limits
