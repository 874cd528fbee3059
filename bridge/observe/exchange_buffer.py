"""The exchange log's buffer: what waits to be written, bounded by number and bytes."""

from __future__ import annotations

import threading
import time
from collections import deque

from bridge.observe.exchange_rows import Said


class Buffer:
    """What waits, oldest first. Safe to use from several threads; its lock is held for moments only."""

    def __init__(self) -> None:
        self._waiting: deque[Said] = deque()
        self._taken: deque[Said] = deque()
        self._lock = threading.Lock()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, said: Said, most: int, most_bytes: int) -> bool:
        """Cut it to what can be written and put it in; tell whether there was room for it."""
        said.shrink()
        said.since = time.monotonic()
        with self._lock:
            if len(self._waiting) >= most or self.bytes + said.size > most_bytes:
                return False
            self._waiting.append(said)
            self.bytes += said.size
            return True

    def take(self, most: int, most_bytes: int) -> deque[Said]:
        """Take out the oldest, one at least if there is one; `give_back` must follow."""
        batch: deque[Said] = deque()
        with self._lock:
            while self._waiting and len(batch) < most and (not batch or self._waiting[0].size <= most_bytes):
                batch.append(self._waiting.popleft())
                most_bytes -= batch[-1].size
                self.bytes -= batch[-1].size
            self._taken = batch.copy()
        return batch

    def give_back(self, those: deque[Said]) -> None:
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
