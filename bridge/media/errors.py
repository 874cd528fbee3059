"""Why a file cannot be taken or passed on."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

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

    `temporary`: later it may work. `refused`: its address is one that we do not open, nor pass on. `trouble`: what is
    wrong with the file itself, one of TROUBLES.
    """

    def __init__(self, reason: str, *, temporary: bool = False, refused: bool = False, trouble: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.temporary = temporary
        self.refused = refused
        self.trouble = trouble
