"""The one place that talks HTTP to the platforms."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import requests
from django.conf import settings
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from bridge import flight
from bridge.platforms.base import DeliveryError, Outcome

CONNECT_TIMEOUT = 3.05
MAX_REPLY = 1024 * 1024
IDLE = 1.0  # seconds after which a kept connection is not used again
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


class _Connection(_Recorded):
    pass


class _TLSConnection(_Recorded, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class RecordedAdapter(HTTPAdapter):
    """requests' adapter, with connections that tell the flight recorder when a request is out. It retries nothing."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}


def session() -> requests.Session:
    """Return this thread's session; connections are kept open between calls."""
    if not hasattr(_local, "session"):
        made = requests.Session()
        made.trust_env = False
        made.mount("http://", RecordedAdapter(max_retries=0))
        made.mount("https://", RecordedAdapter(max_retries=0))
        _local.session = made
    return _local.session


def post_json(url: str, params: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    """POST `body` as JSON with the characters themselves, and return the JSON object that comes back.

    DeliveryError: RETRY where the request surely was not taken, UNKNOWN where it may have been.
    """
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    try:
        reply = session().post(
            url,
            params=params,
            data=data,
            headers=headers,
            timeout=(CONNECT_TIMEOUT, settings.HTTP_TIMEOUT),
            allow_redirects=False,
        )
    except requests.exceptions.ConnectTimeout:
        raise DeliveryError("timeout", _("the platform cannot be reached"), Outcome.RETRY) from None
    except requests.exceptions.Timeout:
        raise DeliveryError("timeout", _("the platform did not answer in time"), Outcome.UNKNOWN) from None
    except requests.exceptions.ConnectionError as error:
        raise _connection_error(error) from None
    except requests.exceptions.RequestException as error:
        # The exception's text holds the address with its access token: only its name may leave here.
        raise DeliveryError("http", _("the call failed: %s") % type(error).__name__, Outcome.FAIL) from None
    return _object(reply)


def _connection_error(error: requests.exceptions.ConnectionError) -> DeliveryError:
    """A connection that never came about carried nothing; one that broke may have."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return DeliveryError("tls", _("the platform's certificate is not trusted"), Outcome.RETRY)
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    if "NewConnectionError" in type(cause).__name__ or "NameResolutionError" in type(cause).__name__:
        return DeliveryError("connect", _("the platform cannot be reached"), Outcome.RETRY)
    return DeliveryError("broken", _("the connection broke before the answer"), Outcome.UNKNOWN)


def _object(reply: requests.Response) -> dict[str, Any]:
    if reply.status_code >= 500:
        raise DeliveryError(str(reply.status_code), _("the platform answered with a server error"), Outcome.RETRY)
    if reply.status_code != 200:
        raise DeliveryError(
            str(reply.status_code), _("the platform answered with HTTP %d") % reply.status_code, Outcome.STOP
        )
    try:
        data = json.loads(reply.content[:MAX_REPLY])
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise DeliveryError("reply", _("the platform's answer is not JSON"), Outcome.UNKNOWN)
    return data
