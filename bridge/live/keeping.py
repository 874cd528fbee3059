"""Keeps what this process's doors know of endpoints, in a thread of its own: no push waits for Redis.

Each minute it asks the database for all of them, also for those of which no push came, and writes them anew.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import DatabaseError, InterfaceError, connection

from bridge.base import outage
from bridge.live.endpoints import Remembered
from bridge.live.kept import Kept

logger = logging.getLogger(__name__)

ROUND = 60.0  # seconds
T = TypeVar("T")


@dataclass(frozen=True)
class _Kind:
    memory: Remembered[Any]
    kept: Kept[Any]
    names: Callable[[], Iterable[str]]


class Keeper:
    """What is kept of each kind; one for each process that serves doors."""

    def __init__(self) -> None:
        self._kinds: list[_Kind] = []
        self._noted = threading.Event()

    def keep(self, memory: Remembered[T], kept: Kept[T], names: Callable[[], Iterable[str]] = lambda: [""]) -> None:
        """Let the memory serve what is kept where it never knew better. `names` asks the database for all there are."""
        self._kinds.append(_Kind(memory, kept, names))
        memory.keep(kept, self._noted.set)

    def begin(self, prepare: Callable[[], None]) -> None:
        """Start the thread; it does `prepare` first, as the threads of the doors do."""
        threading.Thread(target=self._run, args=[prepare], name="keeper", daemon=True).start()

    def _run(self, prepare: Callable[[], None]) -> None:
        prepare()
        next_round = 0.0
        while True:
            if time.monotonic() >= next_round:
                self.look_around()
                with contextlib.suppress(DatabaseError, InterfaceError):
                    connection.close()
                next_round = time.monotonic() + ROUND
            self._noted.clear()
            self.write()
            self._noted.wait(max(next_round - time.monotonic(), 0))

    def write(self) -> None:
        """Write what was noted and is not written yet."""
        for kind in self._kinds:
            try:
                kind.kept.write()
            except Exception as error:
                # The words of the error could hold a value.
                logger.error("what doors know (%s) is not kept: %s", kind.kept.kind, type(error).__name__)

    def look_around(self) -> None:
        """Ask the database for everything, and owe Redis all that it has said, now or before it went away."""
        for kind in self._kinds:
            if not outage.database.lasts():
                self._look(kind)
            kind.kept.owe_all()

    @staticmethod
    def _look(kind: _Kind) -> None:
        try:
            names = set(kind.names())
            for gone in set(kind.kept.names()) - names:
                kind.kept.note(gone, None)
            for name in names:
                kind.memory.get(name)
        except Exception as error:
            # The thread must not end, whatever it meets.
            logger.warning("what doors know (%s) was not asked for: %s", kind.kept.kind, type(error).__name__)


keeper = Keeper()
