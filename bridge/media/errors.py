"""Why a file cannot be taken or passed on."""

from __future__ import annotations

import errno

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge.values.outcomes import DeliveryError, Outcome

SCALED = "scaled"  # the one trouble that keeps nobody from seeing the picture
# What a file's `trouble` means: it goes as a plain file (or not at all) with these words.
TROUBLES = {
    "pixels": gettext_noop("it has too many pixels to be shown"),
    "cut": gettext_noop("it was cut off before its end"),
    "damaged": gettext_noop("the file is damaged or of an unknown format"),
    "long": gettext_noop("it is too long to be converted"),
    "time": gettext_noop("reading the file takes too long"),
    "moving": gettext_noop("the animation is too large"),
    SCALED: gettext_noop("it was made smaller, as it has more pixels than clients show"),
}


def trouble_words(trouble: str) -> str:
    """Return in words why a file is not shown as what it is, in the language that is active."""
    return _(TROUBLES.get(trouble, TROUBLES["damaged"]))


class MediaError(Exception):
    """A file that cannot be fetched, read or fitted; the text says why, to a person.

    `temporary`: later it may work. `refused`: neither the file nor its address is passed on. `trouble`: what is wrong with
    the file itself, one of TROUBLES.
    """

    def __init__(self, reason: str, *, temporary: bool = False, refused: bool = False, trouble: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.temporary = temporary
        self.refused = refused
        self.trouble = trouble


class Busy(MediaError):
    """Others have the machine's one bench. However often that is so, it is no reason to do without the file."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, temporary=True)


STORAGE = "storage"
FULL, READ_ONLY, AWAY = (
    gettext_noop("the storage for files is full"),
    gettext_noop("the storage for files is read-only"),
    gettext_noop("the storage for files does not answer"),
)
_BY_NUMBER = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EROFS: READ_ONLY,
    errno.EIO: AWAY,
    errno.ESTALE: AWAY,
}
_IN_WORDS = (
    (f"[Errno {errno.ENOSPC}]", FULL),
    (f"[Errno {errno.EDQUOT}]", FULL),
    (f"[Errno {errno.EROFS}]", READ_ONLY),
)


class StorageError(DeliveryError):
    """Our own storage takes no file now. It is no fault of the file: what carries one waits, and goes on afterwards.

    `full`: there is no room; else the storage is read-only or away.
    """

    def __init__(self, words: str = AWAY) -> None:
        super().__init__(STORAGE, _(words), Outcome.ASIDE)
        self.full = words == FULL

    @classmethod
    def of(cls, error: BaseException) -> StorageError | None:
        """Return what an operating system's error says of the storage; None where it is about something else."""
        words = _BY_NUMBER.get(error.errno or 0) if isinstance(error, OSError) else None
        return cls(words) if words else None

    @classmethod
    def said_by(cls, text: str) -> StorageError | None:
        """Return what another process's last words say of the storage; None where they are about something else."""
        return next((cls(words) for mark, words in _IN_WORDS if mark in text), None)
