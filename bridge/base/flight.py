"""The flight recorder: after a crash it tells whether a call had left this machine.

WeChat cannot recognize a repeat, so a worker that is killed in the middle of a send leaves a question: was it sent? The
database alone cannot answer, as nothing can be committed in the instant of sending. A file can: one per call, made
before the call and marked, by one write, once the connection stands and right before the request's first byte goes to
the kernel. So no request is out whose record is unmarked. What a killed process wrote to a file stays. The recorder
serves one machine; on another one the question stays open.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from collections.abc import Iterator
from contextvars import ContextVar
from enum import Enum
from pathlib import Path

from django.conf import settings

logger = logging.getLogger(__name__)


class Trace(Enum):
    """Whether the call of an interrupted try was sent; PENDING while whoever tries it still may."""

    NOT_SENT = "not sent"
    SENT = "sent"
    PENDING = "pending"
    UNKNOWN = "unknown"


def _path(delivery: int, attempt: int) -> Path:
    return Path(settings.DATA_DIR) / "flights" / f"{delivery}-{attempt}"


def _aborted(path: Path) -> Path:
    return path.with_name(f"{path.name}-aborted")


class Flight:
    """The record of one try. It is left behind when the process dies before `land`, or the try was aborted, and only then."""

    def __init__(self, delivery: int, attempt: int) -> None:
        self._path = _path(delivery, attempt)
        self._descriptor = -1
        self._name = secrets.token_hex(8)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            os.write(self._descriptor, f"{os.getpid()} {self._name}\n".encode())
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        """A full or read-only disk stops no message. Without a record, an interrupted try counts as unknown."""
        logger.warning("no flight record: %s", error.strerror)
        self.land()

    def mark_sent(self) -> None:
        """Write down that the request goes out now."""
        if self._descriptor < 0:
            return
        try:
            os.write(self._descriptor, b"sent\n")
        except OSError as error:
            self._give_up(error)

    def abort(self) -> None:
        """Say that no call is made any more in this try, because the database went away in it; what was marked stays marked.

        It is said in a file of its own, under the record's name: by now the record may be that of another who has the lane.
        """
        if self._descriptor < 0:
            return
        self._close()
        with contextlib.suppress(OSError):
            _aborted(self._path).write_text(self._name)

    def land(self) -> None:
        """Remove the record: the outcome is written where it belongs."""
        self._close()
        _remove(self._path)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
        _aborted(path).unlink(missing_ok=True)


_current: ContextVar[Flight | None] = ContextVar("flight", default=None)
_final: ContextVar[bool] = ContextVar("final", default=False)


@contextlib.contextmanager
def recorded(flight: Flight | None) -> Iterator[None]:
    """Let `flight` record the final call made inside the block. An error ends the try."""
    token = _current.set(flight)
    try:
        yield
    except Exception:
        if flight:
            flight.abort()
        raise
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
    """Say that the request's first byte goes to the kernel now; nothing where this request is not recorded."""
    flight = _current.get()
    if flight is not None and _final.get():
        flight.mark_sent()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def trace_of(delivery: int, attempt: int) -> Trace:
    """Return what the record of an interrupted try says, and remove it once nothing can change it any more.

    NOT_SENT only where the process that made it is dead, or has aborted it: a frozen one may still send.
    """
    path = _path(delivery, attempt)
    try:
        pid, name, *sent = path.read_text().split()
    except (OSError, ValueError):
        return Trace.UNKNOWN
    if not sent and is_alive(int(pid)) and not _was_aborted(path, name):
        return Trace.PENDING
    _remove(path)
    return Trace.SENT if sent else Trace.NOT_SENT


def _was_aborted(path: Path, name: str) -> bool:
    try:
        return _aborted(path).read_text() == name
    except OSError:
        return False
