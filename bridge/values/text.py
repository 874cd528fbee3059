"""Cutting text where people would cut it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime

import regex
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

_GRAPHEME = regex.compile(r"\X")


def utf8_size(text: str) -> int:
    """Return how many bytes `text` has in UTF-8."""
    return len(text.encode())


def json_size(text: str) -> int:
    """Return how many bytes `text` has in JSON at most, without its quotation marks: everything but ASCII as \\uXXXX.

    >>> json_size('"\\n你')
    10
    """
    return len(json.dumps(text)) - 2


Size = Callable[[str], int]


def _graphemes(text: str, limit: int, size_of: Size) -> Iterator[str]:
    """Yield what a person sees as one character each, such as an emoji made of several code points.

    One that alone is over the limit (a heap of combining marks) comes in pieces.
    """
    for match in _GRAPHEME.finditer(text):
        grapheme = match.group()
        if size_of(grapheme) <= limit:
            yield grapheme
        else:
            yield from grapheme


def split_text(text: str, limit: int, size_of: Size = utf8_size) -> list[str]:
    """Return `text` in pieces of at most `limit` bytes, cut between characters; joined they are `text`.

    `size_of` measures as the platform does.

    >>> split_text("你好", limit=3)
    ['你', '好']
    """
    if size_of(text) <= limit:
        return [text]
    pieces: list[str] = []
    piece: list[str] = []
    size = 0
    for grapheme in _graphemes(text, limit, size_of):
        length = size_of(grapheme)
        if size + length > limit:
            pieces.append("".join(piece))
            piece, size = [], 0
        piece.append(grapheme)
        size += length
    return [*pieces, "".join(piece)]


def short_time(moment: datetime) -> str:
    """Return month, day and time in the site's zone, as the end of a window is said."""
    return timezone.localtime(moment).strftime("%m-%d %H:%M")


def file_size(size: int) -> str:
    """Return a number of bytes as people say it."""
    return filesizeformat(size).replace("\xa0", " ")


def duration(seconds: int) -> str:
    """Return a length of time as people say it.

    >>> from django.utils.translation import override
    >>> with override("en"):
    ...     duration(80)
    '1m 20s'
    """
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return _("%ds") % rest
    hours, left = divmod(minutes, 60)
    if hours and not rest:
        return _("%(hours)dh %(minutes)dm") % {"hours": hours, "minutes": left} if left else _("%dh") % hours
    if not rest:
        return _("%dm") % minutes
    return _("%(minutes)dm %(seconds)ds") % {"minutes": minutes, "seconds": rest}


def about(seconds: int) -> str:
    """Return a length of time that is only expected, in whole minutes.

    >>> from django.utils.translation import override
    >>> with override("en"):
    ...     about(80)
    '2 minutes'
    """
    minutes = max(1, -(-seconds // 60))
    return ngettext("%d minute", "%d minutes", minutes) % minutes


def day_and_time(moment: datetime, now: datetime) -> str:
    """Return when something will be, in the site's zone, with the day where that is not today."""
    local = timezone.localtime(moment)
    if local.date() == timezone.localtime(now).date():
        return local.strftime("%H:%M")
    return local.strftime("%m-%d %H:%M")


def in_days(moment: datetime, now: datetime) -> str:
    """Return when something will be as customers say it, in the site's zone: 09:00, tomorrow 09:00, or with the date.

    >>> from datetime import UTC, datetime
    >>> in_days(datetime(2026, 11, 28, 1, tzinfo=UTC), datetime(2026, 11, 27, 12, tzinfo=UTC))
    '明天 09:00'
    """
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    at = local.strftime("%H:%M")
    if local.date() == today:
        return at
    if (local.date() - today).days == 1:
        return _("tomorrow %s") % at
    return f"{date_format(local, _('j F'))} {at}"
