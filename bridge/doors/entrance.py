"""What all doors share: limits, refusals, storing at any price."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse

from bridge.base import clock, outage, subject
from bridge.inbox import spill, storing
from bridge.lanes import leases, nudges
from bridge.models import Exchange
from bridge.observe import counters, exchanges, refusals, way

logger = logging.getLogger(__name__)

QUICK = 0.5  # seconds after which an error is the server's silence, and not a connection that had died before
ANSWER = 2  # seconds that a door waits for the database


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
            exchange = exchanges.OpenExchange(
                Exchange.Direction.IN, request.method or "", request.path, platform=platform
            )
            with subject.about(), _kept(exchange, request):
                answer = door(request, *args, **kwargs)
                exchange.status, exchange.answer = answer.status_code, answer.content
                exchange.failed = answer.status_code >= 400
                if exchange.failed and answer.status_code != 413:
                    exchange.sent = request.body
                return answer

        return logging_door

    return decorate


@contextmanager
def _kept(exchange: exchanges.OpenExchange, request: HttpRequest) -> Iterator[None]:
    """Count what happens inside the block, and keep it in the exchange log, also where it raises."""
    began = time.monotonic()
    try:
        yield
    finally:
        counters.DOOR.labels(exchange.platform, exchange.status or 500).observe(time.monotonic() - began)
        exchange.raw_query = request.META.get("QUERY_STRING", "")
        exchanges.recorder.keep(exchange)


def count_refused(endpoint: int, refused: Refused) -> None:
    """Count a callback that was refused for what it is, and not because something here is away."""
    if refused.status < 500:
        refusals.count(endpoint, refused.reason)


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
    if abs(clock.now().timestamp() - int(timestamp)) > limit:
        raise Refused(403, "the timestamp is too old or in the future; check this server's clock")


def keep(event: storing.NewEvent) -> bool:
    """Commit `event` and nudge its lane; with the database away, give it to the broker, to be stored later, in order.

    Returns whether it was stored now, and not before or later.
    Refused with 503 where neither can keep it, so that the platform tries again.
    """
    subject.add(account_id=event.account_id, lane=event.lane, dedup=event.dedup)
    if outage.database.lasts():
        _spill(event)
        return False
    try:
        number = _store(event)
    except (OperationalError, InterfaceError) as error:
        if not connection.in_atomic_block:
            connection.close()
        if not leases.is_conflict(error):
            outage.database.seen()
        logger.error("the database is away (%s); events go to the broker", type(error).__name__)
        _spill(event)
        return False
    outage.database.over()
    if number:
        subject.add(event_id=number)
        nudges.nudge()
    way.came_in(event.platform, event.account_id, event.kind, number, "inbox" if number else "before")
    return bool(number)


def _store(event: storing.NewEvent) -> int:
    was_open, began = connection.connection is not None, time.monotonic()
    try:
        return storing.store(event)
    except (OperationalError, InterfaceError):
        # A connection that died while idle: the key makes it safe to try once more on a new one. A new one that cannot
        # be made is not tried twice, nor a server that does not answer: the platform waits five seconds for everything.
        if connection.in_atomic_block or not was_open or time.monotonic() - began > QUICK:
            raise
        connection.close()
        return storing.store(event)


def _spill(event: storing.NewEvent) -> None:
    try:
        spill.put(event)
    except spill.SpillFullError:
        logger.error("SPILL_MAX events wait for the database")
        raise Refused(503, "try again later") from None
    except spill.BROKER_ERRORS as error:
        logger.exception("the broker is away too")
        raise Refused(503, "try again later") from error
    way.came_in(event.platform, event.account_id, event.kind, 0, "broker")


def wait_briefly() -> None:
    """Let this thread's connection to the database wait no longer than a platform can; for the threads of the doors."""
    limits = {"mysql": {"read_timeout": ANSWER, "write_timeout": ANSWER}, "sqlite": {"timeout": ANSWER}}
    options = {**connection.settings_dict["OPTIONS"], **limits.get(connection.vendor, {})}
    connection.settings_dict = {**connection.settings_dict, "OPTIONS": options}
