"""Until when a call may take, whatever the other side does: a time-out alone begins anew with each byte that drips in.

Each wait on a socket is given only what is left. The operating system's look-up of a name takes no limit; a thread of its
own waits for that (`resolve`).
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any


class Deadline:
    """The end of a call. It moves with the call's stages, but never behind the end of the `within` around it."""

    def __init__(self, seconds: float) -> None:
        self._began, self._last = time.monotonic(), _last.get()
        self.allow(seconds)

    def allow(self, seconds: float) -> None:
        """Give what comes next so many seconds from now."""
        self._ends = min(self._last, time.monotonic() + seconds)

    def allow_in_all(self, seconds: float) -> None:
        """Give the whole call so many seconds, those that have passed since it began included."""
        self._ends = min(self._last, self._began + seconds)

    def over(self) -> bool:
        """Tell whether the time is up."""
        return time.monotonic() >= self._ends

    def left(self) -> float | None:
        """Return how many seconds are left, None for no limit. TimeoutError where there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left if left != float("inf") else None


_last: ContextVar[float] = ContextVar("last", default=float("inf"))
_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let all calls inside the block together, and the reading of their answers, take at most so many seconds."""
    token = _last.set(min(_last.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _last.reset(token)


@contextlib.contextmanager
def keeping(deadline: Deadline) -> Iterator[None]:
    """Let the connections used inside the block keep `deadline`, also afterwards, while their answers are read."""
    token = _current.set(deadline)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> Deadline:
    """Return the deadline of the call under way; one without a limit where there is none."""
    return _current.get() or Deadline(float("inf"))


class _Timed(io.RawIOBase):
    """What a socket receives, as long as there is time."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: Deadline) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class TimedReply(http.client.HTTPResponse):
    """An answer whose status, headers and body come before its deadline, or not at all (TimeoutError)."""

    def __init__(self, deadline: Deadline, sock: socket.socket, *args: Any, **words: Any) -> None:
        super().__init__(sock, *args, **words)
        self.fp = io.BufferedReader(_Timed(self.fp.detach(), sock, deadline))

    def _read_status(self) -> tuple[str, int, str]:
        """Pass over what a server says before its answer, as 103 Early Hints (RFC 9110, 15.2); http.client knows 100 only."""
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not HTTPStatus.SWITCHING_PROTOCOLS < status < HTTPStatus.OK:
                return version, status, reason
            http.client.parse_headers(self.fp)


def resolve(host: str, port: int, seconds: float | None) -> list[str]:
    """Return the addresses of a name. socket.gaierror where it has none, TimeoutError where that takes too long."""
    found: list[str] = []
    failed: list[Exception] = []

    def look_up() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(entry[4][0]) for entry in entries))
        except (OSError, UnicodeError) as error:
            failed.append(error if isinstance(error, OSError) else socket.gaierror(socket.EAI_NONAME, str(error)))

    thread = threading.Thread(target=look_up, name="resolve", daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if thread.is_alive():
        raise TimeoutError("the name was not found in time")
    return found
