"""The one Redis client of a process. Redis is a convenience: whoever uses it must do without when it is away."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import redis
import redis.asyncio.retry
import redis.asyncio.sentinel
import redis.retry
import redis.sentinel
from django.conf import settings
from redis.backoff import NoBackoff

from bridge.base.addresses import is_of_sentinels, sentinels_of

SENTINEL_SECONDS = 1  # that one sentinel is asked for the master, before the next


@cache
def client() -> redis.Redis:
    """Return the client for REDIS_URL; it connects when first used and is safe to share between threads."""
    return connect(
        settings.REDIS_URL, decode_responses=True, socket_timeout=3, socket_connect_timeout=2, health_check_interval=30
    )


def connect(url: str, **options: Any) -> redis.Redis:
    """Return a client for an address; where that names sentinels, for whichever server is their master at the time."""
    return cast(redis.Redis, _connected(redis, url, options))


def connect_async(url: str, **options: Any) -> redis.asyncio.Redis:
    """Return the same for asyncio."""
    return cast(redis.asyncio.Redis, _connected(redis.asyncio, url, options))


def _connected(driver: Any, url: str, options: dict[str, Any]) -> Any:
    """Return a client of `redis` or of `redis.asyncio`, in which everything has the same names."""
    if not is_of_sentinels(url):
        return driver.Redis.from_url(url, **options)
    found = sentinels_of(url)
    limits = {"socket_timeout": SENTINEL_SECONDS, "socket_connect_timeout": SENTINEL_SECONDS}
    # Each is asked once: the others know the same.
    asking = {**limits, "password": found.own_password, "retry": driver.retry.Retry(NoBackoff(), 0)}
    signing_in = {"db": found.db, "username": found.username, "password": found.password}
    asked = driver.sentinel.Sentinel(list(found.hosts), sentinel_kwargs=asking)
    return asked.master_for(found.master, **signing_in, **options)
