"""Sorting more than is held in memory."""

from __future__ import annotations

import heapq
import pickle
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO, Any

RUN = 20_000  # that are held in memory
BATCH = 100  # that are written to disk and read from there at once


class Sorted:
    """What is added comes out in order. Only `RUN` of them are held: each time there are so many, they are sorted and put on disk."""

    def __init__(self) -> None:
        self._held: list[Any] = []
        self._files: list[IO[bytes]] = []
        self._open = ExitStack()

    def __enter__(self) -> Sorted:
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def add(self, one: Any) -> None:
        """Add something that can be compared with all the others."""
        self._held.append(one)
        if len(self._held) >= RUN:
            self._put_away()

    def __iter__(self) -> Iterator[Any]:
        return heapq.merge(*map(_read, self._files), sorted(self._held))

    def _put_away(self) -> None:
        self._held.sort()
        file = self._open.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 -- closed with all the others
        for at in range(0, len(self._held), BATCH):
            pickle.dump(self._held[at : at + BATCH], file)
        self._files.append(file)
        self._held = []


def _read(file: IO[bytes]) -> Iterator[Any]:
    file.seek(0)
    while True:
        try:
            some = pickle.load(file)  # noqa: S301 -- our own, written a moment ago to a file without a name
        except EOFError:
            return
        yield from some
