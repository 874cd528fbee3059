"""Tencent IM's pace: how many calls a second all processes together may make; who comes too early waits.

Source: cloud.tencent.com/document/product/269/1519: 200 calls a second of each command by default.
"""

from __future__ import annotations

from functools import cache

import redis
from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from bridge.base import clock
from bridge.base.redis import client
from bridge.platforms.tencent_im.models import TencentIMApp

LOOK_AGAIN = 0.2  # seconds after which a call that came too early looks again
SLOW = "bridge:im-slow:%d"  # the key, for an app: when it may be called again
SLOWER = 1.0  # seconds in which nobody sends after Tencent IM said "too often"


@cache
def _limiter() -> SlidingWindowCounterRateLimiter:
    return SlidingWindowCounterRateLimiter(RedisStorage("redis://", connection_pool=client().connection_pool))


def pause(app: TencentIMApp, command: str) -> float:
    """Take a place among this second's calls of `command`; return 0 where there was one, else how long to wait.

    Without Redis nobody waits: Tencent IM then says itself what is too often.
    """
    try:
        left = float(client().get(SLOW % app.sdk_app_id) or 0) - clock.now().timestamp()
        if left > 0:
            return left
        allowed = _limiter().hit(RateLimitItemPerSecond(app.rate_limit), str(app.sdk_app_id), command)
    except redis.RedisError:
        return 0.0
    return 0.0 if allowed else LOOK_AGAIN


def slow_down(app: TencentIMApp) -> None:
    """Tencent IM said "too often": let all processes hold on for a moment."""
    try:
        client().set(SLOW % app.sdk_app_id, str(clock.now().timestamp() + SLOWER), ex=60)
    except redis.RedisError:
        return
