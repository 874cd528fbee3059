"""The static files, collected where something about them changed since the last start."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def fingerprint() -> str:
    """Return a digest of where every static file is, how long it is and when it was changed."""
    digest = hashlib.sha256(str(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for path, storage in finder.list(ignore_patterns=None):
            facts = Path(storage.path(path)).stat()
            digest.update(f"{storage.path(path)} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def collect() -> None:
    """Collect and compress the static files below STATIC_ROOT; where the last start did so with the same ones, do nothing."""
    stamp, now = settings.DATA_DIR / "static.collected", fingerprint()
    if Path(settings.STATIC_ROOT).is_dir() and stamp.exists() and stamp.read_text() == now:
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(now)
