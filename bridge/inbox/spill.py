"""The spill: events that could not be committed because the database was away, kept by the broker in the order they came.

The order of a customer's messages rests on three rules:

- A worker touches no lane while anything is in the spill: it stores that first (`drain`). So nothing newer can pass,
  whichever web process took it in, and whether or not that one has seen the database go.
- The spill is first in, first out, and its events keep the time at which the door took them in. A lane's events are worked
  on by that time.
- What is in the spill leaves the broker only after its commit. Storing it twice does nothing, because its key is there.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import amqp
import redis
from celery import current_app
from django.conf import settings
from django.db import DataError, IntegrityError
from kombu import Connection
from kombu.connection import ConnectionPool
from kombu.exceptions import KombuError

from bridge.base.addresses import brokers_of
from bridge.inbox import storing
from bridge.inbox.quorum_queue import QuorumQueue
from bridge.inbox.spill_queues import AmqpQueue, BusyError, RedisQueue, SpillQueue

logger = logging.getLogger(__name__)

BATCH = 200
TIMEOUT = 2  # seconds for the broker; a platform waits five for everything
HEARTBEAT = 10  # seconds; RabbitMQ lets go of a reader's messages after two that are missing
CONNECTIONS = 16  # of a process
LOOKS, LOOK = 20, 0.01  # how often, and with how many seconds between
GOOD_FOR = 0.02  # seconds for which "nothing is in the spill" is believed
BROKER_ERRORS = (OSError, amqp.AMQPError, redis.RedisError, KombuError)


class SpillFullError(Exception):
    """SPILL_MAX events wait already."""


class _ForeignError(Exception):
    """What is in the queue is no event, or one of another version's."""


def _name(kind: str = "spill") -> str:
    return f"{settings.CELERY_TASK_DEFAULT_QUEUE}-{kind}"


def _connection(heartbeat: int = 0) -> Connection:
    # Each of several brokers once more than needed: which one comes first is not known.
    tries = len(brokers_of(settings.BROKER_URL))
    options = {"max_retries": tries if tries > 1 else 0, "interval_start": 0, "interval_step": 0}
    if "redis" in settings.BROKER_URL.split(":")[0]:
        options |= {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT}
    else:
        options |= {"read_timeout": TIMEOUT, "write_timeout": TIMEOUT}
    return current_app.connection_for_write(connect_timeout=TIMEOUT, heartbeat=heartbeat, transport_options=options)


def _queue(connection: Connection, kind: str = "spill") -> SpillQueue:
    made: Callable[[Connection, str], SpillQueue] = QuorumQueue if settings.BROKER_QUORUM else AmqpQueue
    if connection.transport.driver_type == "redis":
        made = RedisQueue
    return made(connection, _name(kind))


@cache
def _pool() -> ConnectionPool:
    return _connection().Pool(CONNECTIONS)


@contextmanager
def _kept(kind: str = "spill") -> Iterator[SpillQueue]:
    """Return the queue on a connection that is kept. One that broke is closed; its next use opens it again."""
    with _pool().acquire(block=True, timeout=TIMEOUT) as connection:
        try:
            yield _queue(connection, kind)
        except BROKER_ERRORS:
            connection.collect()
            raise


def put(event: storing.NewEvent) -> None:
    """Keep `event`. Raises: SpillFullError; BROKER_ERRORS where the broker is away."""
    text = json.dumps(event.to_json(), ensure_ascii=False)
    try:
        _put(text)
    except BROKER_ERRORS:
        # A kept connection may have died while nobody used it. Twice in the spill is once in the inbox.
        _put(text)


def _put(text: str) -> None:
    with _kept() as queue:
        if queue.count() >= settings.SPILL_MAX:
            raise SpillFullError
        queue.put(text)


def count() -> int:
    """Return how many events wait to be stored. Raises: BROKER_ERRORS where the broker is away."""
    try:
        with _kept() as queue:
            return queue.count()
    except BROKER_ERRORS:
        with _kept() as queue:
            return queue.count()


_seen_empty = 0.0  # time.monotonic when this process began the look that last saw the spill empty


def is_empty() -> bool:
    """Tell whether nothing waits to be stored. False where that cannot be known, because the broker is away."""
    global _seen_empty
    if age() < GOOD_FOR:
        return True
    began = time.monotonic()
    try:
        empty = count() == 0
    except BROKER_ERRORS as error:
        logger.warning("the broker is away (%s); whether events wait there is not known", type(error).__name__)
        return False
    if empty:
        _seen_empty = began
    return empty


def age() -> float:
    """Return how many seconds ago the spill was surely empty, as far as this process knows."""
    return time.monotonic() - _seen_empty


def drain() -> bool:
    """Store what waits in the spill, and tell whether it is empty now.

    False where another process is storing it, and where the broker is away. Raises: the database's errors.
    """
    if is_empty():
        return True
    try:
        stored = _store_all()
    except BusyError:
        return False
    except BROKER_ERRORS as error:
        logger.warning("the spill could not be read (%s)", type(error).__name__)
        return False
    if stored:
        logger.warning("%d events that waited for the database are stored", stored)
    return _is_left_empty()


def _is_left_empty() -> bool:
    """Tell whether the spill is empty now. Several RabbitMQs take a moment to see that its reader is gone."""
    for _look in range(LOOKS if settings.BROKER_QUORUM else 0):
        if is_empty():
            return True
        time.sleep(LOOK)
    return is_empty()


def _store_all() -> int:
    stored = 0
    with _connection(HEARTBEAT) as connection:
        queue = _queue(connection)
        while texts := queue.read(BATCH):
            _store(texts)
            queue.remove(texts)
            stored += len(texts)
    return stored


def _store(texts: list[str]) -> None:
    try:
        storing.store_many([_event(text) for text in texts])
    except (IntegrityError, DataError, _ForeignError):
        # One of them is there already, or is one that the database will never take, or is none.
        for text in texts:
            _store_one(text)


def _event(text: str) -> storing.NewEvent:
    try:
        return storing.NewEvent.from_json(json.loads(text))
    except (ValueError, LookupError, TypeError) as error:
        raise _ForeignError(f"not an event of this version: {type(error).__name__}") from error


def _store_one(text: str) -> None:
    try:
        storing.store(_event(text))
    except (DataError, _ForeignError):
        logger.exception("an event cannot be stored; it is kept in the queue %s", _name("refused"))
        with _kept("refused") as queue:
            queue.put(text)
