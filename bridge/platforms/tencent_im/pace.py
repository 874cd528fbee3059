"""Tencent IM's pace: how many calls a second all processes together may make; who comes too early waits.

A process that makes many calls takes places for several at once: to ask Redis for each costs a ninth of what a message costs.
A call that comes alone takes one place.

Source: cloud.tencent.com/document/product/269/1519: 200 calls a second of each command by default.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass
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

LOT = 10  # places that a process takes at once, at most,
SHARE = 20  # and at most this part of a second's calls
GOOD_FOR = 0.25  # seconds for which they may be used


class _Storage(RedisStorage):
    """Redis by our own connections; without the client of Valkey, which takes ten times as long to import as a message takes."""

    DEPENDENCIES = {"redis": RedisStorage.DEPENDENCIES["redis"]}


@cache
def _limiter() -> SlidingWindowCounterRateLimiter:
    return SlidingWindowCounterRateLimiter(_Storage("redis://", connection_pool=client().connection_pool))


def warm_up() -> None:
    """Make what the first call would wait for."""
    _limiter()


@dataclass
class _Lot:
    """The places that this process took last for one command: how many, how many are left, and until when."""

    size: int = 0
    left: int = 0
    until: float = 0.0

    def take(self) -> bool:
        """Use a place; False where none is left."""
        if not self.left or time.monotonic() >= self.until:
            self.left = 0
            return False
        self.left -= 1
        return True

    def add(self, places: int) -> None:
        """Have so many more, of which one is used right now."""
        self.size, self.left, self.until = places, self.left + places - 1, time.monotonic() + GOOD_FOR

    def next_size(self, most: int) -> int:
        """Return how many to take next: twice as many where the last were used up in time, else one."""
        return max(1, min(2 * self.size if time.monotonic() < self.until else 1, most))


_lots: defaultdict[tuple[int, str], _Lot] = defaultdict(_Lot)
_lock = threading.Lock()


def pause(app: TencentIMApp, command: str) -> float:
    """Take a place among this second's calls of `command`; return 0 where there was one, else how long to wait.

    Without Redis nobody waits: Tencent IM then says itself what is too often.
    """
    key = (app.sdk_app_id, command)
    with _lock:
        if _lots[key].take():
            return 0.0
        size = _lots[key].next_size(min(LOT, app.rate_limit // SHARE))
    try:
        left = float(client().get(SLOW % app.sdk_app_id) or 0) - clock.now().timestamp()
        if left > 0:
            return left
        taken = next((many for many in dict.fromkeys((size, 1)) if _hit(app, command, many)), 0)
    except redis.RedisError:
        return 0.0
    if not taken:
        return LOOK_AGAIN
    with _lock:
        _lots[key].add(taken)
    return 0.0


def _hit(app: TencentIMApp, command: str, places: int) -> bool:
    return _limiter().hit(RateLimitItemPerSecond(app.rate_limit), str(app.sdk_app_id), command, cost=places)


def slow_down(app: TencentIMApp) -> None:
    """Tencent IM said "too often": let all processes hold on for a moment. Others may use the places that they have."""
    forget()
    try:
        client().set(SLOW % app.sdk_app_id, str(clock.now().timestamp() + SLOWER), ex=60)
    except redis.RedisError:
        return


def forget() -> None:
    """Give up the places that this process has taken ahead."""
    with _lock:
        _lots.clear()
