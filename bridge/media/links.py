"""Signed links to media files, for IM clients and for customers: whoever has one may open it until it expires."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from django.conf import settings
from django.core import signing

from bridge import clock
from bridge.models import Media
from bridge.parameters import parameters

_DAY = 86400
_SALT = "bridge.media"


def name(media: Media) -> str:
    """Return the name under which the file is offered."""
    return media.name or media.path.rsplit("/", 1)[-1]


def token(media: Media) -> str:
    """Return the signed token of a file, which says until when it may be opened."""
    until = int(clock.timestamp()) + parameters.MEDIA_LINK_DAYS * _DAY
    return signing.Signer(salt=_SALT).sign(f"{media.pk}.{until}").replace(":", "~")


def url(media: Media) -> str:
    """Return the address of the file itself."""
    return f"{settings.PUBLIC_URL}/media/{token(media)}/{quote(name(media), safe='')}"


def page(media: Media) -> str:
    """Return the address of the page from which a customer downloads the file."""
    return f"{settings.PUBLIC_URL}/files/{token(media)}/"


def read(given: str) -> tuple[int, datetime]:
    """Return the id of the file that a token stands for, and until when. BadSignature where the token is not ours."""
    pk, until = signing.Signer(salt=_SALT).unsign(given.replace("~", ":")).split(".")
    return int(pk), datetime.fromtimestamp(int(until), UTC)
