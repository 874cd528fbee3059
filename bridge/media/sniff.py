"""What a file really is, by its first bytes, whatever its name or a platform says. No Django, no I/O."""

from __future__ import annotations

from dataclasses import dataclass

import filetype

HEAD = 8192  # bytes that are enough to tell


@dataclass(frozen=True)
class Sniffed:
    """A file's kind (image, voice, video, file), MIME type and usual extension."""

    kind: str
    mime: str
    extension: str


# What filetype does not know, or calls something that a browser would not play.
_MAGIC = (
    (b"#!AMR-WB\n", Sniffed("voice", "audio/amr-wb", "awb")),
    (b"#!AMR", Sniffed("voice", "audio/amr", "amr")),
    (b"#!SILK_V3", Sniffed("voice", "audio/silk", "silk")),
    (b"\x02#!SILK_V3", Sniffed("voice", "audio/silk", "silk")),
)
_SPEEX = b"Speex   "
UNKNOWN = Sniffed("file", "application/octet-stream", "bin")


def sniff(head: bytes) -> Sniffed:
    """Return what the file that begins with `head` (up to HEAD bytes) is; a plain file where nothing is recognized."""
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return found
    if head.startswith(b"OggS") and _SPEEX in head[:128]:
        return Sniffed("voice", "audio/ogg", "spx")
    guess = filetype.guess(head)
    if guess is None:
        return _adts(head) or UNKNOWN
    main = guess.mime.split("/")[0]
    kind = {"image": "image", "audio": "voice", "video": "video"}.get(main, "file")
    return Sniffed(kind, guess.mime, guess.extension)


def _adts(head: bytes) -> Sniffed | None:
    """Return AAC or MP3 for a bare stream of frames: eleven bits set, then version and layer."""
    if len(head) < 2 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        return Sniffed("voice", "audio/aac", "aac")
    return Sniffed("voice", "audio/mpeg", "mp3") if head[1] & 0xE6 == 0xE2 else None
