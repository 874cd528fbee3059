"""Fetches files from addresses that strangers name: only public ones, only so large, only for so long in all.

The address is checked where the connection is made (`bridge.http`), so a name that resolves to something else a moment
later does not help; a redirect is a new address and checked like the first.
"""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from bridge import http
from bridge.media.errors import MediaError
from bridge.media.store import Draft
from bridge.values.outcomes import DeliveryError, Outcome

REDIRECTS = 4
SECONDS = 60.0


def check_address(url: str) -> None:
    """Refuse an address whose scheme or host is not allowed. MediaError."""
    try:
        parts = urlsplit(url)
        host, _port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise MediaError(_("the file's address is not valid"), refused=True) from None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise MediaError(_("the file's address is not valid"), refused=True)
    if not _allowed(host):
        raise MediaError(_("files from %s are not allowed (MEDIA_ALLOWED_HOSTS)") % host[:100], refused=True)


def _allowed(host: str) -> bool:
    """MEDIA_ALLOWED_HOSTS: empty for any; a leading dot allows the host and all below it."""
    allowed = [entry.strip().lower() for entry in settings.MEDIA_ALLOWED_HOSTS if entry.strip()]
    if not allowed or "*" in allowed:
        return True
    return any(host == entry.lstrip(".") or (entry.startswith(".") and host.endswith(entry)) for entry in allowed)


def fetch(url: str, into: Draft, limit: int) -> None:
    """Write what is at `url` into the draft, at most `limit` bytes. MediaError where it can't be had within SECONDS."""
    with http.within(SECONDS):
        _follow(url, into, limit)


def _follow(url: str, into: Draft, limit: int) -> None:
    for _step in range(REDIRECTS + 1):
        check_address(url)
        try:
            private = settings.MEDIA_ALLOW_PRIVATE
            reply = http.get_stream(url, guarded=not private, anywhere=private)
        except DeliveryError as error:
            temporary = error.outcome in (Outcome.RETRY, Outcome.UNKNOWN)
            raise MediaError(error.reason, temporary=temporary, refused=error.code == "private") from None
        with reply:
            if reply.location:
                url = _joined(url, reply.location)
                continue
            save(reply, into, limit)
            return
    raise MediaError(_("the file's address leads in a circle"))


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise MediaError(_("the file's address is not valid"), refused=True) from None


def save(reply: http.Stream, into: Draft, limit: int) -> None:
    """Write a reply's body into the draft. MediaError for another status than 200 and for more than `limit` bytes."""
    if reply.status != 200:
        words = _("the file's server answered with HTTP %d") % reply.status
        raise MediaError(words, temporary=reply.status >= 500 or reply.status == 429)
    if reply.length > limit:
        raise _too_large(limit)
    size = 0
    with into.path.open("wb") as file:
        try:
            for chunk in reply.chunks(SECONDS):
                size += len(chunk)
                if size > limit:
                    raise _too_large(limit)
                file.write(chunk)
        except DeliveryError as error:
            raise MediaError(error.reason, temporary=True) from None
    if not size:
        raise MediaError(_("the file is empty"), refused=True)
    if size < reply.length and not reply.encoded:
        raise MediaError(_("the connection broke in the middle of the file"), temporary=True)


def _too_large(limit: int) -> MediaError:
    return MediaError(_("the file is larger than %d MB") % (limit // 1024**2))
