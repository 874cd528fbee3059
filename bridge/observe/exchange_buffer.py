"""The exchange log's buffer: what is kept of an exchange while it waits to be written, bounded by number and bytes."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.base import clock
from bridge.observe.redaction import ADDRESS, LONGEST

FIELDS = 30  # of a query that are kept
BODY = 4 * LONGEST  # bytes of a body that are kept: LONGEST characters of UTF-8
QUERY = 4 * ADDRESS  # characters of a query or a path that are kept


@dataclass
class OpenExchange:
    """What went over HTTP, as it was: one exchange under way, or waiting to be written."""

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
    began: float = field(default_factory=lambda: time.perf_counter())  # noqa: PLW0108  looked up at each call: tests set it
    milliseconds: int = 0
    subject: dict[str, Any] = field(default_factory=dict)
    size: int = 0  # bytes that it takes while it waits, about
    since: float = 0.0  # time.monotonic when it began to wait
    tries: int = 0

    def shrink(self) -> None:
        """Cut it to what can be written of it, and measure it."""
        self.url, self.raw_query, self.method = self.url[:QUERY], self.raw_query[:QUERY], self.method[:6]
        self.query = tuple((name[:QUERY], value[:QUERY]) for name, value in self.query[:FIELDS])
        self.sent, self.answer = bytes(self.sent[:BODY]), bytes(self.answer[:BODY])
        words = (self.url, self.raw_query, self.sent, self.answer, *(word for pair in self.query for word in pair))
        self.size = 1000 + sum(map(len, words))


class Buffer:
    """What waits, oldest first. Safe to use from several threads; its lock is held for moments only."""

    def __init__(self) -> None:
        self._waiting: deque[OpenExchange] = deque()
        self._taken: deque[OpenExchange] = deque()
        self._lock = threading.Lock()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, said: OpenExchange, most: int, most_bytes: int) -> bool:
        """Cut it to what can be written and put it in; tell whether there was room for it."""
        said.shrink()
        said.since = time.monotonic()
        with self._lock:
            if len(self._waiting) >= most or self.bytes + said.size > most_bytes:
                return False
            self._waiting.append(said)
            self.bytes += said.size
            return True

    def take(self, most: int, most_bytes: int) -> deque[OpenExchange]:
        """Take out the oldest, one at least if there is one; `give_back` must follow."""
        batch: deque[OpenExchange] = deque()
        with self._lock:
            while self._waiting and len(batch) < most and (not batch or self._waiting[0].size <= most_bytes):
                batch.append(self._waiting.popleft())
                most_bytes -= batch[-1].size
                self.bytes -= batch[-1].size
            self._taken = batch.copy()
        return batch

    def give_back(self, those: deque[OpenExchange]) -> None:
        """Put back what is still to be written."""
        with self._lock:
            self._taken = deque()
            self._waiting.extendleft(reversed(those))
            self.bytes += sum(one.size for one in those)

    def waits(self) -> float:
        """Return for how many seconds the oldest has been waiting, being written included; 0 where nothing waits."""
        with self._lock:
            oldest = next(iter(self._taken or self._waiting), None)
        return time.monotonic() - oldest.since if oldest else 0.0

    def clear(self) -> None:
        """Forget what waits."""
        with self._lock:
            self._waiting.clear()
            self.bytes = 0
