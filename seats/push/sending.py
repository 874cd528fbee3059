"""Sending one notification to one browser, through whatever push service its maker runs (RFC 8030).

The address comes from the browser, so it is a stranger's: it is called by the guarded HTTP, which reaches public hosts
only, by https. What is pushed is encrypted for the browser; the push service can't read it.
"""

from __future__ import annotations

import json
import logging
from urllib.parse import urlsplit

from django.conf import settings

from bridge.http.calls import request
from bridge.http.connections import guarded_session
from bridge.values.outcomes import DeliveryError
from seats.models.push import PushKey, PushSubscription

logger = logging.getLogger(__name__)

TTL = 600  # seconds for which the push service keeps it for a browser that is not there
GONE = (404, 410)
MOST_FAILURES = 10
LONGEST = 3000  # bytes; push services take 4096 with the encryption


def is_endpoint(address: str) -> bool:
    """Tell whether an address may be one of a push service: https, of a host by name, at the usual port.

    Whether the host is a public one is looked at when it is called, each time anew.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    named = "." in host and ":" not in host and not host.replace(".", "").isdigit()
    return parts.scheme == "https" and named and port in (None, 443) and not parts.username and not parts.password


def push(one: PushSubscription, data: dict[str, str], key: PushKey) -> bool:
    """Push `data` to the browser; tell whether the service took it. A browser that is gone is forgotten."""
    if not is_endpoint(one.endpoint):
        one.delete()
        return False
    try:
        status = _post(one, data, key)
    except (DeliveryError, ValueError) as error:
        logger.info("push to %s: %s", urlsplit(one.endpoint).hostname, error)
        status = 0
    taken = 200 <= status < 300
    failures = 0 if taken else one.failures + 1
    if status in GONE or failures >= MOST_FAILURES:
        one.delete()
    elif failures != one.failures:
        one.failures = failures
        one.save(update_fields=["failures"])
    return taken


def _post(one: PushSubscription, data: dict[str, str], key: PushKey) -> int:
    # Imported with the first push: it brings an HTTP client of its own, which takes a fifth of a worker's start.
    from pywebpush import WebPusher

    parts = urlsplit(one.endpoint)
    subscription = {"endpoint": one.endpoint, "keys": {"p256dh": one.p256dh, "auth": one.auth}}
    encoded = WebPusher(subscription).encode(json.dumps(data, ensure_ascii=False).encode()[:LONGEST])
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "sub": _contact()}
    headers = {"Content-Encoding": "aes128gcm", "TTL": str(TTL), "Urgency": "high", **key.vapid().sign(claims)}
    return request(guarded_session(), "POST", one.endpoint, data=encoded["body"], headers=headers).status_code


def _contact() -> str:
    """Return whom a push service may turn to: the site's own address, by https, or a mail address of it."""
    site = str(settings.PUBLIC_URL)
    return site if site.startswith("https://") else f"mailto:bridge@{urlsplit(site).hostname or 'localhost'}"
