"""Saving a file in the storage whole or not at all: written under another name, compared, and renamed."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
from contextlib import suppress
from pathlib import Path

from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage

from bridge.media.errors import StorageError
from bridge.models import Media

logger = logging.getLogger(__name__)
PARTS = "parts"  # folder of the storage for files that are being written


def save(kept: Storage, media: Media, source: Path) -> None:
    """Write the file at `source` under the media's path. StorageError where the storage does not take it whole."""
    try:
        if isinstance(kept, FileSystemStorage):
            _save_and_rename(kept, media, source)
        else:
            _save_at_once(kept, media, source)
    except StorageError:
        raise
    except Exception as error:
        fault = StorageError.of(error)
        logger.warning("storage: saving %s: %s", media.path, fault or type(error).__name__, exc_info=fault is None)
        raise fault or StorageError() from error


def _save_and_rename(kept: FileSystemStorage, media: Media, source: Path) -> None:
    part = f"{PARTS}/{secrets.token_hex(16)}"
    try:
        with source.open("rb") as file:
            kept.save(part, File(file))
        _compare(Path(kept.path(part)), media)
        target = Path(kept.path(media.path))
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(kept.path(part), target)
    finally:
        with suppress(OSError):
            kept.delete(part)


def _compare(path: Path, media: Media) -> None:
    """StorageError where what was written is not the file; then let the disk have it, so that a crash leaves it whole."""
    with path.open("rb") as file:
        same = hashlib.file_digest(file, "sha256").hexdigest() == media.sha256
        os.fsync(file.fileno())
    if not same or path.stat().st_size != media.size:
        raise StorageError


def _save_at_once(kept: Storage, media: Media, source: Path) -> None:
    """Such a storage (S3) shows a file when it has all of it, or should."""
    with source.open("rb") as file:
        name = kept.save(media.path, File(file))
    if name == media.path and kept.size(name) == media.size:
        return
    with suppress(Exception):
        kept.delete(name)
    raise StorageError
