"""Warming up: a process connects, and reads what messages need, before it says that it is there; so the first one is no slower."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor

from django.db import connection

from bridge.base import prepared
from bridge.base.redis import client
from bridge.http.connections import session
from bridge.inbox import spill
from bridge.lanes import leases, nudges
from bridge.live.endpoints import endpoints
from bridge.models import Account
from bridge.pipeline.bots import bots
from bridge.pipeline.filters.base import chain
from bridge.platforms.registry import platforms

logger = logging.getLogger(__name__)

PATIENCE = 10.0  # seconds for all threads together; what is away then is met by the first message


def every_thread(threads: Executor, count: int, work: Callable[[], None]) -> None:
    """Let each of so many threads do this once. Where something is away, that is only said."""
    together = threading.Barrier(count, timeout=PATIENCE)

    def once() -> None:
        try:
            work()
        except Exception as error:
            logger.warning("not warmed up: %s", type(error).__name__)
        finally:
            together.wait()

    for task in [threads.submit(once) for _number in range(count)]:
        try:
            task.result(PATIENCE)
        except (TimeoutError, threading.BrokenBarrierError):
            logger.warning("not every thread is warmed up")


def door() -> None:
    """Connect a thread of the doors."""
    connection.ensure_connection()
    client().ping()


def worker() -> None:
    """Connect a worker's thread, make the statements of the path, and read what its first message would."""
    chain()
    bots()
    prepared.prepare_all()
    session()
    client().ping()
    spill.is_empty()
    leases.lanes_with_work(1)
    for pk in Account.objects.values_list("pk", flat=True):
        endpoints.account(pk)
    for platform in platforms():
        platform.seats_endpoint()
        platform.warm_up()


def publishing() -> None:
    """Send a first nudge: it opens the connection, and whatever waits since before this start is looked at."""
    nudges.nudge()
