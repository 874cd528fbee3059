"""Signs of life of workers and beat, in Redis, for the health page."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path
from typing import Any

import redis
from celery.beat import PersistentScheduler
from celery.signals import worker_ready
from django.conf import settings

from bridge.base.redis import client

KEY = "bridge:alive:"
LIFETIME = 8  # seconds without a sign after which a process counts as gone
INTERVAL = 2.0


def sign(who: str) -> None:
    """Say that `who` ("worker" or "beat") is alive now: to the health page, and to whatever looks after this process alone."""
    if settings.ALIVE_FILE:
        with contextlib.suppress(OSError):
            Path(settings.ALIVE_FILE).touch()
    with contextlib.suppress(redis.RedisError):
        client().set(KEY + who, int(time.time()), ex=LIFETIME)


def alive(who: str) -> bool:
    """Tell whether `who` gave a sign lately. redis.RedisError where Redis cannot be asked."""
    return bool(client().exists(KEY + who))


class LiveScheduler(PersistentScheduler):
    """Celery's scheduler, which gives a sign of life with every turn of its loop."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        sign("beat")
        return min(super().tick(*args, **kwargs), INTERVAL)


@worker_ready.connect
def _start(**kwargs: Any) -> None:
    def run() -> None:
        while True:
            sign("worker")
            time.sleep(INTERVAL)

    threading.Thread(target=run, name="liveness", daemon=True).start()
