"""Removes files that neither a message nor an automatic answer carries any more."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from pathlib import Path

from django.core.files.storage import FileSystemStorage
from django.db.models import Q

from bridge.base import clock
from bridge.live.parameters import parameters
from bridge.media.saving import PARTS
from bridge.media.store import drafts_folder, storage
from bridge.models import Media

logger = logging.getLogger(__name__)

BATCH = 500
DRAFT_SECONDS = 3600


def sweep() -> int:
    """Delete orphans, which nothing carries and nobody used for MEDIA_ORPHAN_DAYS. Returns how many went."""
    before = clock.now() - timedelta(days=parameters.MEDIA_ORPHAN_DAYS)
    orphans = Media.objects.filter(used_at__lt=before, uses=None, auto_answers=None)
    # A film's preview lives as long as the film.
    orphans = orphans.filter(Q(thumb_of=None))[:BATCH]
    removed = sum(_remove(media) for media in orphans)
    _remove_old(drafts_folder())
    if isinstance(kept := storage(), FileSystemStorage):
        _remove_old(Path(kept.path(PARTS)))
    return removed


def _remove(media: Media) -> bool:
    try:
        storage().delete(media.path)
    except OSError as error:
        logger.warning("media %s cannot be removed: %s", media.pk, type(error).__name__)
        return False
    media.delete()
    return True


def _remove_old(folder: Path) -> None:
    """Drafts and parts go by themselves, but not those of a process that was killed."""
    for path in folder.glob("*"):
        try:
            if time.time() - path.stat().st_mtime > DRAFT_SECONDS:
                path.unlink()
        except FileNotFoundError:
            continue
