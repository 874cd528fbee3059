"""Passive replies: an answer that is ready while the door still holds WeChat's request goes out as its answer, for free.

The door says in Redis that it waits, and for which event; the worker that has the answer takes that word away and hands the
answer over. Whoever takes the word decides: the door that takes it back has got nothing and acknowledges, so the answer is
sent as usual; else the answer is on its way and the door waits for it. Where none comes of an event, the worker says so at
once, so that the door waits no longer than the event takes.

A door waits for pushes of which it is known beforehand that an automatic answer follows, such as a keyword: all others are
acknowledged as fast as without passive replies. With PASSIVE_REPLIES_TO=all it waits for every push.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import redis
from django.conf import settings
from django.db import InterfaceError, OperationalError

from bridge.base import outage
from bridge.base.redis import client
from bridge.live.parameters import parameters
from bridge.models import Delivery
from bridge.values.incoming import Incoming, Push

MAX_SECONDS = 2.5  # WeChat waits for five
HANDED_SECONDS = 1.0
KEPT_SECONDS = 10
# Waiting takes a thread of the web process; half of them stay free for acknowledging.
_places = threading.BoundedSemaphore(max(settings.WEB_THREADS // 2, 1))


Expects = Callable[[int, Push], bool]
_expecting: list[Expects] = []


def expects(function: Expects) -> Expects:
    """Register a function that tells of an account (by id) and a push whether an automatic answer follows. It must be quick."""
    _expecting.append(function)
    return function


def is_waited_for(account_id: int | None, incoming: Incoming) -> bool:
    """Tell whether the door of a push that said this may be waiting."""
    return _waits(account_id or 0, Push.of(incoming))


def _waits(account_id: int, push: Push) -> bool:
    if parameters.PASSIVE_REPLY_SECONDS <= 0:
        return False
    if parameters.PASSIVE_REPLIES_TO == "all":
        return True
    try:
        return any(expected(account_id, push) for expected in _expecting)
    except (OperationalError, InterfaceError):
        return False


def _word(dedup: str) -> str:
    return f"bridge:passive:wait:{dedup}"


def _hand(dedup: str) -> str:
    return f"bridge:passive:hand:{dedup}"


def begin(dedup: str, account_id: int, push: Push) -> PendingReply | None:
    """Say that the door of this push waits, before the event is stored; None where it must not.

    That is where no answer is expected, where passive replies are off, where others wait already, and where Redis or the
    database is away.
    """
    if outage.database.is_seen():
        return None
    seconds = min(parameters.PASSIVE_REPLY_SECONDS, MAX_SECONDS)
    if not _waits(account_id, push) or not _places.acquire(blocking=False):
        return None
    try:
        client().set(_word(dedup), "1", px=int(seconds * 1000) + 1000)
    except redis.RedisError:
        _places.release()
        return None
    return PendingReply(dedup, seconds)


@dataclass(frozen=True)
class PendingReply:
    """A door that waits up to `seconds` for the answer to its push."""

    dedup: str
    seconds: float

    def end(self, *, stored: bool) -> str:
        """Return the answer that came, a payload as JSON, "" for none. A repeat that was stored before is not waited for."""
        try:
            found = client().blpop([_hand(self.dedup)], timeout=self.seconds) if stored else None
            if found is None and not client().delete(_word(self.dedup)):
                found = client().blpop([_hand(self.dedup)], timeout=HANDED_SECONDS)
        except redis.RedisError:
            found = None
        finally:
            _places.release()
        return str(found[1]) if found else ""


def is_awaited(delivery: Delivery) -> bool:
    """Tell whether a door may be waiting for this answer to its push."""
    if parameters.PASSIVE_REPLY_SECONDS <= 0 or not delivery.passive_for:
        return False
    try:
        return bool(client().exists(_word(delivery.passive_for)))
    except redis.RedisError:
        return False


def hand_over(dedup: str, answer: str) -> bool:
    """Give the door that waits for the event its answer, a payload as JSON ("" for none); False where no door waits any more."""
    try:
        if not client().delete(_word(dedup)):
            return False
        with client().pipeline() as pipe:
            pipe.rpush(_hand(dedup), answer)
            pipe.expire(_hand(dedup), KEPT_SECONDS)
            pipe.execute()
    except redis.RedisError:
        return False
    return True
