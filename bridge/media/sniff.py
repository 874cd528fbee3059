"""What a file really is, by its first bytes, whatever its name or a platform says. No Django, no I/O.

A few letters are not enough: a list of cars begins with `BM`, a note with `ID3`. So a format is only believed where what
follows its mark is plausible too, and words are words whatever they begin with.
"""

from __future__ import annotations

import filetype

from bridge.media.marks import MARKS, Sniffed

HEAD = 8192  # bytes that are enough to tell
_DOCUMENTS = ("pdf", "rtf", "ps")
UNKNOWN = Sniffed("file", "application/octet-stream", "bin")


def sniff(head: bytes) -> Sniffed:
    """Return what the file that begins with `head` (up to HEAD bytes) is; a plain file where nothing is recognized."""
    words = is_words(head)
    if not words:
        for mark in MARKS:
            if found := mark(head):
                return found
    guess = filetype.guess(head)
    # A picture's or a sound's mark alone is no proof; of what is written in words only documents are believed.
    if (
        guess is None
        or guess.mime.split("/")[0] in ("image", "audio", "video")
        or (words and guess.extension not in _DOCUMENTS)
    ):
        return UNKNOWN
    return Sniffed("file", guess.mime, guess.extension)


_CONTROLS = frozenset(range(0x20)) - frozenset(b"\t\n\r\f\x1b") | {0x7F}


def is_words(head: bytes) -> bool:
    """Tell whether the bytes are text, in UTF-8 or GBK: no control characters, and all of it can be read."""
    if _CONTROLS.intersection(head):
        return False
    return any(_readable(head, encoding) for encoding in ("utf-8", "gb18030"))


def _readable(head: bytes, encoding: str) -> bool:
    """A character may be cut in two where the head ends."""
    try:
        head.decode(encoding)
    except UnicodeDecodeError as error:
        return len(head) == HEAD and error.start >= len(head) - 4
    return True
