"""How many requests a minute are answered: of each token, of each user in a browser, and of each address that is not let in."""

from __future__ import annotations

import math
from typing import Any

import redis
from knox.models import AuthToken
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from bridge.base import clock
from bridge.base.redis import client
from bridge.live.parameters import parameters

MINUTE = 60


class PerMinute(BaseThrottle):
    """At most API_PER_MINUTE requests within a minute of the clock; 0 is no limit. DRF calls this once somebody is let in."""

    _wait = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request. False where it is one too many."""
        self._wait = wait_of(_who(request))
        return not self._wait

    def wait(self) -> float | None:
        return self._wait or None


def _who(request: Request) -> str:
    if isinstance(request.auth, AuthToken):
        return of_token(request.auth)
    return f"user:{request.user.pk}" if request.user.is_authenticated else _address(request)


def of_token(token: AuthToken) -> str:
    """Return the name under which a token's requests are counted."""
    return f"token:{token.digest[:32]}"


def _address(request: Any) -> str:
    return f"address:{request.META.get('REMOTE_ADDR', '')}"


def wait_of(who: str) -> int:
    """Count one more request of `who`; return how many seconds they have to wait, 0 while they are within the limit.

    Without Redis nothing is counted, and everybody is within it.
    """
    limit, now = parameters.API_PER_MINUTE, clock.now().timestamp()
    if not limit:
        return 0
    key = f"bridge:api:{who}:{int(now) // MINUTE}"
    try:
        with client().pipeline(transaction=False) as calls:
            calls.incr(key)
            calls.expire(key, 2 * MINUTE)
            count = calls.execute()[0]
    except redis.RedisError:
        return 0
    return 0 if count <= limit else math.ceil(MINUTE - now % MINUTE)


def refused(request: Any) -> Throttled | None:
    """Count a request that is not let in, by its address; return the error that it gets instead where there are too many."""
    wait = wait_of(_address(request))
    return Throttled(wait) if wait else None
