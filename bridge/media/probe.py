"""Whether the storage takes files now, for the health page."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from bridge.media.saving import PARTS
from bridge.media.store import draft, storage

SIZE = 256 * 1024  # bytes that must find room: more than what a nearly full disk still gives


def check() -> None:
    """Write and remove a small file in the storage and among the drafts. OSError or StorageError where that fails.

    A storage elsewhere (S3) is only asked whether it answers, as each write there costs money.
    """
    with draft() as drafted:
        _fill(drafted.path)
    kept = storage()
    if not isinstance(kept, FileSystemStorage):
        kept.exists(PARTS)
        return
    name = f"{PARTS}/{secrets.token_hex(16)}"
    try:
        kept.save(name, ContentFile(os.urandom(SIZE)))
    finally:
        kept.delete(name)


def _fill(path: Path) -> None:
    path.write_bytes(os.urandom(SIZE))
