"""The one Redis client of a process. Redis is a convenience: whoever uses it must do without when it is away."""

from __future__ import annotations

from functools import cache
from typing import Any

import redis
import redis.asyncio.retry
import redis.asyncio.sentinel
import redis.sentinel
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from bridge.base.addresses import Sentinels, is_of_sentinels, sentinels_of

SENTINEL_SECONDS = 1  # that one sentinel is asked for the master, before the next


@cache
def client() -> redis.Redis:
    """Return the client for REDIS_URL; it connects when first used and is safe to share between threads."""
    return connect(
        settings.REDIS_URL, decode_responses=True, socket_timeout=3, socket_connect_timeout=2, health_check_interval=30
    )


def connect(url: str, **options: Any) -> redis.Redis:
    """Return a client for an address; where that names sentinels, for whichever server is their master at the time."""
    if not is_of_sentinels(url):
        return redis.Redis.from_url(url, **options)
    found = sentinels_of(url)
    asked = redis.sentinel.Sentinel(
        list(found.hosts), sentinel_kwargs={**_asking(found), "retry": Retry(NoBackoff(), 0)}
    )
    return asked.master_for(found.master, **_signing_in(found), **options)


def connect_async(url: str, **options: Any) -> redis.asyncio.Redis:
    """Return the same for asyncio."""
    if not is_of_sentinels(url):
        return redis.asyncio.Redis.from_url(url, **options)
    found = sentinels_of(url)
    once = redis.asyncio.retry.Retry(NoBackoff(), 0)
    asked = redis.asyncio.sentinel.Sentinel(list(found.hosts), sentinel_kwargs={**_asking(found), "retry": once})
    return asked.master_for(found.master, **_signing_in(found), **options)


def _asking(found: Sentinels) -> dict[str, Any]:
    """Return how a sentinel is asked. Whoever calls adds that it is asked once: the others know the same."""
    limits = {"socket_timeout": SENTINEL_SECONDS, "socket_connect_timeout": SENTINEL_SECONDS}
    return {**limits, "password": found.own_password}


def _signing_in(found: Sentinels) -> dict[str, Any]:
    return {"db": found.db, "username": found.username, "password": found.password}
