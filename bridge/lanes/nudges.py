"""Nudges: telling the workers that some lane has work.

A publish per push would cost more than the push itself. So each process tells its one nudging thread that something
was stored, and that thread publishes one task for all of it; while such a task waits in the broker, no other is sent.
A nudge carries no lane: the worker that takes it looks into the database. A lost nudge costs a sweep's time, no message.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from enum import Enum

import redis
from celery import current_app
from django.conf import settings

from bridge.base.redis import client
from bridge.lanes.later import Later

logger = logging.getLogger(__name__)

TASK = "bridge.tasks.process_lanes"
TOKEN = "bridge:nudge"  # noqa: S105  a key, no password
TOKEN_SECONDS = 5
MAX_AHEAD = 30  # seconds; a later time is left to the sweep


class Nudge(Enum):
    """What became of a nudge."""

    SENT = "sent"
    WAITS = "waits"  # one waits in the broker already, or the broker is away


def publish() -> Nudge:
    """Send the task, unless one already waits in the broker."""
    try:
        if not client().set(TOKEN, "1", nx=True, ex=TOKEN_SECONDS):
            return Nudge.WAITS
    except redis.RedisError:
        logger.warning("Redis is away; nudging without it")
    current_app.send_task(TASK, expires=60, retry=False)
    return Nudge.SENT


def taken() -> None:
    """Say that a worker has taken the nudge and will now look: what is stored from here on needs another one."""
    try:
        client().delete(TOKEN)
    except redis.RedisError:
        logger.warning("Redis is away; its nudge token runs out by itself")


class Nudger:
    """Collects the `nudge` calls of a process and calls `publish` once for all within `interval` seconds."""

    def __init__(self, publish: Callable[[], Nudge], interval: float) -> None:
        self._publish = publish
        self._interval = interval
        self._stored = threading.Event()
        self._lock = threading.Lock()
        self._pid = 0

    def nudge(self) -> None:
        """Say that something was committed that a worker should see. Never blocks, never raises."""
        # Asking first is cheaper than setting again, which would wake the thread for each push.
        if not self._stored.is_set():
            self._stored.set()
        if self._pid != os.getpid():
            self._start()

    def _start(self) -> None:
        # Threads do not survive a fork: each process starts its own at its first nudge.
        with self._lock:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                threading.Thread(target=self._run, name="nudger", daemon=True).start()

    def _run(self) -> None:
        nudge = Nudge.SENT
        while True:
            # The nudge that was said to wait may have been lost with the process that was about to send it: asked once more.
            self._stored.wait(None if nudge is Nudge.SENT else TOKEN_SECONDS)
            self._stored.clear()
            nudge = Nudge.WAITS
            try:
                nudge = self._publish()
            except Exception as error:
                logger.warning("the broker is away (%s); the sweep will find what was stored", type(error).__name__)
            # Where a nudge waits already, the workers are behind: there is no hurry to ask again.
            time.sleep(self._interval if nudge is Nudge.SENT else self._interval * 4)


_nudger = Nudger(publish, settings.NUDGE_INTERVAL)


def nudge() -> None:
    """Nudge the workers, soon and together with others; nothing where settings.BACKGROUND_THREADS is off."""
    if settings.BACKGROUND_THREADS:
        _nudger.nudge()


_later = Later(nudge)


def later(seconds: float) -> None:
    """Nudge in `seconds`, for a delivery that is due then; the sweep finds it in any case."""
    if not settings.BACKGROUND_THREADS or seconds > MAX_AHEAD:
        return
    if settings.BROKER_QUORUM:
        _later.add(max(seconds, 0))
    else:
        _send_ahead(max(seconds, 0))


def _send_ahead(seconds: float) -> None:
    try:
        current_app.send_task(TASK, countdown=seconds, retry=False)
    except Exception as error:
        logger.warning("the broker is away (%s); the sweep will find what is due", type(error).__name__)
