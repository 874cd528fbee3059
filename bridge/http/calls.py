"""Calls, and what their failures mean for a delivery."""

from __future__ import annotations

import json
from http import HTTPStatus
from pathlib import Path
from typing import Any

import requests
from django.utils.translation import gettext as _

from bridge.http.connections import LEADS_INSIDE, NOT_PUBLIC, open_session, session
from bridge.http.deadline import Deadline, keeping
from bridge.http.forms import FormFile
from bridge.live.parameters import parameters
from bridge.observe import exchanges
from bridge.values.foreign import read_json
from bridge.values.outcomes import DeliveryError, Outcome

CONNECT_TIMEOUT = 3.05
MAX_REPLY = 1024 * 1024
LONGEST_PAUSE = 3600  # seconds
SLOWEST = 50_000  # bytes a second at which a file is still sent
# What only an answer brings about, so the request may have had its effect: half a body, one that cannot be unpacked, two lengths.
_IN_THE_ANSWER = (
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    requests.exceptions.InvalidHeader,
)


def post_json(url: str, params: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    """POST `body` as JSON with the characters themselves, and return the JSON object that comes back.

    DeliveryError: RETRY where the request surely was not taken, UNKNOWN where it may have been.
    """
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return _call("POST", url, params, data, data=data, headers=headers)


def get_json(url: str, params: dict[str, str]) -> dict[str, Any]:
    """GET a JSON object. DeliveryError as `post_json`."""
    return _call("GET", url, params)


def get_text(url: str, params: dict[str, str]) -> tuple[int, str]:
    """GET something short of our own address: the HTTP status and the text. DeliveryError where no answer comes."""
    reply = request(open_session(), "GET", url, params=params)
    return reply.status_code, reply.content[:MAX_REPLY].decode("utf-8", "replace")


def post_text(url: str, params: dict[str, str], body: str) -> int:
    """POST a text to our own address, and return the HTTP status. DeliveryError where no answer comes."""
    return request(open_session(), "POST", url, params=params, data=body.encode()).status_code


def post_file(url: str, params: dict[str, str], field: str, name: str, mime: str, path: Path) -> dict[str, Any]:
    """POST a file as the `field` of a form, read from disk in pieces, and return the JSON object that comes back."""
    with path.open("rb") as file:
        form = FormFile(file, path.stat().st_size, field, name, mime)
        headers = {"Content-Type": f"multipart/form-data; boundary={form.boundary}"}
        said = f"{field}: {name} ({mime}, {path.stat().st_size} bytes)".encode()
        return _call("POST", url, params, said, data=form, headers=headers)


def _call(method: str, url: str, params: dict[str, str], sent: bytes = b"", **words: Any) -> dict[str, Any]:
    """Make the call and return the JSON object of its answer; both are kept in the exchange log."""
    with exchanges.outgoing(method, url, params.items(), sent) as exchange:
        reply = request(session(), method, url, params=params, **words)
        exchange.status, exchange.answer = reply.status_code, reply.content[:MAX_REPLY]
        data = _object(reply)
        exchange.code = exchanges.redactor().code(data)
        exchange.failed = bool(exchange.code)
        return data


def request(
    through: requests.Session, method: str, url: str, *, deadline: Deadline | None = None, **words: Any
) -> requests.Response:
    """Make a call. It ends in time whatever the other side does: see `sending`, then HTTP_TIMEOUT for the whole answer.

    `deadline` is kept and moved on, for the caller that reads the answer afterwards. DeliveryError where no answer comes.
    """
    timeout = (CONNECT_TIMEOUT, parameters.HTTP_TIMEOUT)
    try:
        with keeping(deadline or Deadline(sending(words.get("data")))):
            return through.request(method, url, timeout=timeout, allow_redirects=False, **words)
    except requests.exceptions.ConnectTimeout:
        raise DeliveryError("timeout", _("the platform cannot be reached"), Outcome.RETRY) from None
    except requests.exceptions.Timeout:
        raise DeliveryError("timeout", _("the platform did not answer in time"), Outcome.UNKNOWN) from None
    except requests.exceptions.ConnectionError as error:
        raise _connection_error(error) from None
    except _IN_THE_ANSWER:
        raise DeliveryError("reply", _("the platform's answer cannot be read"), Outcome.UNKNOWN) from None
    except requests.exceptions.RequestException as error:
        # The exception's text holds the address with its access token: only its name may leave here.
        raise DeliveryError("http", _("the call failed: %s") % type(error).__name__, Outcome.FAIL) from None
    except ValueError:
        # Something in the answer's head: the request may have had its effect.
        raise DeliveryError("reply", _("the platform's answer cannot be read"), Outcome.UNKNOWN) from None


def sending(data: Any = None) -> float:
    """Return how many seconds a connection and the sending of a request with this body may take."""
    return 5 * CONNECT_TIMEOUT + parameters.HTTP_TIMEOUT + (len(data) / SLOWEST if data else 0.0)


def _connection_error(error: requests.exceptions.ConnectionError) -> DeliveryError:
    """A connection that never came about carried nothing; one that broke may have."""
    if NOT_PUBLIC in str(error):
        return DeliveryError("private", _("the file's address is not a public one"), Outcome.FAIL)
    if LEADS_INSIDE in str(error):
        return DeliveryError("private", _("the API address leads to this machine or a private network"), Outcome.STOP)
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return DeliveryError("tls", _("the platform's certificate is not trusted"), Outcome.RETRY)
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    if "NewConnectionError" in type(cause).__name__ or "NameResolutionError" in type(cause).__name__:
        return DeliveryError("connect", _("the platform cannot be reached"), Outcome.RETRY)
    return DeliveryError("broken", _("the connection broke before the answer"), Outcome.UNKNOWN)


def _object(reply: requests.Response) -> dict[str, Any]:
    if reply.status_code >= 500:
        raise DeliveryError(str(reply.status_code), _("the platform answered with a server error"), Outcome.RETRY)
    if reply.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        raise DeliveryError("429", _("the platform is called too often"), Outcome.RETRY, pause=_pause(reply))
    if reply.status_code != 200:
        raise DeliveryError(
            str(reply.status_code), _("the platform answered with HTTP %d") % reply.status_code, Outcome.STOP
        )
    return parsed(reply.content[:MAX_REPLY])


def _pause(reply: requests.Response) -> float:
    """Return for how many seconds the answer asks us to wait (RFC 9110, 10.2.3), an hour at most; 0 where it does not say."""
    words = reply.headers.get("Retry-After", "")
    return float(min(int(words), LONGEST_PAUSE)) if words.isascii() and words.isdigit() else 0.0


def parsed(content: bytes) -> dict[str, Any]:
    """Return the JSON object of an answer, read as far as it goes. DeliveryError where it is none."""
    try:
        data = read_json(content)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise DeliveryError("reply", _("the platform's answer is not JSON"), Outcome.UNKNOWN)
    return data
