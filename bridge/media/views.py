"""Serves media files by signed links, and the page from which a customer downloads one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from inspect import signature
from typing import IO

from django.core.files.storage import FileSystemStorage
from django.core.signing import BadSignature
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from bridge.base import clock
from bridge.media import links, naming
from bridge.media.store import CHUNK, storage
from bridge.models import Media, Message

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
# What a browser may show; everything else is downloaded. SVG and HTML are not among them.
_SHOWN = re.compile(r"(image/(png|jpeg|gif|webp|bmp)|audio/[\w.+-]+|video/[\w.+-]+)")


_UNREADABLE = (BadSignature, ValueError, OverflowError, OSError)


def _media(pk: int, until: datetime) -> Media | None:
    """Return the file; None where its time is over, or it is gone."""
    return Media.objects.filter(pk=pk, ready=True).first() if until > clock.now() else None


@require_safe
def file(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """Return the file, whole or in the part asked for; players ask for parts."""
    try:
        media = _media(*links.read(token, name))
    except _UNREADABLE:
        raise Http404 from None
    if media is None:
        return _expired(request)
    if not isinstance(storage(), FileSystemStorage):
        return HttpResponseRedirect(_elsewhere(media, name))
    stored = _whole(media)
    if stored is None:
        return _expired(request)
    response = _partial(request, media, stored)
    shown = _SHOWN.fullmatch(media.mime) is not None
    response["Content-Type"] = media.mime if shown else "application/octet-stream"
    response["Content-Disposition"] = _disposition(media, name)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, max-age=86400"
    # Whatever a stranger sent must not run here.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _disposition(media: Media, name: str) -> str:
    shown = _SHOWN.fullmatch(media.mime) is not None
    return content_disposition_header(not shown, name) or "attachment"


def _elsewhere(media: Media, name: str) -> str:
    """Return the file's address at a storage elsewhere (S3), which offers it under `name` where it can be asked to."""
    address: Callable[..., str] = storage().url
    if "parameters" not in signature(address).parameters:
        return address(media.path)
    return address(media.path, parameters={"ResponseContentDisposition": _disposition(media, name)})


def _whole(media: Media) -> IO[bytes] | None:
    """Return the stored file, opened; None where it is not there in its full length."""
    try:
        stored = storage().open(media.path)
    except FileNotFoundError:
        return None
    if stored.size == media.size:
        return stored
    stored.close()
    return None


def _partial(request: HttpRequest, media: Media, stored: IO[bytes]) -> HttpResponseBase:
    part = _part(request.headers.get("Range", ""), media.size)
    if part is None:
        return FileResponse(stored)
    start, end = part
    if start >= end:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{media.size}"})
    stored.seek(start)
    headers = {"Content-Range": f"bytes {start}-{end - 1}/{media.size}", "Content-Length": str(end - start)}
    return StreamingHttpResponse(_pieces(stored, end - start), status=206, headers=headers)


def _part(asked: str, size: int) -> tuple[int, int] | None:
    """Return the first and the last byte + 1 of a Range header, None for the whole file."""
    found = _RANGE.fullmatch(asked)
    if not found or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        return max(size - int(last), 0), size
    return int(first), min(int(last) + 1, size) if last else size


def _pieces(stored: IO[bytes], left: int) -> Iterator[bytes]:
    with stored:
        while left > 0 and (chunk := stored.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk


@require_safe
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show a customer what the file is, with a button that downloads it."""
    try:
        pk, until, number = links.read_page(token)
    except _UNREADABLE:
        raise Http404 from None
    media = _media(pk, until)
    if media is None:
        return _expired(request)
    name = naming.name_in(Message.objects.filter(pk=number).first(), media)
    address = links.path(media, name, until)
    extension = name.rsplit(".", 1)[-1][:5]
    context = {"media": media, "address": address, "title": name, "extension": extension, "until": until}
    return render(request, "media/file.html", context)


def _expired(request: HttpRequest) -> HttpResponse:
    return render(request, "media/expired.html", status=410)
