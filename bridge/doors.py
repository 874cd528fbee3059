"""What all doors share: limits, refusals, storing at any price."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse

from bridge import clock, exchanges, inbox, nudges
from bridge.models import Exchange
from bridge.tasks import store_event

logger = logging.getLogger(__name__)


class Refused(Exception):
    """A callback that is not let in: the HTTP status, and the reason for whoever set the callback up."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason

    def response(self) -> HttpResponse:
        """Return the refusal as an HTTP answer."""
        return HttpResponse(self.reason + "\n", status=self.status, content_type="text/plain; charset=utf-8")


Door = Callable[..., HttpResponse]


def logged(platform: str) -> Callable[[Door], Door]:
    """Keep what comes through the decorated door in the exchange log; of what was let in, the body is the event's."""

    def decorate(door: Door) -> Door:
        @wraps(door)
        def logging_door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            talk = exchanges.Talk(Exchange.Direction.IN, request.method or "", request.path, platform=platform)
            with exchanges.about():
                try:
                    answer = door(request, *args, **kwargs)
                    talk.status, talk.answer, talk.failed = (
                        answer.status_code,
                        answer.content,
                        answer.status_code >= 400,
                    )
                    if talk.failed and answer.status_code != 413:
                        talk.sent = request.body
                    return answer
                finally:
                    talk.raw_query = request.META.get("QUERY_STRING", "")
                    talk.end()

        return logging_door

    return decorate


def query_of(request: HttpRequest) -> dict[str, str]:
    """Return the query as a plain dict: all a door needs, and quicker than request.GET."""
    try:
        return dict(parse_qsl(request.META.get("QUERY_STRING", ""), keep_blank_values=True, max_num_fields=30))
    except ValueError:
        raise Refused(400, "bad query") from None


def read_body(request: HttpRequest) -> bytes:
    """Return the request's body. Refused with 413 where it is larger than DOOR_MAX_BODY, before reading it."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise Refused(400, "bad Content-Length") from None
    if length > settings.DOOR_MAX_BODY:
        raise Refused(413, f"more than {settings.DOOR_MAX_BODY} bytes")
    return request.body


def check_age(timestamp: str, limit: int) -> None:
    """Refuse a `timestamp` (seconds since the epoch) that is more than `limit` seconds away from now."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise Refused(400, "bad timestamp")
    if abs(clock.timestamp() - int(timestamp)) > limit:
        raise Refused(403, "the timestamp is too old or in the future; check this server's clock")


def keep(event: inbox.NewEvent) -> bool:
    """Commit `event` and nudge its lane; with the database down, give it to the broker, to be stored later.

    Returns whether it was stored now, and not before or later.
    Refused with 503 where both are down, so that the platform tries again.
    """
    exchanges.note(account_id=event.account_id, lane=event.lane, dedup=event.dedup)
    try:
        stored = _store(event)
    except (OperationalError, InterfaceError) as error:
        logger.error("the database is away (%s); the event goes to the broker", type(error).__name__)
        _give_to_broker(event)
        return False
    if stored:
        nudges.notify()
    return stored


def _store(event: inbox.NewEvent) -> bool:
    was_open = connection.connection is not None
    try:
        return inbox.store(event)
    except (OperationalError, InterfaceError):
        # A connection that died while idle: the key makes it safe to try once more on a new one. A new one that cannot
        # be made is not tried twice: the platform waits five seconds for everything.
        if connection.in_atomic_block or not was_open:
            raise
        connection.close()
        return inbox.store(event)


def _give_to_broker(event: inbox.NewEvent) -> None:
    try:
        store_event.apply_async(args=[event.to_json()], retry=False)
    except Exception as error:
        logger.exception("the broker is away too")
        raise Refused(503, "try again later") from error
