"""Passive replies: a notice that is ready while the door still holds WeChat's request goes out as its answer, for free.

The door says in Redis that it waits, and for which event; the worker that has the notice takes that word away and hands the
notice over. Whoever takes the word decides: the door that takes it back has got nothing and acknowledges, so the notice is
sent as usual; else the notice is on its way and the door waits for it. Where no notice comes of an event, the worker says so
at once, so that the door waits no longer than the event takes. Off unless PASSIVE_REPLY_SECONDS is set.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import redis
from django.conf import settings

from bridge.base.redis import client
from bridge.live.parameters import parameters
from bridge.models import Delivery, InboundEvent

MAX_SECONDS = 2.5  # WeChat waits for five
HANDED_SECONDS = 1.0
KEPT_SECONDS = 10
# Waiting takes a thread of the web process; half of them stay free for acknowledging.
_places = threading.BoundedSemaphore(max(settings.WEB_THREADS // 2, 1))


def _word(dedup: str) -> str:
    return f"bridge:passive:wait:{dedup}"


def _hand(dedup: str) -> str:
    return f"bridge:passive:hand:{dedup}"


def begin(dedup: str) -> PendingReply | None:
    """Say that the door of this push waits, before the event is stored; None where it must not.

    That is where passive replies are off, where others wait already, and where Redis is away.
    """
    seconds = min(parameters.PASSIVE_REPLY_SECONDS, MAX_SECONDS)
    if seconds <= 0 or not _places.acquire(blocking=False):
        return None
    try:
        client().set(_word(dedup), "1", px=int(seconds * 1000) + 1000)
    except redis.RedisError:
        _places.release()
        return None
    return PendingReply(dedup, seconds)


@dataclass(frozen=True)
class PendingReply:
    """A door that waits up to `seconds` for a notice of its push."""

    dedup: str
    seconds: float

    def end(self, *, stored: bool) -> str:
        """Return the notice that came, "" for none. A repeat that was stored before is not waited for."""
        try:
            found = client().blpop([_hand(self.dedup)], timeout=self.seconds) if stored else None
            if found is None and not client().delete(_word(self.dedup)):
                found = client().blpop([_hand(self.dedup)], timeout=HANDED_SECONDS)
        except redis.RedisError:
            found = None
        finally:
            _places.release()
        return str(found[1]) if found else ""


def is_awaited(delivery: Delivery) -> str:
    """Return the key of the event whose door may be waiting for this notice, "" where there is none."""
    if parameters.PASSIVE_REPLY_SECONDS <= 0 or not delivery.notice or delivery.message is None:
        return ""
    dedup = InboundEvent.objects.filter(pk=delivery.message.event_id or 0).values_list("dedup", flat=True).first()
    try:
        return str(dedup) if dedup and client().exists(_word(dedup)) else ""
    except redis.RedisError:
        return ""


def hand_over(dedup: str, text: str) -> bool:
    """Give the door that waits for the event its answer ("" for none); False where no door waits any more."""
    try:
        if not client().delete(_word(dedup)):
            return False
        with client().pipeline() as pipe:
            pipe.rpush(_hand(dedup), text)
            pipe.expire(_hand(dedup), KEPT_SECONDS)
            pipe.execute()
    except redis.RedisError:
        return False
    return True
