"""The sandbox's files: WeChat's temporary media with its limits and three days, and what IM clients upload."""

from __future__ import annotations

import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.http import FileResponse, Http404, HttpRequest, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from sandbox.world import World, world

MEDIA_SECONDS = 3 * 86400
_MB = 1024**2
# type -> bytes, what the first bytes must be
RULES: dict[str, tuple[int, tuple[bytes, ...]]] = {
    "image": (10 * _MB, (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")),
    "voice": (2 * _MB, (b"#!AMR", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xe3")),
    "video": (10 * _MB, ()),  # MP4 says so behind its first four bytes
    "thumb": (64 * 1024, (b"\xff\xd8\xff",)),
}
_folder = tempfile.TemporaryDirectory(prefix="sandbox-media-")


@dataclass
class Stored:
    """One file: of which account (empty: an IM client's), what it is, until when it lives by the world's clock."""

    account: str
    kind: str
    mime: str
    name: str
    path: Path
    until: float


def save(here: World, file: IO[bytes], *, account: str, kind: str, mime: str, name: str) -> str:
    """Keep a file and return its id."""
    media_id = secrets.token_urlsafe(32)
    path = Path(_folder.name) / media_id
    with path.open("wb") as target:
        while chunk := file.read(64 * 1024):
            target.write(chunk)
    here.media[media_id] = Stored(account, kind, mime, name, path, here.now() + MEDIA_SECONDS)
    return media_id


def find(here: World, media_id: str, account: str) -> Stored | None:
    """Return an account's live file; None where it never was, is another's, or its three days are over."""
    stored = here.media.get(media_id)
    alive = stored is not None and stored.account == account and stored.until > here.now()
    return stored if alive else None


def refusal(kind: str, file: Any) -> tuple[int, str]:
    """Return the error code and text with which WeChat refuses an upload; 0 where it takes it."""
    if kind not in RULES:
        return 40004, "invalid media type"
    limit, heads = RULES[kind]
    if not 0 < file.size <= limit:
        return 40006, "invalid media size"
    head = file.read(12)
    file.seek(0)
    known = head[4:8] == b"ftyp" if kind == "video" else head.startswith(heads)
    return (0, "") if known else (40005, "invalid file type")


@require_POST
def upload(request: HttpRequest) -> JsonResponse:
    """POST /play/file?name=a.jpg: keep the body as a file; `account` makes it WeChat media of that account."""
    name, account = request.GET.get("name", "file"), request.GET.get("account", "")
    kind, mime = request.GET.get("kind", "file"), request.content_type or "application/octet-stream"
    media_id = save(world(), request, account=account, kind=kind, mime=mime, name=name)  # type: ignore[arg-type]
    address = request.build_absolute_uri(f"/play/file/{media_id}")
    return JsonResponse({"id": media_id, "url": address, "size": world().media[media_id].path.stat().st_size})


@require_GET
def serve(request: HttpRequest, media_id: str) -> FileResponse:
    """GET /play/file/<id>: the file; this is where an IM client's uploads and WeChat's films are."""
    stored = world().media.get(media_id)
    if stored is None or not stored.path.exists():
        raise Http404
    return FileResponse(stored.path.open("rb"), content_type=stored.mime, filename=stored.name)
