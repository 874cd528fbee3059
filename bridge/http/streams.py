"""Replies that are too large to be held: read in pieces."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import requests
from django.utils.translation import gettext as _

from bridge.http.calls import MAX_REPLY, parsed, request, sending
from bridge.http.connections import guarded_session, open_session, session
from bridge.http.deadline import Deadline
from bridge.live.parameters import parameters
from bridge.observe import exchanges
from bridge.values.foreign import whole_of
from bridge.values.outcomes import DeliveryError, Outcome

CHUNK = 64 * 1024


class Stream:
    """A reply whose body is read in pieces: status, length as announced (0: not), where a redirect leads, its type.

    `encoded`: the body was compressed, so that what is read is not of that length.
    """

    def __init__(self, reply: requests.Response, deadline: Deadline) -> None:
        self._reply, self._deadline = reply, deadline
        self.status = reply.status_code
        self.length = max(whole_of(reply.headers.get("Content-Length")) or 0, 0)
        self.encoded = reply.headers.get("Content-Encoding", "identity").lower() != "identity"
        self.location = _in_utf8(reply.headers.get("Location", "")) if reply.is_redirect else ""
        self.mime = reply.headers.get("Content-Type", "").split(";")[0].strip().lower()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *error: object) -> None:
        self._reply.close()

    def chunks(self, seconds: float) -> Iterator[bytes]:
        """Yield the body. DeliveryError where it breaks off, or is not through `seconds` after the call began."""
        self._deadline.allow_in_all(seconds)
        return self._chunks()

    def _chunks(self) -> Iterator[bytes]:
        try:
            for chunk in self._reply.iter_content(CHUNK):
                yield chunk
                self._deadline.left()
        except (requests.exceptions.RequestException, TimeoutError):
            if self._deadline.over():
                raise DeliveryError("timeout", _("reading the file takes too long"), Outcome.RETRY) from None
            raise DeliveryError("broken", _("the connection broke in the middle of the file"), Outcome.RETRY) from None

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object. DeliveryError where it is none."""
        self._deadline.allow(parameters.HTTP_TIMEOUT)
        data = b"".join(itertools.islice(self._chunks(), MAX_REPLY // CHUNK))
        return parsed(data)


def _in_utf8(header: str) -> str:
    """Return a header that http.client read as Latin-1 as what servers mean by it: names of files stand in it as they are."""
    return header.encode("latin-1", "replace").decode("utf-8", "replace")


def get_stream(
    url: str, params: dict[str, str] | None = None, *, guarded: bool = False, anywhere: bool = False
) -> Stream:
    """GET something large of a platform; `guarded`: of a stranger, at public addresses; `anywhere`: at inside ones as well.

    DeliveryError where nothing comes.
    """
    deadline = Deadline(sending())
    if guarded:
        return Stream(request(guarded_session(), "GET", url, params=params, stream=True, deadline=deadline), deadline)
    with exchanges.outgoing("GET", url, (params or {}).items()) as exchange:
        through = open_session() if anywhere else session()
        stream = Stream(request(through, "GET", url, params=params, stream=True, deadline=deadline), deadline)
        exchange.status, exchange.failed = stream.status, stream.status >= 400
        exchange.answer = f"{stream.mime}, {stream.length} bytes".encode()
        return stream
