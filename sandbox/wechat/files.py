"""Files: temporary media, and permanent ones."""

from __future__ import annotations

import time
from typing import Any

from django.http import FileResponse, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from sandbox import media
from sandbox.wechat.answers import done, error, with_json, with_token
from sandbox.world import world


@with_token
def upload(request: HttpRequest, slug: str) -> HttpResponseBase:
    """POST /cgi-bin/media/upload?type=: a form with the file as `media`; it lives for three days."""
    kind = request.GET.get("type", "")
    media_id, refused = _kept(request, slug, kind)
    return refused or JsonResponse({"type": kind, "media_id": media_id, "created_at": int(time.time())})


def _kept(request: HttpRequest, slug: str, kind: str, *, lasting: bool = False) -> tuple[str, JsonResponse | None]:
    """Keep the form's file; return its id, or the answer that refuses it."""
    file = request.FILES.get("media")
    if file is None:
        return "", error(41005, "media data missing")
    code, message = media.refusal(kind, file)
    if code:
        return "", error(code, message)
    mime, name = file.content_type or "application/octet-stream", file.name or "file"
    media_id = media.save(world(), file, account=slug, kind=kind, mime=mime, name=name)
    if lasting:
        world().media[media_id].until = float("inf")
    return media_id, None


@with_token
def get(request: HttpRequest, slug: str) -> HttpResponseBase:
    """GET /cgi-bin/media/get?media_id=: the file; for a film, as documented, JSON with the address it is at."""
    stored = media.find(world(), request.GET.get("media_id", ""), slug)
    if stored is None:
        return error(40007, "invalid media_id")
    if stored.kind == "video":
        return JsonResponse({"video_url": request.build_absolute_uri(f"/play/file/{request.GET['media_id']}")})
    return FileResponse(stored.path.open("rb"), content_type=stored.mime, filename=stored.name)


@with_token
def add_lasting(request: HttpRequest, slug: str) -> HttpResponseBase:
    """POST /cgi-bin/material/add_material?type=: as `upload`, and the file stays."""
    media_id, refused = _kept(request, slug, request.GET.get("type", ""), lasting=True)
    return refused or JsonResponse({"media_id": media_id, "url": request.build_absolute_uri(f"/play/file/{media_id}")})


@with_json
def get_lasting(slug: str, data: dict[str, Any]) -> HttpResponseBase:
    """POST /cgi-bin/material/get_material: {media_id}; for a film JSON with its address, else the file."""
    stored = media.find(world(), str(data.get("media_id", "")), slug)
    if stored is None:
        return error(40007, "invalid media_id")
    if stored.kind == "video":
        return JsonResponse({"title": stored.name, "description": "", "down_url": f"/play/file/{data['media_id']}"})
    return FileResponse(stored.path.open("rb"), content_type=stored.mime, filename=stored.name)


@with_json
def delete_lasting(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/material/del_material: {media_id}"""
    media_id = str(data.get("media_id", ""))
    if media.find(world(), media_id, slug) is None:
        return error(40007, "invalid media_id")
    world().media.pop(media_id).path.unlink(missing_ok=True)
    return done()
