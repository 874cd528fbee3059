"""Troubles: a platform that refuses an endpoint (an account, the IM app) as a whole.

Its deliveries are kept and wait. One of them tries again at `retry_at`; when it succeeds, or when somebody says that the
cause is mended, all of them go on.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.db.models import F, Q

from bridge.base import clock
from bridge.inbox import storing
from bridge.inbox.events import EndpointRecovered
from bridge.live import endpoints
from bridge.models import Delivery, Endpoint, PlatformError
from bridge.observe import alarms
from bridge.values.outcomes import DeliveryError

logger = logging.getLogger(__name__)

STOP_PAUSE = 60  # seconds between two tries while an endpoint refuses us as a whole
CLEAR = {"trouble": "", "trouble_since": None, "retry_at": None}


def _rows(delivery: Delivery) -> Any:
    if delivery.endpoint_id:
        return Endpoint.objects.filter(pk=delivery.endpoint_id)
    return Endpoint.objects.filter(platform=delivery.platform)


def stop(delivery: Delivery, error: DeliveryError) -> float:
    """Note that the endpoint refuses us, raise an alarm the first time; return in how many seconds to try again."""
    now, pause = clock.now(), error.pause or STOP_PAUSE
    said = f"{error.code}: {error.reason}"[:300]
    rows = _rows(delivery)
    if rows.filter(trouble="").update(trouble=said, trouble_since=now):
        logger.error("%s refuses us: %s", delivery.platform, said)
        if delivery.account_id:
            alarms.raise_alarm(delivery, error.code, error.reason)
    else:
        rows.update(trouble=said)
    rows.update(retry_at=now + timedelta(seconds=pause))
    endpoints.forget()
    return pause


def pause(endpoint: Endpoint | None) -> float:
    """Return for how many seconds calls to this endpoint must wait because it refuses us; 0 for the one that may try."""
    if endpoint is None or not endpoint.trouble or endpoint.retry_at is None:
        return 0.0
    now = clock.now()
    if endpoint.retry_at > now:
        return (endpoint.retry_at - now).total_seconds()
    rows = Endpoint.objects.filter(pk=endpoint.pk, retry_at=endpoint.retry_at)
    if rows.update(retry_at=now + timedelta(seconds=STOP_PAUSE)):
        return 0.0
    endpoints.forget()
    return 1.0


def clear(delivery: Delivery) -> None:
    """The endpoint takes calls again: let all that waited for it go on."""
    for endpoint in _rows(delivery).exclude(trouble=""):
        resume(endpoint)


def resume(endpoint: Endpoint) -> None:
    """Forget the endpoint's trouble and wake every lane that waits for it."""
    Endpoint.objects.filter(pk=endpoint.pk).update(**CLEAR)
    endpoints.forget()
    waits = (Delivery.State.QUEUED, Delivery.State.ASIDE)
    waiting = Delivery.objects.filter(state__in=waits, due_at__gt=clock.now())
    mine = Q(endpoint=endpoint.pk) | Q(endpoint=None, platform=endpoint.platform)
    # A customer's file that waits for their account goes through the seats' endpoint.
    of_customers = Q(state=Delivery.State.ASIDE, conversation__customer__account_id=endpoint.pk)
    waiting = waiting.filter(mine | of_customers)
    for lane in set(waiting.values_list("lane", flat=True)):
        storing.post(lane, EndpointRecovered())


def count(platform: str, error: DeliveryError) -> None:
    """Count a platform's error by its code, and keep what it said last."""
    now = clock.now()
    changes = {"count": F("count") + 1, "text": error.reason[:300], "last_at": now}
    rows = PlatformError.objects.filter(platform=platform, code=error.code[:20])
    if not rows.update(**changes):
        PlatformError.objects.get_or_create(
            platform=platform, code=error.code[:20], defaults={"first_at": now, "last_at": now}
        )
        rows.update(**changes)
