"""The exchange log's recorder: keeps what goes over HTTP, without making anybody wait for it.

The path of a message only puts a tuple into a bounded buffer. A thread of each process takes the secrets out and writes
the rows, once a second, many at a time. What a killed process had in its buffer is lost: the log is for people who look
for a reason, the truth is in the inbox and the outbox.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections

from bridge import clock
from bridge.models import Exchange
from bridge.parameters import parameters
from bridge.platforms.base import DeliveryError
from bridge.platforms.registry import platforms
from bridge.redaction import LONGEST, Redactor

logger = logging.getLogger(__name__)

MOST = 5000  # exchanges that wait to be written; more are dropped, and the log says so
BATCH = 500
FIELDS = 30  # of a query that are kept
REFUSALS = 20  # of callbacks that were not let in, a second and process, that are written down
PAUSE = 1.0  # seconds between two writes
_subject: ContextVar[dict[str, Any] | None] = ContextVar("exchange_subject", default=None)


@contextlib.contextmanager
def about(**facts: Any) -> Iterator[dict[str, Any]]:
    """Say what the exchanges inside the block are about: `lane`, `account_id`, `delivery_id`, `dedup`."""
    token = _subject.set({**(_subject.get() or {}), **facts})
    try:
        yield _subject.get() or {}
    finally:
        _subject.reset(token)


def note(**facts: Any) -> None:
    """Add to what the exchange under way is about."""
    if (subject := _subject.get()) is not None:
        subject.update(facts)


@dataclass
class Talk:
    """One exchange under way. Bodies stay as they are until they are written."""

    direction: str
    method: str
    url: str
    query: tuple[tuple[str, str], ...] = ()
    raw_query: str = ""
    sent: bytes = b""
    platform: str = ""
    status: int = 0
    answer: bytes = b""
    code: str = ""
    failed: bool = False
    at: datetime = field(default_factory=clock.now)
    began: float = field(default_factory=time.perf_counter)
    milliseconds: int = 0
    subject: dict[str, Any] = field(default_factory=dict)

    def end(self) -> None:
        """The answer is there, or will not come: keep it if it is to be kept."""
        self.milliseconds = int((time.perf_counter() - self.began) * 1000)
        self.subject = dict(_subject.get() or {})
        recorder.keep(self)


@contextlib.contextmanager
def outgoing(method: str, url: str, query: Iterable[tuple[str, str]], sent: bytes = b"") -> Iterator[Talk]:
    """Keep the call made inside the block, also where it ends with a DeliveryError."""
    talk = Talk(Exchange.Direction.OUT, method, url, tuple(query), sent=sent)
    try:
        yield talk
    except DeliveryError as error:
        talk.failed, talk.code = True, error.code
        raise
    finally:
        talk.end()


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


def _wanted(talk: Talk) -> bool:
    """What went well is thinned out in a rush; strangers can be refused as often as they like, for a few rows a second."""
    second = int(talk.began)
    if not talk.failed:
        return parameters.EXCHANGE_DAYS > 0 and _fine.may(second, parameters.EXCHANGE_PER_SECOND)
    if talk.direction == Exchange.Direction.IN and not _refused.may(second, REFUSALS):
        return False
    return parameters.EXCHANGE_FAILED_DAYS > 0


@cache
def redactor() -> Redactor:
    """Return what takes the secrets of all platforms out."""
    return Redactor(platform.redaction for platform in platforms())


class Recorder:
    """The buffer of a process, and the thread that empties it."""

    def __init__(self) -> None:
        self._waiting: deque[Talk] = deque()
        self._lock = threading.Lock()
        self._pid = 0
        self.dropped = 0

    def keep(self, talk: Talk) -> None:
        """Put it into the buffer, if it is wanted. Never blocks, never raises."""
        try:
            if not _wanted(talk):
                return
            if len(self._waiting) >= MOST:
                self.dropped += 1
                return
            self._waiting.append(talk)
            if self._pid != os.getpid() and settings.BACKGROUND_THREADS:
                self._start()
        except Exception:
            logger.exception("an exchange was not kept")

    def clear(self) -> None:
        """Forget what waits, and what was refused lately; for tests."""
        self._waiting.clear()
        _fine.reset()
        _refused.reset()

    def _start(self) -> None:
        with self._lock:
            if self._pid == os.getpid():
                return
            self._pid = os.getpid()
            threading.Thread(target=self._run, name="exchanges", daemon=True).start()
            atexit.register(self.flush)

    def _run(self) -> None:
        while True:
            time.sleep(PAUSE)
            close_old_connections()
            self.flush()

    def flush(self) -> int:
        """Write what waits; returns how much that was. Where the database is away it is dropped."""
        written = 0
        while self._waiting:
            rows = [_row(self._waiting.popleft()) for _at in range(min(BATCH, len(self._waiting)))]
            try:
                Exchange.objects.bulk_create(rows)
            except (DatabaseError, InterfaceError) as error:
                logger.warning("%d exchanges were not written (%s)", len(rows), type(error).__name__)
                return written
            written += len(rows)
        if self.dropped:
            logger.warning("%d exchanges were dropped: more came than could be written", self.dropped)
            self.dropped = 0
        return written


def _row(talk: Talk) -> Exchange:
    hide, answer = redactor(), _text(talk.answer)
    return Exchange(
        direction=talk.direction,
        platform=talk.platform or hide.platform_of(talk.url),
        at=talk.at,
        milliseconds=talk.milliseconds,
        method=talk.method[:6],
        address=hide.address(talk.url, talk.query or parse_qsl(talk.raw_query)[:FIELDS]),
        request=hide.body(_text(talk.sent)) if talk.sent else "",
        status=talk.status,
        code=talk.code[:20],
        answer=hide.body(answer) if answer else "",
        failed=talk.failed,
        **talk.subject,
    )


def _text(content: bytes) -> str:
    return content[: 4 * LONGEST].decode("utf-8", "replace").replace("\0", "")


recorder = Recorder()
