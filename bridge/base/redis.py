"""The one Redis client of a process. Redis is a convenience: whoever uses it must do without when it is away."""

from __future__ import annotations

from functools import cache

import redis
from django.conf import settings


@cache
def client() -> redis.Redis:
    """Return the client for REDIS_URL; it connects when first used and is safe to share between threads."""
    return redis.Redis.from_url(
        settings.REDIS_URL, decode_responses=True, socket_timeout=3, socket_connect_timeout=2, health_check_interval=30
    )
