"""Connections: recorded ones to the platforms, guarded ones to addresses that strangers name."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from typing import Any, ClassVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from bridge import flight

IDLE = 1.0  # seconds after which a kept connection is not used again
NOT_PUBLIC = "not a public address"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_local = threading.local()


class _Recorded(HTTPConnection):
    """Tells the flight recorder when a request is out, and does not trust a connection that was idle.

    A server closes idle connections when it likes. A request that meets the close is lost, and nobody can tell whether it
    was read; so after IDLE seconds it goes out on a new connection.
    """

    last_used = 0.0

    def connect(self) -> None:
        super().connect()
        self.last_used = time.monotonic()

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None and time.monotonic() - self.last_used > IDLE:
            self.close()  # the request opens it again
        super().request(*args, **kwargs)
        flight.mark_sent()
        self.last_used = time.monotonic()


class _TLSConnection(_Recorded, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Recorded


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class _Adapter(HTTPAdapter):
    """requests' adapter, with connections of our own by scheme. It retries nothing."""

    pools: ClassVar[dict[str, type[HTTPConnectionPool]]]

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self.pools


class RecordedAdapter(_Adapter):
    """Its connections tell the flight recorder when a request is out."""

    pools = {"http": _Pool, "https": _TLSPool}


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet."""
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is not None:
            return is_public(str(inner))
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast


class _Guarded(HTTPConnection):
    """Resolves the name once, refuses it where any of its addresses is not public, and connects to what was checked."""

    def _new_conn(self) -> socket.socket:
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        addresses = [str(entry[4][0]) for entry in found]
        if not all(is_public(address) for address in addresses):
            raise NewConnectionError(self, NOT_PUBLIC)
        try:
            return create_connection((addresses[0], self.port), self.timeout)
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "timed out") from error
        except OSError as error:
            raise NewConnectionError(self, str(error)) from error


class _GuardedTLS(_Guarded, HTTPSConnection):
    pass


class _GuardedPool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _GuardedTLSPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedTLS


class GuardedAdapter(_Adapter):
    """For addresses that strangers name: it reaches public ones only."""

    pools = {"http": _GuardedPool, "https": _GuardedTLSPool}


def _session(name: str, adapter: type[HTTPAdapter]) -> requests.Session:
    if not hasattr(_local, name):
        made = requests.Session()
        made.trust_env = False
        made.mount("http://", adapter(max_retries=0))
        made.mount("https://", adapter(max_retries=0))
        setattr(_local, name, made)
    return getattr(_local, name)


def session() -> requests.Session:
    """Return this thread's session; connections are kept open between calls."""
    return _session("session", RecordedAdapter)


def guarded_session() -> requests.Session:
    """Return this thread's session for addresses that strangers name."""
    return _session("guarded", GuardedAdapter)
