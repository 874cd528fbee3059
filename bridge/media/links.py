"""Signed links to media files, for IM clients and for customers: whoever has one may open it until it expires.

A link is signed for its name or for its message, so nobody can make it show the file under another one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare

from bridge.base import clock
from bridge.live.parameters import parameters
from bridge.media import naming
from bridge.models import Media

_DAY = 86400
_FILE, _PAGE = "bridge.media", "bridge.media.page"


def _until() -> int:
    return int(clock.now().timestamp()) + parameters.MEDIA_LINK_DAYS * _DAY


def _signature(pk: int, until: int, name: str) -> str:
    return signing.Signer(salt=_FILE).signature(f"{pk}.{until}.{name}")


def path(media: Media, name: str, until: datetime | None = None) -> str:
    """Return the path of the file itself under `name`, which was cleaned; it works until the time that is given."""
    ends = int(until.timestamp()) if until else _until()
    return f"/media/{media.pk}.{ends}~{_signature(media.pk, ends, name)}/{quote(name, safe='')}"


def url(media: Media, name: str = "") -> str:
    """Return the address of the file itself under `name`; where no message gives it one, under one after its kind."""
    return settings.PUBLIC_URL + path(media, name or naming.name_in(None, media))


def page(media: Media, message_id: int | None = None) -> str:
    """Return the address of the page from which a customer downloads the file that came with a message."""
    token = signing.Signer(salt=_PAGE).sign(f"{media.pk}.{_until()}.{message_id or 0}")
    return f"{settings.PUBLIC_URL}/files/{token.replace(':', '~')}/"


def read(token: str, name: str) -> tuple[int, datetime]:
    """Return the id of the file that a token with this name stands for, and until when. BadSignature where it is not ours."""
    stated, _mark, signature = token.partition("~")
    pk, until = (int(part) for part in stated.split("."))
    if not constant_time_compare(signature, _signature(pk, until, name)):
        raise signing.BadSignature
    return pk, datetime.fromtimestamp(until, UTC)


def read_page(token: str) -> tuple[int, datetime, int]:
    """Return the ids of file and message that a page's token stands for, and until when. BadSignature."""
    pk, until, message = signing.Signer(salt=_PAGE).unsign(token.replace("~", ":")).split(".")
    return int(pk), datetime.fromtimestamp(int(until), UTC), int(message)
