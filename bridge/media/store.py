"""The storage of media files: once per content, with the row first and the file after it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db import IntegrityError, transaction

from bridge import clock
from bridge.media.sniff import HEAD, Sniffed, sniff
from bridge.models import Media, MediaUse

CHUNK = 64 * 1024


def storage() -> Storage:
    """Return where media files are kept: settings.STORAGES["media"]."""
    return storages["media"]


@dataclass
class Draft:
    """A file on this machine's disk that is not stored yet, with what was read of it so far."""

    path: Path
    name: str = ""

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def sniffed(self) -> Sniffed:
        """Return what the file is, by its bytes."""
        with self.path.open("rb") as file:
            return sniff(file.read(HEAD))

    def digest(self) -> str:
        """Return the SHA-256 of the bytes, in hex."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def draft(name: str = "") -> Iterator[Draft]:
    """Return a new empty draft; its file goes at the end of the block, whatever happened to it."""
    folder = Path(settings.DATA_DIR) / "drafts"
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, path = tempfile.mkstemp(dir=folder)
    os.close(descriptor)
    try:
        yield Draft(Path(path), name)
    finally:
        Path(path).unlink(missing_ok=True)


def put(drafted: Draft, *, facts: dict[str, Any] | None = None) -> Media:
    """Store the draft as it is, or find what is stored already with the same content; `facts` are columns known of it."""
    digest = drafted.digest()
    known = Media.objects.filter(sha256=digest, ready=True).first()
    if known:
        Media.objects.filter(pk=known.pk).update(used_at=clock.now())
        return known
    what = drafted.sniffed()
    media = _row(digest, drafted, what, facts or {})
    with drafted.path.open("rb") as file:
        if not storage().exists(media.path):
            storage().save(media.path, File(file))
    Media.objects.filter(pk=media.pk).update(ready=True)
    media.ready = True
    return media


def _row(digest: str, drafted: Draft, what: Sniffed, facts: dict[str, Any]) -> Media:
    now = clock.now()
    path = f"{digest[:2]}/{digest[2:4]}/{digest}.{what.extension}"
    values = {"kind": what.kind, "path": path, "name": drafted.name[:200], "mime": what.mime, "size": drafted.size}
    values |= facts
    try:
        with transaction.atomic():
            return Media.objects.create(sha256=digest, **values, created_at=now, used_at=now)
    except IntegrityError:
        return Media.objects.get(sha256=digest)


@contextmanager
def local_copy(media: Media) -> Iterator[Draft]:
    """Return the stored file as a draft on this machine's disk, copied in pieces."""
    with draft(media.name) as drafted:
        with storage().open(media.path) as stored, drafted.path.open("wb") as file:
            while chunk := stored.read(CHUNK):
                file.write(chunk)
        yield drafted


def used_by(media: Media, message_id: int | None) -> None:
    """Write down that a message carries the file."""
    if message_id:
        MediaUse.objects.get_or_create(media=media, message_id=message_id)
    Media.objects.filter(pk=media.pk).update(used_at=clock.now())
