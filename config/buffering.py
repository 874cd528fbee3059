"""Slow clients hold no thread: a request's body is taken in before a thread works on it, and its answer leaves without one.

Without this, as many slow connections as there are threads stop every page of the site.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from collections.abc import Callable
from typing import IO, Any

from bridge.base.asgi import Receive, Scope, Send

logger = logging.getLogger(__name__)

IN_MEMORY = 256 * 1024  # bytes of a body that are kept in memory; more lies on disk
PIECE = 64 * 1024  # bytes passed on at once
GRACE = 20.0  # seconds that every body may take
RATE = 20 * 1024  # bytes a second that a longer one must reach on the whole
UNREAD = 60.0  # seconds for which a client may read nothing of its answer
AT_ONCE = 1024**3  # bytes of all bodies that a process holds at a time: many at once must not fill the disk


class Refused(Exception):
    """The body is not taken: the status, and why."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


class Gone(Exception):
    """The client has gone."""


class Room:
    """How many bytes of bodies a process holds."""

    def __init__(self, bound: int = AT_ONCE) -> None:
        self.bound = bound
        self.held = 0


class Body:
    """A request's body, in a file of its own; use as a context manager."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  closed by __exit__
        self._since = time.monotonic()
        self.size = 0

    def __enter__(self) -> Body:
        return self

    def __exit__(self, *_error: object) -> None:
        self._room.held -= self.size
        self._file.close()

    async def take_in(self, receive: Receive, longest: int) -> None:
        """Read all of it. Raises: Refused (413, 408, 503), Gone."""
        more = True
        while more:
            message = await self._next(receive)
            self._write(message.get("body", b""), longest)
            more = message.get("more_body", False)
        self._file.seek(0)

    async def _next(self, receive: Receive) -> dict[str, Any]:
        left = self._since + GRACE + self.size / RATE - time.monotonic()
        try:
            message = await asyncio.wait_for(receive(), max(left, 0))
        except TimeoutError:
            raise Refused(408, "the request came too slowly\n") from None
        if message["type"] != "http.request":
            raise Gone
        return message

    def _write(self, piece: bytes, longest: int) -> None:
        if self.size + len(piece) > longest:
            raise Refused(413, f"more than {longest} bytes\n")
        if self._room.held + len(piece) > self._room.bound:
            raise Refused(503, "too much is being sent here now, try again later\n")
        self.size += len(piece)
        self._room.held += len(piece)
        self._file.write(piece)

    def replay(self, receive: Receive) -> Receive:
        """Return what gives the body once more, and after it what the client does next."""
        left, over = self.size, False

        async def again() -> dict[str, Any]:
            nonlocal left, over
            if over:
                return await receive()
            piece = self._file.read(PIECE)
            left -= len(piece)
            over = left <= 0
            return {"type": "http.request", "body": piece, "more_body": not over}

        return again


class Answer:
    """What the application answers, until it is whole; use as a context manager."""

    def __init__(self) -> None:
        self._start: dict[str, Any] | None = None
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  closed by __exit__

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    async def take(self, message: dict[str, Any]) -> None:
        """Keep a piece of it; the application's `send`."""
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._file.write(message.get("body", b""))

    async def leave(self, send: Send) -> None:
        """Send it, as fast as the client reads. Raises: TimeoutError where that has stopped reading."""
        if self._start is None:
            return
        self._file.seek(0)
        await send(self._start)
        while piece := self._file.read(PIECE):
            await asyncio.wait_for(send({"type": "http.response.body", "body": piece, "more_body": True}), UNREAD)
        await send({"type": "http.response.body", "body": b""})


class Buffered:
    """The ASGI application around `application`; `longest` says how many bytes the body of a request to a path may have."""

    def __init__(self, application: Any, longest: Callable[[str], int]) -> None:
        self._application = application
        self._longest = longest
        self.room = Room()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with Answer() as answer:
            try:
                with Body(self.room) as body:
                    await body.take_in(receive, self._longest(scope["path"]))
                    await self._application(scope, body.replay(receive), answer.take)
                await answer.leave(send)
            except Refused as refused:
                await _refuse(refused, send)
            except Gone:
                pass
            except TimeoutError:
                logger.info("a client has stopped reading its answer")


async def _refuse(refused: Refused, send: Send) -> None:
    headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": refused.words.encode()})
