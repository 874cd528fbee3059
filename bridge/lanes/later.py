"""Nudges ahead of time, from this process: queues on several RabbitMQs keep no task for a later time."""

from __future__ import annotations

import heapq
import os
import threading
import time
from collections.abc import Callable


class Later:
    """Calls `nudge` when something is due. Where the process ends before, the sweep finds what is due."""

    def __init__(self, nudge: Callable[[], None]) -> None:
        self._nudge = nudge
        self._due: list[float] = []  # a heap of moments, by time.monotonic
        self._changed = threading.Condition()
        self._pid = 0

    def add(self, seconds: float) -> None:
        """Nudge in so many seconds. Never blocks, never raises."""
        with self._changed:
            if self._pid != os.getpid():
                self._pid, self._due = os.getpid(), []
                threading.Thread(target=self._run, name="later", daemon=True).start()
            heapq.heappush(self._due, time.monotonic() + seconds)
            self._changed.notify()

    def _run(self) -> None:
        while True:
            self._wait()
            self._nudge()

    def _wait(self) -> None:
        """Return when something is due, and forget it and all that is due too."""
        with self._changed:
            while not self._due or self._due[0] > time.monotonic():
                self._changed.wait(self._due[0] - time.monotonic() if self._due else None)
            while self._due and self._due[0] <= time.monotonic():
                heapq.heappop(self._due)
