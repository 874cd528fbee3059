"""The flight recorder: after a crash it tells whether a call had left this machine.

WeChat cannot recognize a repeat, so a worker that is killed in the middle of a send leaves a question: was it sent? The
database alone cannot answer, as nothing can be committed in the instant of sending. A file can: one per call, made
before the call and marked, by one write, as soon as the request's last byte is with the kernel. What a killed process
wrote to a file stays. The recorder serves one machine; on another one the question stays open.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from contextvars import ContextVar
from enum import Enum
from pathlib import Path

from django.conf import settings

logger = logging.getLogger(__name__)


class Trace(Enum):
    """Whether the call of an interrupted try was sent; PENDING while the process that tries it still may."""

    NOT_SENT = "not sent"
    SENT = "sent"
    PENDING = "pending"
    UNKNOWN = "unknown"


def _path(delivery: int, attempt: int) -> Path:
    return Path(settings.DATA_DIR) / "flights" / f"{delivery}-{attempt}"


class Flight:
    """The record of one try. It is left behind when the process dies before `land`, and only then."""

    def __init__(self, delivery: int, attempt: int) -> None:
        self._path = _path(delivery, attempt)
        self._descriptor = -1
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            os.write(self._descriptor, f"{os.getpid()}\n".encode())
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        """A full or read-only disk stops no message. Without a record, an interrupted try counts as unknown."""
        logger.warning("no flight record: %s", error.strerror)
        self.land()

    def mark_sent(self) -> None:
        """Write down that the request is out."""
        if self._descriptor < 0:
            return
        try:
            os.write(self._descriptor, b"sent\n")
        except OSError as error:
            self._give_up(error)

    def land(self) -> None:
        """Remove the record: the outcome is written where it belongs."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


_current: ContextVar[Flight | None] = ContextVar("flight", default=None)
_final: ContextVar[bool] = ContextVar("final", default=False)


@contextlib.contextmanager
def recorded(flight: Flight | None) -> Iterator[None]:
    """Let `flight` record the final call made inside the block."""
    token = _current.set(flight)
    try:
        yield
    finally:
        _current.reset(token)


@contextlib.contextmanager
def final_call() -> Iterator[None]:
    """Say that the request inside the block is the one the record is about, and not, say, the fetch of a token."""
    token = _final.set(True)
    try:
        yield
    finally:
        _final.reset(token)


def mark_sent() -> None:
    """Say that the request's last byte was given to the kernel; nothing where this request is not recorded."""
    flight = _current.get()
    if flight is not None and _final.get():
        flight.mark_sent()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def trace_of(delivery: int, attempt: int) -> Trace:
    """Return what the record of an interrupted try says, and remove it once nothing can change it any more.

    NOT_SENT only where the process that made it is dead: a frozen one may still send.
    """
    path = _path(delivery, attempt)
    try:
        pid, *sent = path.read_text().split()
    except (OSError, ValueError):
        return Trace.UNKNOWN
    if not sent and _alive(int(pid)):
        return Trace.PENDING
    path.unlink(missing_ok=True)
    return Trace.SENT if sent else Trace.NOT_SENT
