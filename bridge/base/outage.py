"""Whether the database is away, as this process has seen it, so that not everybody finds out by waiting for it.

A server that has vanished makes each new connection wait for its time-out; a platform waits five seconds for everything.
So whoever meets an error says so here, and for a moment the others do without the database: one of them at a time tries.
"""

from __future__ import annotations

import threading
import time

PAUSE = 1.0  # seconds between two tries of a process


class Outage:
    """One for each process, also of another server; `seen` and `over` are what its threads say, `lasts` is what they ask first."""

    def __init__(self, pause: float = PAUSE) -> None:
        self._pause = pause
        self._lock = threading.Lock()
        self._next_try: float | None = None

    def seen(self) -> None:
        """Say that the database did not answer."""
        with self._lock:
            self._next_try = time.monotonic() + self._pause

    def over(self) -> None:
        """Say that the database has answered."""
        if self._next_try is not None:
            self._next_try = None

    def lasts(self) -> bool:
        """Tell whether to do without the database now. Once in a while False for one caller, who then tries it."""
        if self._next_try is None:
            return False
        with self._lock:
            if self._next_try is None:
                return False
            if time.monotonic() < self._next_try:
                return True
            self._next_try = time.monotonic() + self._pause
            return False

    def is_seen(self) -> bool:
        """Tell whether the database was away when it was last tried. Who asks need not try it."""
        return self._next_try is not None


database = Outage()
