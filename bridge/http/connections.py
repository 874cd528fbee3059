"""Connections: to the platforms, to addresses that strangers name, to our own. All keep their deadline.

Whoever types an address may own its name too, so where it leads is looked at when it is called, not only when it is saved.
"""

from __future__ import annotations

import functools
import socket
import threading
import time
from typing import Any, ClassVar
from urllib.parse import urlencode

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from bridge.base import flight
from bridge.http.addresses import is_public
from bridge.http.deadline import Deadline, TimedReply, current, resolve

IDLE = 1.0  # seconds after which a kept connection is not used again
NOT_PUBLIC = "not a public address"
LEADS_INSIDE = "a platform at an inside address"
PIECE = 16 * 1024  # bytes sent in one go, each within what is left of the time
_local = threading.local()


class _Timed(HTTPConnection):
    """Connects, sends and receives within the deadline of the call under way.

    `timeout` is at first what connecting may take: the look-up of the name as much again, and all addresses together
    twice as much, so that one that leads nowhere leaves time for the next. Then it is what the answer may take,
    headers and body together.
    """

    def connect(self) -> None:
        try:
            super().connect()
        # In the TLS handshake: nothing has been sent.
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "timed out") from error
        except OSError as error:
            raise NewConnectionError(self, str(error)) from error

    def _new_conn(self) -> socket.socket:
        addresses = self._addresses()
        connecting = Deadline(2 * self._seconds())
        failed = OSError("no address")
        for number, address in enumerate(addresses):
            try:
                seconds = min(self._seconds(), (connecting.left() or self._seconds()) / (len(addresses) - number))
                sock = create_connection((address, self.port), seconds, socket_options=self.socket_options)
                sock.settimeout(self.timeout)  # for the TLS handshake
                return sock
            except OSError as error:
                failed = error
        if isinstance(failed, TimeoutError):
            raise ConnectTimeoutError(self, "timed out") from failed
        raise NewConnectionError(self, str(failed)) from failed

    def _addresses(self) -> list[str]:
        """Return the addresses of the host. urllib3's errors where there are none."""
        try:
            return resolve(self._dns_host, self.port, Deadline(self._seconds()).left())
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "timed out") from error
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error

    def _seconds(self) -> float:
        return self.timeout if isinstance(self.timeout, int | float) else float("inf")

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        for piece in _pieces(data):
            self.sock.settimeout(current().left())
            super().send(piece)

    def getresponse(self) -> Any:
        deadline = current()
        deadline.allow(self._seconds())
        self.response_class = functools.partial(TimedReply, deadline)  # type: ignore[assignment]
        return super().getresponse()


def _pieces(data: Any) -> list[Any]:
    if not isinstance(data, bytes):
        return [data]
    return [data[start : start + PIECE] for start in range(0, len(data), PIECE)]


class _Recorded(_Timed):
    """Tells the flight recorder right before a request goes out, and does not trust a connection that was idle.

    A server closes idle connections when it likes. A request that meets the close is lost, and nobody can tell whether it
    was read; so after IDLE seconds it goes out on a new connection.
    """

    last_used = 0.0

    def connect(self) -> None:
        super().connect()
        self.last_used = time.monotonic()

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None and time.monotonic() - self.last_used > IDLE:
            self.close()
        if self.sock is None:
            self.connect()  # not part of the request: where this fails, nothing was sent
        flight.mark_sent()
        super().request(*args, **kwargs)
        self.last_used = time.monotonic()

    def _addresses(self) -> list[str]:
        """What is looked up when an account is saved may lead elsewhere later: what counts is where the call goes."""
        addresses = super()._addresses()
        if not settings.PLATFORM_ALLOW_PRIVATE and not all(is_public(address) for address in addresses):
            raise NewConnectionError(self, LEADS_INSIDE)
        return addresses


class _TLSConnection(_Recorded, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Recorded


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class _TimedTLS(_Timed, HTTPSConnection):
    pass


class _TimedPool(HTTPConnectionPool):
    ConnectionCls = _Timed


class _TimedTLSPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTLS


class _Adapter(HTTPAdapter):
    """requests' adapter, with connections of our own by scheme. It retries nothing."""

    pools: ClassVar[dict[str, type[HTTPConnectionPool]]]

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self.pools


class RecordedAdapter(_Adapter):
    """For the platforms: it tells the flight recorder when a request goes out, and reaches no inside address but as it may."""

    pools = {"http": _Pool, "https": _TLSPool}


class _Guarded(_Timed):
    """Resolves the name once, refuses it where any of its addresses is not public, and connects to what was checked."""

    def _addresses(self) -> list[str]:
        addresses = super()._addresses()
        if not all(is_public(address) for address in addresses):
            raise NewConnectionError(self, NOT_PUBLIC)
        return addresses


class _GuardedTLS(_Guarded, HTTPSConnection):
    pass


class _GuardedPool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _GuardedTLSPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedTLS


class GuardedAdapter(_Adapter):
    """For addresses that strangers name: it reaches public ones only."""

    pools = {"http": _GuardedPool, "https": _GuardedTLSPool}


class OpenAdapter(_Adapter):
    """For addresses that may be inside ones."""

    pools = {"http": _TimedPool, "https": _TimedTLSPool}


class _Session(requests.Session):
    """Leads nowhere by itself: where a redirect leads is for its caller to look at (`Stream.location`).

    Also where nobody follows, requests looks at the Location of each answer, and fails where that is no address.
    """

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepare a call with an address, a query and bytes, as most of ours are, without what else requests looks for.

        That is a third of what a call costs: cookies, hooks, and odd characters in an address known already. An address with a
        log-in or a fragment in it is left to requests.
        """
        is_plain = isinstance(request.data, bytes) and isinstance(request.params, dict)
        if not is_plain or request.auth or request.files or "@" in str(request.url) or "#" in str(request.url):
            return super().prepare_request(request)
        prepared = requests.PreparedRequest()
        prepared.method, prepared.body = request.method, request.data
        url, query = _checked(str(request.url)), urlencode(request.params)
        prepared.url = f"{url}{'&' if '?' in url else '?'}{query}" if query else url
        prepared.headers = CaseInsensitiveDict({**self.headers, **request.headers})
        prepared.headers["Content-Length"] = str(len(request.data))
        return prepared


@functools.lru_cache(maxsize=200)
def _checked(url: str) -> str:
    """Return the address as requests sends it. requests' errors where it is none."""
    prepared = requests.PreparedRequest()
    prepared.prepare_url(url, None)
    return str(prepared.url)


def _session(name: str, adapter: type[HTTPAdapter]) -> requests.Session:
    if not hasattr(_local, name):
        made = _Session()
        made.trust_env = False
        made.mount("http://", adapter(max_retries=0))
        made.mount("https://", adapter(max_retries=0))
        setattr(_local, name, made)
    return getattr(_local, name)


def session() -> requests.Session:
    """Return this thread's session to the platforms; connections are kept open between calls."""
    return _session("session", RecordedAdapter)


def open_session() -> requests.Session:
    """Return this thread's session to what may be inside: this site's own address, files where MEDIA_ALLOW_PRIVATE says so."""
    return _session("open", OpenAdapter)


def guarded_session() -> requests.Session:
    """Return this thread's session for addresses that strangers name."""
    return _session("guarded", GuardedAdapter)
