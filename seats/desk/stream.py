"""The desk's event stream, /desk/stream/: server-sent events, answered by the event loop alone.

No thread and no database connection is kept while a desk is connected; both are borrowed to see who it is.
"""

from __future__ import annotations

import asyncio
import re
from io import BytesIO
from urllib.parse import parse_qs

import redis
from django.contrib.auth import get_user
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.utils.translation import get_language_from_request

from bridge.base.asgi import Receive, Scope, Send
from bridge.conversation.changes import START
from seats.actors import Actor
from seats.desk.hub import Desk, Hub

POSITION = re.compile(r"[0-9]{1,15}-[0-9]{1,9}")
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # nginx would gather the events otherwise.
    (b"x-accel-buffering", b"no"),
]
_sessions = SessionMiddleware(lambda request: HttpResponse())


def actor_of(scope: Scope) -> Actor | None:
    """Return the user of the session; None without one, or for a user who may do nothing on the desk.

    None too where the page (the query's `user`) was opened by another user than the session's.
    """
    request = ASGIRequest(scope, BytesIO())
    _sessions.process_request(request)
    user = get_user(request)
    page = parse_qs(scope["query_string"].decode("latin-1")).get("user", [str(user.pk)])[0]
    return Actor.of(user) if user.is_active and page == str(user.pk) else None


def position_of(scope: Scope) -> str:
    """Return up to where the desk has everything: its Last-Event-ID, at first the page's `after`."""
    headers = dict(scope["headers"])
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("after", [""])[0]
    given = headers.get(b"last-event-id", b"").decode("latin-1") or asked
    return given if POSITION.fullmatch(given) else START


class Streams:
    """The ASGI application. `close` ends all streams."""

    def __init__(self) -> None:
        self._hub: Hub | None = None
        self._closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hub = self._hub = self._hub or Hub()
        actor = await hub.in_thread(actor_of, scope) if scope["method"] == "GET" and not self._closed else None
        if actor is None:
            await _refuse(send, 503 if self._closed else 405 if scope["method"] != "GET" else 403)
            return
        language = get_language_from_request(ASGIRequest(scope, BytesIO()))
        desk = Desk(actor, language, lambda: actor_of(scope))
        try:
            await hub.join(desk, position_of(scope))
        except redis.RedisError:
            await _refuse(send, 503)
            return
        try:
            await _pass_on(desk, receive, send)
        finally:
            hub.leave(desk)

    async def close(self) -> None:
        """End all streams, and let nobody in any more."""
        self._closed = True
        if self._hub:
            await self._hub.close()


async def _refuse(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


async def _pass_on(desk: Desk, receive: Receive, send: Send) -> None:
    """Send the desk's events until either side ends it."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    # At the end of a stream the browser comes again by itself, after this many milliseconds.
    await send({"type": "http.response.body", "body": b"retry: 1500\n\n", "more_body": True})
    gone = asyncio.create_task(_gone(receive))
    gone.add_done_callback(lambda _task: desk.end())
    try:
        while (event := await desk.events.get()) is not None and not gone.done():
            await send({"type": "http.response.body", "body": event, "more_body": True})
    finally:
        gone.cancel()
    await send({"type": "http.response.body"})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
