"""The ASGI entry point: the doors' short way, the event streams, and the site itself in threads."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import lru_cache
from io import BytesIO
from types import FrameType
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve

from bridge.base.asgi import Receive, Scope, Send
from config.buffering import Buffered
from config.parameters import PARAMETERS
from config.wsgi import application as site

# After the site, which loads all apps.
from bridge.doors.entrance import wait_briefly  # isort: skip
from bridge.live.keeping import keeper  # isort: skip
from config.run import warming  # isort: skip
from seats.desk.stream import Streams  # isort: skip

logger = logging.getLogger(__name__)

DOORS, STREAMS = "/callbacks/", ("/desk/stream/", "/api/stream/")
HEALTH = ("/livez", "/healthz", "/metrics")
BODY_SECONDS = 10.0  # within which a push is here; the platforms themselves wait for 5 and 2 seconds
MOST = 20 * 1024**2  # bytes of a request's body; lists to import are the largest of the admin's
# The parameter's highest value: where it is lower, the page itself says so, in words.
MOST_FILE = int(PARAMETERS["MEDIA_MAX_MB"].high or 0) * 1024**2 + MOST


@lru_cache(maxsize=1000)
def _match(path: str) -> ResolverMatch:
    """Return what stands at a path; the few addresses of the doors need not be looked up for each push."""
    return resolve(path)


def _answer(scope: Scope, body: bytes) -> HttpResponseBase:
    try:
        match = _match(scope["path"])
    except Resolver404:
        return HttpResponse("no such door\n", status=404, content_type="text/plain")
    try:
        request = ASGIRequest(scope, BytesIO(body))
    except ValueError:
        # Bytes in the query that are no UTF-8.
        return HttpResponse("the request cannot be read\n", status=400, content_type="text/plain")
    request.META["CONTENT_LENGTH"] = str(len(body))  # whatever the header says: it is all here
    try:
        return match.func(request, *match.args, **match.kwargs)
    except Exception:
        logger.exception("a door failed")
        return HttpResponse("try again later\n", status=500, content_type="text/plain")


async def _body(receive: Receive) -> bytes | None:
    """Return the request's body; None where it is larger than any door takes, or the caller has gone."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > settings.DOOR_MAX_BODY:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


class Doors:
    """Lets callbacks past middleware and signals: platforms have no sessions, cookies, forms or languages.

    Everything a door needs to be safe is in the door itself, and it looks after its own database connection. They have
    threads of their own, so that no slow page of the site keeps a platform waiting. The health pages go the same way, so
    that they answer whatever the site does.
    """

    def __init__(self, threads: Executor) -> None:
        self._threads = threads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await asyncio.wait_for(_body(receive), BODY_SECONDS)
        except TimeoutError:
            await self._send(HttpResponse("the request came too slowly\n", status=408), send)
            return
        if body is None:
            answer: HttpResponseBase = HttpResponse(f"more than {settings.DOOR_MAX_BODY} bytes\n", status=413)
        else:
            answer = await asyncio.get_running_loop().run_in_executor(self._threads, _answer, scope, body)
        await self._send(answer, send)

    @staticmethod
    async def _send(answer: HttpResponseBase, send: Send) -> None:
        content = b"".join(answer)
        headers = [(name.lower().encode(), value.encode()) for name, value in answer.items()]
        headers.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": content})


def longest_body(path: str) -> int:
    """Return how many bytes a request to `path` may bring: files come by the desk and the API alone."""
    return MOST_FILE if path.startswith(("/desk/", "/api/")) else MOST


class Application:
    """All of it."""

    def __init__(self) -> None:
        self.streams = Streams()
        self._threads = ThreadPoolExecutor(settings.WEB_THREADS, "door", initializer=wait_briefly)
        self._doors = Doors(self._threads)
        self._site = Buffered(WSGIMiddleware(cast(Any, site), workers=settings.WEB_THREADS), longest_body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and (path.startswith(DOORS) or path in HEALTH):
            await self._doors(scope, receive, send)
        elif scope["type"] == "http" and path in STREAMS:
            await self.streams(scope, receive, send)
        else:
            await self._site(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Start and stop with the server."""
        while True:
            phase = (await receive())["type"]
            if phase == "lifespan.startup":
                # What was loaded at the start stays anyway: it is left out of the garbage collector's rounds.
                gc.collect()
                gc.freeze()
                self._close_at_the_end()
                if settings.BACKGROUND_THREADS:
                    await asyncio.to_thread(warming.every_thread, self._threads, settings.WEB_THREADS, warming.door)
                    warming.publishing()
                    keeper.begin(wait_briefly)
            await send({"type": f"{phase}.complete"})
            if phase == "lifespan.shutdown":
                return

    def _close_at_the_end(self) -> None:
        """End the event streams as soon as the server is told to stop: it waits for all answers to end by themselves."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            servers = signal.getsignal(number)

            def close(number: int, frame: FrameType | None, servers: Any = servers) -> None:
                asyncio.run_coroutine_threadsafe(self.streams.close(), loop)
                servers(number, frame)

            signal.signal(number, close)


application = Application()
