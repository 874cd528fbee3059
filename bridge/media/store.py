"""The storage of media files: once per content, with the row first and the file after it.

A file appears under its path only when it is whole (`saving`). What is stored is compared with its row's size before it is
used again, so what an earlier fault left short is stored anew.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from bridge.base import clock
from bridge.media import saving
from bridge.media.errors import MediaError, StorageError
from bridge.media.sniff import HEAD, Sniffed, sniff
from bridge.models import Media, MediaUse

logger = logging.getLogger(__name__)
CHUNK = 64 * 1024


def storage() -> Storage:
    """Return where media files are kept: settings.STORAGES["media"]."""
    return storages["media"]


@dataclass
class Draft:
    """A file on this machine's disk that is not stored yet, with what was read of it so far."""

    path: Path

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


def drafts_folder() -> Path:
    """Return the folder for drafts."""
    return Path(settings.DATA_DIR) / "drafts"


@contextmanager
def draft() -> Iterator[Draft]:
    """Return a new empty draft; its file goes at the end of the block, whatever happened to it.

    StorageError where the disk is full or read-only, when the draft is made or anywhere in the block.
    """
    path = _new_draft()
    try:
        yield Draft(path)
    except OSError as error:
        if fault := StorageError.of(error):
            raise fault from error
        raise
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _new_draft() -> Path:
    try:
        drafts_folder().mkdir(parents=True, exist_ok=True)
        descriptor, path = tempfile.mkstemp(dir=drafts_folder())
        os.close(descriptor)
    except OSError as error:
        raise StorageError.of(error) or StorageError() from error
    return Path(path)


def put(drafted: Draft, *, facts: dict[str, Any] | None = None) -> Media:
    """Store the draft as it is, or find what is stored already with the same content; `facts` are columns known of it.

    MediaError where the draft is empty. StorageError.
    """
    if not drafted.size:
        raise MediaError(_("the file is empty"), refused=True)
    digest = drafted.digest()
    known = Media.objects.filter(sha256=digest, ready=True).first()
    if known and is_whole(known):
        Media.objects.filter(pk=known.pk).update(used_at=clock.now())
        return known
    what = drafted.sniffed()
    media = known or _row(digest, drafted, what, facts or {})
    saving.save(storage(), media, drafted.path)
    Media.objects.filter(pk=media.pk).update(ready=True, used_at=clock.now())
    media.ready = True
    return media


def is_whole(media: Media) -> bool:
    """Tell whether the storage has the file in its full length. StorageError where it cannot be asked."""
    try:
        return bool(media.size) and storage().size(media.path) == media.size
    except FileNotFoundError:
        return False
    except Exception as error:
        # Storages of other kinds (S3) have errors of their own.
        logger.warning("storage: size of %s: %s", media.path, type(error).__name__)
        raise StorageError.of(error) or StorageError() from error


def _row(digest: str, drafted: Draft, what: Sniffed, facts: dict[str, Any]) -> Media:
    now = clock.now()
    path = f"{digest[:2]}/{digest[2:4]}/{digest}.{what.extension}"
    values = {"kind": what.kind, "path": path, "mime": what.mime, "size": drafted.size}
    values |= facts
    try:
        with transaction.atomic():
            return Media.objects.create(sha256=digest, **values, created_at=now, used_at=now)
    except IntegrityError:
        return Media.objects.get(sha256=digest)


@contextmanager
def local_copy(media: Media) -> Iterator[Draft]:
    """Return the stored file as a draft on this machine's disk, copied in pieces.

    MediaError where it is not there in its full length. StorageError.
    """
    with draft() as drafted:
        try:
            _copy(media, drafted)
        except FileNotFoundError:
            raise _lost() from None
        except Exception as error:
            logger.warning("storage: reading %s: %s", media.path, type(error).__name__)
            raise StorageError.of(error) or StorageError() from error
        if drafted.size != media.size:
            raise _lost()
        yield drafted


def _lost() -> MediaError:
    return MediaError(_("the file is no longer in our storage"))


def _copy(media: Media, drafted: Draft) -> None:
    with storage().open(media.path) as stored, drafted.path.open("wb") as file:
        while chunk := stored.read(CHUNK):
            file.write(chunk)


def used_by(media: Media, message_id: int | None) -> None:
    """Write down that a message carries the file."""
    if message_id:
        MediaUse.objects.get_or_create(media=media, message_id=message_id)
    Media.objects.filter(pk=media.pk).update(used_at=clock.now())
