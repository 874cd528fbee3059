"""The marks of pictures, sounds and films: each checks its format's first bytes and that what follows is plausible.

Sources: the formats' own specifications; `mark(head)` returns what it is, None for anything else.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Sniffed:
    """A file's kind (image, voice, video, file), MIME type and usual extension.

    A film's kind is a guess: only its streams tell whether there is a picture in it (bridge.media.reception).
    """

    kind: str
    mime: str
    extension: str


Mark = Callable[[bytes], Sniffed | None]


def _image(mime: str, extension: str) -> Sniffed:
    return Sniffed("image", f"image/{mime}", extension)


def _voice(mime: str, extension: str) -> Sniffed:
    return Sniffed("voice", f"audio/{mime}", extension)


def _video(mime: str, extension: str) -> Sniffed:
    return Sniffed("video", f"video/{mime}", extension)


def _jpeg(head: bytes) -> Sniffed | None:
    """SOI, then another marker: a table, a frame, an application's or a comment."""
    marked = head[:3] == b"\xff\xd8\xff" and len(head) > 3 and 0xC0 <= head[3] <= 0xFE
    return _image("jpeg", "jpg") if marked else None


def _png(head: bytes) -> Sniffed | None:
    if head[:8] != b"\x89PNG\r\n\x1a\n" or head[12:16] != b"IHDR" or len(head) < 24:
        return None
    width, height = struct.unpack(">II", head[16:24])
    return _image("png", "png") if width and height else None


def _gif(head: bytes) -> Sniffed | None:
    if head[:6] not in (b"GIF87a", b"GIF89a") or len(head) < 13:
        return None
    width, height = struct.unpack("<HH", head[6:10])
    return _image("gif", "gif") if width and height else None


def _bmp(head: bytes) -> Sniffed | None:
    """The header's size is one of those that exist, the pixels begin behind it, there is one plane of a known depth."""
    if head[:2] != b"BM" or len(head) < 26:
        return None
    offset, header = struct.unpack("<II", head[10:18])
    if header == 12:
        width, height, planes, depth = struct.unpack("<HHHH", head[18:26])
    elif header in (40, 52, 56, 64, 108, 124) and len(head) >= 30:
        width, height, planes, depth = struct.unpack("<iiHH", head[18:30])
    else:
        return None
    plausible = width > 0 and height and planes == 1 and depth in (1, 2, 4, 8, 16, 24, 32) and offset >= 14 + header
    return _image("bmp", "bmp") if plausible else None


def _tiff(head: bytes) -> Sniffed | None:
    """Byte order, 42 (43 for BigTIFF), then where the first directory is."""
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 16:
        return None
    (version,) = struct.unpack(order + "H", head[2:4])
    if version == 43:
        return _image("tiff", "tif") if struct.unpack(order + "HH", head[4:8]) == (8, 0) else None
    (first,) = struct.unpack(order + "I", head[4:8])
    return _image("tiff", "tif") if version == 42 and first >= 8 else None


def _riff(head: bytes) -> Sniffed | None:
    if head[:4] not in (b"RIFF", b"RF64", b"RIFX"):
        return None
    known = {
        b"WEBP": _image("webp", "webp") if head[12:15] == b"VP8" else None,
        b"WAVE": _voice("wav", "wav"),
        b"AVI ": _video("x-msvideo", "avi"),
    }
    return known.get(head[8:12])


_BRANDS = (
    (("avif", "avis"), _image("avif", "avif")),
    (("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "heif"), _image("heic", "heic")),
    (("M4A", "M4B", "M4P", "F4A"), _voice("mp4", "m4a")),
    (("qt",), _video("quicktime", "mov")),
    (("3gp", "3g2", "3ge", "3gg"), _video("3gpp", "3gp")),
)


def _boxes(head: bytes) -> Sniffed | None:
    """ISO base media: a box `ftyp` with brands; older QuickTime begins with one of its other boxes."""
    kind = head[4:8]
    if kind == b"ftyp":
        return _brand(head)
    if kind in (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot") and head[:1] == b"\0":
        return _video("quicktime", "mov")
    return None


def _brand(head: bytes) -> Sniffed:
    (size,) = struct.unpack(">I", head[:4])
    major = head[8:12].decode("latin-1")
    compatible = [head[at : at + 4].decode("latin-1") for at in range(16, min(size, len(head), 128), 4)]
    for names, found in _BRANDS:
        if major.startswith(names):
            pictures = found.mime == "image/heic" and {"avif", "avis"}.intersection(compatible)
            return _image("avif", "avif") if pictures and "heic" not in compatible else found
    return _video("mp4", "mp4")


def _matroska(head: bytes) -> Sniffed | None:
    if head[:4] != b"\x1a\x45\xdf\xa3":
        return None
    if b"webm" in head[:64]:
        return _video("webm", "webm")
    return _video("x-matroska", "mkv") if b"matroska" in head[:64] else None


def _ogg(head: bytes) -> Sniffed | None:
    """A first page of version 0; sound unless a film's codec is named in the pages that begin the streams."""
    if head[:5] != b"OggS\0" or len(head) < 28:
        return None
    if b"\x80theora" in head[:512] or b"\x01video" in head[:512]:
        return _video("ogg", "ogv")
    return _voice("ogg", "spx" if b"Speex   " in head[:128] else "ogg")


def _named(head: bytes) -> Sniffed | None:
    """Formats whose mark is long enough to be believed."""
    return next((found for mark, found in _LONG if head.startswith(mark)), None)


_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_LONG = (
    (b"#!AMR-WB\n", _voice("amr-wb", "awb")),
    (b"#!AMR\n", _voice("amr", "amr")),
    (b"#!SILK_V3", _voice("silk", "silk")),
    (b"\x02#!SILK_V3", _voice("silk", "silk")),
    (_ASF, _video("x-ms-asf", "wmv")),
    (b"FLV\x01\x01\0\0\0\x09", _video("x-flv", "flv")),
    (b"FLV\x01\x04\0\0\0\x09", _video("x-flv", "flv")),
    (b"FLV\x01\x05\0\0\0\x09", _video("x-flv", "flv")),
    (b"fLaC\0\0\0\x22", _voice("flac", "flac")),
    (b"caff\0\x01\0\0", _voice("x-caf", "caf")),
    (b"\0\0\x01\xba", _video("mpeg", "mpg")),
    (b"\0\0\0\x0cjP  \r\n\x87\n", _image("jp2", "jp2")),
)


def _aiff(head: bytes) -> Sniffed | None:
    return _voice("aiff", "aiff") if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC") else None


def _transport(head: bytes) -> Sniffed | None:
    """An MPEG transport stream: a packet of 188 bytes after another."""
    packets = [head[at] for at in range(0, min(len(head), 188 * 4), 188)]
    return _video("mp2t", "ts") if len(packets) >= 3 and set(packets) == {0x47} else None


def _id3(head: bytes) -> Sniffed | None:
    """An MP3 with a tag in front: version 2 to 4, a length of four times seven bits."""
    plausible = head[:3] == b"ID3" and len(head) > 10 and head[3] in (2, 3, 4) and head[4] < 0xFF
    return _voice("mpeg", "mp3") if plausible and all(byte < 0x80 for byte in head[6:10]) else None


_BITRATES = (  # kbit/s of layer III, MPEG-1 and MPEG-2
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _frame_length(head: bytes) -> int:
    """Return the length of the MP3 frame that begins here, 0 where none does."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version, bits, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or bits in (0, 15) or rate == 3:
        return 0
    first = version == 3
    kbits = _BITRATES[0 if first else 1][bits]
    return (144 if first else 72) * kbits * 1000 // _RATES[version][rate] + (head[2] >> 1 & 1)


def _mp3(head: bytes) -> Sniffed | None:
    """A bare stream of MP3 frames: one follows where the first ends."""
    length = _frame_length(head)
    follows = length and (len(head) <= length or _frame_length(head[length:]))
    return _voice("mpeg", "mp3") if follows else None


def _adts(head: bytes) -> Sniffed | None:
    """A bare stream of AAC frames, each with its length in its header."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return None
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    following = head[length : length + 2]
    again = len(following) < 2 or (following[0] == 0xFF and following[1] & 0xF6 == 0xF0)
    return _voice("aac", "aac") if length > 7 and again else None


MARKS: tuple[Mark, ...] = (
    _jpeg, _png, _gif, _bmp, _tiff, _riff, _boxes, _matroska, _ogg, _named, _aiff, _transport, _id3, _mp3, _adts,
)  # fmt: skip
