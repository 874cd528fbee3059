"""The event streams of desks, /desk/stream/, and programs, /api/stream/: server-sent events, answered by the event loop alone.

No thread and no database connection is kept while a desk is connected; both are borrowed to see who it is.
"""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from io import BytesIO
from urllib.parse import parse_qs

import redis
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.utils import translation
from django.utils.translation import get_language_from_request

from bridge.base.asgi import Receive, Scope, Send
from bridge.conversation.changes import START
from bridge.observe import counters
from bridge.staff.twostep import is_missing
from seats.actors import Actor
from seats.api import programs
from seats.desk.hub import Desk, Hub

POSITION = re.compile(r"[0-9]{1,15}-[0-9]{1,9}")
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # nginx would gather the events otherwise.
    (b"x-accel-buffering", b"no"),
]
_sessions = SessionMiddleware(lambda request: HttpResponse())


def who(scope: Scope) -> tuple[Actor | None, str]:
    """Return the user of the session, and whose desk it is; None without one, or for a user who may do nothing on the desk.

    None too where the page (the query's `user`) was opened by another user than the session's.
    """
    request = ASGIRequest(scope, BytesIO())
    _sessions.process_request(request)
    user = get_user(request)
    page = parse_qs(scope["query_string"].decode("latin-1")).get("user", [str(user.pk)])[0]
    may = user.is_active and page == str(user.pk) and not is_missing(user)
    actor = Actor.of(user) if may else None
    return actor, f"desk:{user.pk}"


def position_of(scope: Scope) -> str:
    """Return up to where the desk has everything: its Last-Event-ID, at first the page's `after`."""
    headers = dict(scope["headers"])
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("after", [""])[0]
    given = headers.get(b"last-event-id", b"").decode("latin-1") or asked
    return given if POSITION.fullmatch(given) else START


def enter(scope: Scope) -> Desk | HttpResponse:
    """Return the desk that asks to listen, or the answer to one that may not."""
    if scope["method"] != "GET":
        return HttpResponse(status=HTTPStatus.METHOD_NOT_ALLOWED)
    actor, owner = who(scope)
    if actor is None:
        return HttpResponse(status=HTTPStatus.FORBIDDEN)
    language = get_language_from_request(ASGIRequest(scope, BytesIO()))
    return Desk(actor, language, lambda: who(scope)[0], owner)


def too_many(scope: Scope) -> HttpResponse:
    """Return the answer to a desk of somebody who has as many open as they may; the page polls, and comes again."""
    with translation.override(get_language_from_request(ASGIRequest(scope, BytesIO()))):
        words = programs.TooManyStreams.words()
    headers = {"Retry-After": str(programs.TooManyStreams.SECONDS)}
    return HttpResponse(words, "text/plain; charset=utf-8", HTTPStatus.TOO_MANY_REQUESTS, headers=headers)


class Streams:
    """The ASGI application. `close` ends all streams."""

    def __init__(self) -> None:
        self._hub: Hub | None = None
        self._closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hub = self._hub = self._hub or Hub()
        if self._closed:
            await _refuse(send, HttpResponse(status=HTTPStatus.SERVICE_UNAVAILABLE))
            return
        door, full = (programs.enter, programs.too_many) if scope["path"] == programs.PATH else (enter, too_many)
        try:
            desk = await hub.in_thread(door, scope)
        except UnicodeDecodeError:  # of the query's bytes
            desk = HttpResponse(status=HTTPStatus.BAD_REQUEST)
        if isinstance(desk, HttpResponse):
            await _refuse(send, desk)
            return
        if not hub.let_in(desk, settings.STREAMS_PER_USER):
            await _refuse(send, full(scope))
            return
        try:
            await self._serve(hub, desk, scope, receive, send)
        finally:
            hub.leave(desk)

    @staticmethod
    async def _serve(hub: Hub, desk: Desk, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await hub.join(desk, position_of(scope))
        except redis.RedisError:
            await _refuse(send, HttpResponse(status=HTTPStatus.SERVICE_UNAVAILABLE))
            return
        connected = counters.DESKS.labels("program" if scope["path"] == programs.PATH else "desk")
        connected.inc()
        try:
            await _pass_on(desk, receive, send)
        finally:
            connected.dec()

    async def close(self) -> None:
        """End all streams, and let nobody in any more."""
        self._closed = True
        if self._hub:
            await self._hub.close()


async def _refuse(send: Send, answer: HttpResponse) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.items()]
    headers.append((b"content-length", str(len(answer.content)).encode()))
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content})


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
