"""The lines about the way of each message are gathered, and written together by a thread of their own.

Made one by one, a line takes a quarter of the processor's time that a door needs for a push; made one after the other it takes
a fourth of that, and the thread that works on a message does not wait for it. A process that is killed loses its last lines:
they are for people who look for a reason, the truth is in the inbox and the outbox.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections import deque

from bridge.base import subject

PAUSE = 0.02  # seconds that a line waits for others; longer, and making all of them holds up the threads of the doors
MOST = 5000  # lines that wait; who has one more writes them all


class Gathering(logging.StreamHandler):
    """Writes to stderr: lines of the logger `gathered` together, all others at once, with those before them."""

    def __init__(self, gathered: str) -> None:
        super().__init__()
        self._gathered = gathered
        self._waiting: deque[logging.LogRecord] = deque()
        self._some = threading.Event()
        self._starting = threading.Lock()
        self._pid = 0
        os.register_at_fork(after_in_child=self._waiting.clear)

    def handle(self, record: logging.LogRecord) -> bool:
        """Take a line, whole: what its thread works on may be something else when it is written."""
        if record.name != self._gathered:
            return bool(super().handle(record))
        record.subject = dict(subject.current())
        self._waiting.append(record)
        if len(self._waiting) > MOST:
            self.flush()
        # Asking first is cheaper than setting again, which would wake the thread for each line.
        elif not self._some.is_set():
            self._some.set()
        if self._pid != os.getpid():
            self._start()
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, and before it those that wait."""
        self._write()
        super().emit(record)

    def flush(self) -> None:
        """Write what waits; the end of a process calls this."""
        self._write()
        super().flush()

    def _write(self) -> None:
        if not (taken := self._taken()):
            return
        try:
            said = "".join(self.format(record) + self.terminator for record in taken)
            with self.lock or contextlib.nullcontext():
                self.stream.write(said)
        except Exception:
            self.handleError(taken[0])

    def _taken(self) -> list[logging.LogRecord]:
        taken: list[logging.LogRecord] = []
        with contextlib.suppress(IndexError):  # others take as well
            while len(taken) < MOST:
                taken.append(self._waiting.popleft())
        return taken

    def _start(self) -> None:
        # Threads do not survive a fork: each process starts its own at its first line.
        with self._starting:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                threading.Thread(target=self._run, name="lines", daemon=True).start()

    def _run(self) -> None:
        while True:
            self._some.wait()
            time.sleep(PAUSE)
            self._some.clear()
            self.flush()
