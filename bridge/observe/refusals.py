"""Callbacks that an endpoint's door has refused, counted in Redis: how many, why, and whether anything else comes in.

Strangers may call a door too. So what calls for a person is an endpoint of which nothing is let in while callbacks are refused:
then a secret differs on the two sides, and what the platform says is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import redis
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from bridge.base import clock
from bridge.base.redis import client
from bridge.live.endpoints import endpoints
from bridge.models import Account, Endpoint, InboundEvent
from bridge.observe import alarms

HOURS = 24  # for which they are counted
STRETCH = 900  # seconds without a refusal after which a stretch of refusals is over
SURE = 3  # refusals, within at least MINUTE, after which it is no accident
MINUTE = timedelta(seconds=60)


@dataclass(frozen=True)
class Refusals:
    """What was refused of an endpoint: how many within a day, why the last was, and since when without a longer pause."""

    day: int = 0
    stretch: int = 0
    since: datetime | None = None
    reason: str = ""


def _key(endpoint: int, part: object) -> str:
    return f"bridge:refused:{endpoint}:{part}"


def _hour(now: datetime) -> int:
    return int(now.timestamp()) // 3600


def count(endpoint: int, reason: str) -> None:
    """Count a refused callback. Without Redis it is not counted."""
    now = clock.now()
    hour, stretch = _key(endpoint, _hour(now)), _key(endpoint, "stretch")
    try:
        with client().pipeline(transaction=False) as calls:
            calls.incr(hour)
            calls.expire(hour, (HOURS + 1) * 3600)
            calls.hsetnx(stretch, "since", str(now.timestamp()))
            calls.hincrby(stretch, "count", 1)
            calls.expire(stretch, STRETCH)
            calls.set(_key(endpoint, "reason"), reason, ex=(HOURS + 1) * 3600)
            calls.execute()
    except redis.RedisError:
        pass


def of(endpoint: int) -> Refusals | None:
    """Return what was refused of the endpoint; None where Redis, which counts it, is away."""
    hour = _hour(clock.now())
    try:
        with client().pipeline(transaction=False) as calls:
            calls.mget([_key(endpoint, hour - ago) for ago in range(HOURS)])
            calls.hgetall(_key(endpoint, "stretch"))
            calls.get(_key(endpoint, "reason"))
            counts, stretch, reason = calls.execute()
    except redis.RedisError:
        return None
    since = datetime.fromtimestamp(float(stretch["since"]), UTC) if "since" in stretch else None
    return Refusals(sum(int(one or 0) for one in counts), int(stretch.get("count", 0)), since, reason or "")


def shut_out() -> Iterator[tuple[Endpoint, Refusals]]:
    """Yield each endpoint of which callbacks are refused and nothing was let in since that began."""
    for pk in Endpoint.objects.order_by("pk").values_list("pk", flat=True):
        found = of(pk)
        if found is None or found.since is None or found.stretch < SURE or clock.now() - found.since < MINUTE:
            continue
        endpoint = endpoints.get(str(pk))
        if endpoint and not _let_in(endpoint).filter(received_at__gte=found.since).exists():
            yield endpoint, found


def _let_in(endpoint: Endpoint) -> QuerySet[InboundEvent]:
    account = endpoint.pk if isinstance(endpoint, Account) else None
    return InboundEvent.objects.filter(platform=endpoint.platform, account_id=account)


def warn() -> int:
    """Tell the supervisors of each endpoint that is shut out; the same once an hour. Returns how many there are."""
    found = list(shut_out())
    for endpoint, refused in found:
        words = _(
            "%(name)s: all callbacks are refused (%(count)d, %(reason)s). What the platform says is lost. Compare the token and "
            "keys on both sides."
        )
        said = words % {"name": endpoint, "count": refused.stretch, "reason": refused.reason}
        alarms.warn(endpoint, f"{endpoint.platform}:{endpoint.pk}:refused", said)
    return len(found)
