"""The exchange log's recorder: keeps what goes over HTTP, without making anybody wait for it.

The path of a message only puts what was said into a bounded buffer. A thread of each process takes the secrets out and
writes the rows, once a second, many at a time. What a killed process had in its buffer is lost: the log is for people who
look for a reason, the truth is in the inbox and the outbox. A log that is not written stops no message: the health page
says so (`late`).
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator

import redis
from django.conf import settings
from django.db import close_old_connections, connection

from bridge.base import subject
from bridge.base.redis import client
from bridge.live.parameters import parameters
from bridge.models import Exchange
from bridge.observe.exchange_buffer import Buffer, OpenExchange
from bridge.observe.exchange_rows import AwayError, redactor, write
from bridge.observe.redaction import HIDDEN
from bridge.values.outcomes import DeliveryError

__all__ = ["OpenExchange", "late", "outgoing", "recorder", "redactor"]

logger = logging.getLogger(__name__)

MOST = 5000  # exchanges that wait to be written; more are dropped, and the log says so
MOST_BYTES = 8 * 1024**2  # that wait to be written, likewise
BATCH, BATCH_BYTES = 500, 1024**2  # written at once; a database limits how much it takes
REFUSALS = 20  # of callbacks that were not let in, a second and process, that are written down
PAUSE = 1.0  # seconds between two writes
PATIENCE = 5.0  # seconds that a process waits at its end for its thread
LOOK = 2.0  # seconds between two looks at whether it is written
LATE = 10.0  # seconds after which what waits counts as not written
LOST_SECONDS = 60.0  # for which the health page says that something was lost
SIGN, SIGN_SECONDS = "bridge:exchanges-late", 10


@contextlib.contextmanager
def outgoing(method: str, url: str, query: Iterable[tuple[str, str]], sent: bytes = b"") -> Iterator[OpenExchange]:
    """Keep the call made inside the block, also where it ends with a DeliveryError."""
    exchange = OpenExchange(Exchange.Direction.OUT, method, url, tuple(query), sent=sent)
    try:
        yield exchange
    except DeliveryError as error:
        exchange.failed, exchange.code = True, error.code
        raise
    finally:
        recorder.keep(exchange)


class _PerSecond:
    """Lets so many through in each second."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._second, self._count = 0, 0

    def may(self, second: int, most: int) -> bool:
        if second != self._second:
            self._second, self._count = second, 0
        self._count += 1
        return self._count <= most


_fine, _refused = _PerSecond(), _PerSecond()


def _wanted(exchange: OpenExchange) -> bool:
    """What went well is thinned out in a rush; strangers can be refused as often as they like, for a few rows a second."""
    second = int(exchange.began)
    if not exchange.failed:
        return parameters.EXCHANGE_DAYS > 0 and _fine.may(second, parameters.EXCHANGE_PER_SECOND)
    if exchange.direction == Exchange.Direction.IN and not _refused.may(second, REFUSALS):
        return False
    return parameters.EXCHANGE_FAILED_DAYS > 0


class Recorder:
    """The buffer of a process, the thread that empties it, and one that sees whether it is emptied."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew, with nothing that waits; also in a forked process, which has no threads."""
        self._buffer = Buffer()
        self._starting, self._writing = threading.Lock(), threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._lost_at, self._failing = float("-inf"), False
        self.dropped = 0

    def keep(self, exchange: OpenExchange) -> None:
        """The answer is there, or will not come: put it into the buffer, if it is wanted. Never blocks, never raises."""
        exchange.milliseconds = int((time.perf_counter() - exchange.began) * 1000)
        exchange.subject = {**subject.current(), **exchange.subject}
        if exchange.subject.pop("hidden", False):
            exchange.sent = HIDDEN.encode()
        try:
            if _wanted(exchange):
                if not self._buffer.put(exchange, MOST, MOST_BYTES):
                    self.dropped += 1
                    self._lost_at = time.monotonic()
                self._ensure()
        except Exception:
            logger.exception("an exchange was not kept")

    def clear(self) -> None:
        """Forget what waits, and what was refused lately; for tests."""
        self._buffer.clear()
        self.dropped, self._lost_at, self._failing = 0, float("-inf"), False
        _fine.reset()
        _refused.reset()

    def _ensure(self) -> None:
        """Start each thread that does not run, or no longer."""
        if settings.BACKGROUND_THREADS:
            for name, run in (("exchanges", self._write), ("exchanges-watch", self._watch)):
                if name not in self._threads or not self._threads[name].is_alive():
                    self._start(name, run)

    def _start(self, name: str, run: Callable[[], None]) -> None:
        with self._starting:
            if (before := self._threads.get(name)) and before.is_alive():
                return
            if before:
                logger.error("the thread %s had died and is started again", name)
            elif not self._threads:
                atexit.register(self.flush)
            self._threads[name] = threading.Thread(target=run, name=name, daemon=True)
            self._threads[name].start()

    def _write(self) -> None:
        try:
            while settings.BACKGROUND_THREADS:
                time.sleep(PAUSE)
                try:
                    close_old_connections()
                    self.flush()
                except Exception:
                    logger.exception("exchanges were not written")
        finally:
            connection.close()

    def _watch(self) -> None:
        """Say in Redis, for the health page of any process, that this one does not write what it should."""
        while settings.BACKGROUND_THREADS:
            time.sleep(LOOK)
            try:
                self._ensure()
                if self.behind():
                    client().set(SIGN, os.getpid(), ex=SIGN_SECONDS)
            except Exception as error:
                logger.warning("the exchange log's state cannot be told (%s)", type(error).__name__)

    def behind(self) -> bool:
        """Tell whether something waits for too long, was lost lately, or could not be written when last tried."""
        lately = time.monotonic() - self._lost_at < LOST_SECONDS
        return lately or self._failing or self._buffer.waits() > LATE

    def flush(self) -> int:
        """Write what waits; returns how much that was. Where the database is away it goes on waiting."""
        if not self._writing.acquire(timeout=PATIENCE):
            return 0  # the thread writes, and does not come to an end
        try:
            return self._flush()
        except AwayError as error:
            logger.warning("exchanges wait: the database is away (%s)", error)
            return 0
        finally:
            self._writing.release()
            if self.dropped:
                logger.warning("%d exchanges were dropped: more came than could be written", self.dropped)
                self.dropped = 0

    def _flush(self) -> int:
        # What comes meanwhile is for the next time.
        written, left = 0, len(self._buffer)
        while batch := self._buffer.take(min(left, BATCH), BATCH_BYTES):
            left -= len(batch)
            try:
                count, lost = write(batch)
                self._remember_outcome(count, lost)
                written += count
            finally:
                self._buffer.give_back(batch)
            if batch:
                break
        return written

    def _remember_outcome(self, written: int, lost: int) -> None:
        if lost:
            self._lost_at = time.monotonic()
        if written or lost:
            self._failing = not written


def late() -> bool:
    """Tell whether this process, or another one lately, did not write what it should. Redis is asked where it answers."""
    if recorder.behind():
        return True
    with contextlib.suppress(redis.RedisError):
        return bool(client().exists(SIGN))
    return False


recorder = Recorder()
os.register_at_fork(after_in_child=recorder.reset)
