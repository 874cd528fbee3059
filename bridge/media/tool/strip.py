"""Takes out of a picture what tells of its owner, without touching a pixel: place, device, times, comments, thumbnails.

What stays is what the picture needs to be shown as it is meant: pixels, colour profile, density, animation. Sources:
ITU-T T.81 annex B (JPEG), the PNG specification 11, GIF89a, and the RIFF container of WebP.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image

Data = bytes | mmap.mmap
CHUNK = 256 * 1024


def strip(source: str, target: str, mime: str) -> None:
    """Write `source` to `target` without what is personal. ValueError where the file is not what `mime` says."""
    with (
        Path(source).open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        Path(target).open("wb") as out,
    ):
        for start, end in _KEPT[mime](data):
            _copy(data, start, end, out.write)
    if mime == "image/webp":
        _mend_riff(target)


def _copy(data: Data, start: int, end: int, write: Callable[[bytes], object]) -> None:
    for at in range(start, end, CHUNK):
        write(data[at : min(at + CHUNK, end)])


Spans = Iterator[tuple[int, int]]
_SOI, _EOI, _SOS, _COM, _ADOBE = 0xD8, 0xD9, 0xDA, 0xFE, 0xEE


def _jpeg(data: Data) -> Spans:
    """Keep tables, frames and scans, JFIF, the colour profile and Adobe's transform; nothing behind the picture's end."""
    yield 0, 2
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise ValueError("no marker where one belongs")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == _EOI:
            break
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _SOS:
            end = _end_of_scan(data, end)
        if _is_needed(marker, data[at + 4 : at + 18]):
            yield at, min(end, len(data))
        at = end
    end = data.find(b"\xff\xd9", max(at, 0), at + 2)
    if end >= 0:
        yield end, end + 2


def _is_needed(marker: int, begins: bytes) -> bool:
    if marker == 0xE0:
        return begins.startswith(b"JFIF\0")
    if marker == 0xE2:
        return begins.startswith(b"ICC_PROFILE\0")
    if marker == _ADOBE:
        return begins.startswith(b"Adobe")
    return marker != _COM and not 0xE0 <= marker <= 0xEF


def _end_of_scan(data: Data, at: int) -> int:
    """Return where the next marker is; FF00 and the restart markers belong to the scan."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        following = data[at + 1]
        if following not in (0, 0xFF) and not 0xD0 <= following <= 0xD7:
            return at
        at += 1 if following == 0xFF else 2
    return len(data)


_PNG = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD hIST pHYs sPLT acTL fcTL fdAT".split()
)


def _png(data: Data) -> Spans:
    yield 0, 8
    for kind, start, end in _chunks(data):
        if kind in _PNG:
            yield start, end


def _chunks(data: Data) -> Iterator[tuple[bytes, int, int]]:
    """Yield a PNG's chunks: name, where it begins and ends."""
    at = 8
    while at + 8 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, end = bytes(data[at + 4 : at + 8]), at + 12 + length
        yield kind, at, min(end, len(data))
        if kind == b"IEND":
            return
        at = end


def png_exif(source: str) -> Image.Exif:
    """Return a PNG's EXIF wherever it stands; Pillow decodes the whole picture to look behind it."""
    exif = Image.Exif()
    with Path(source).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for kind, start, end in _chunks(data):
            if kind == b"eXIf":
                exif.load(b"Exif\0\0" + data[start + 8 : end - 4])
    return exif


_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")


def _gif(data: Data) -> Spans:
    """Keep pictures, their controls, the loop and the colour profile; comments and other applications' data go."""
    at = 13 + _colours(data[10])
    yield 0, at
    while at < len(data):
        kind = data[at]
        if kind == 0x2C:
            end = _blocks(data, at + 11 + _colours(data[at + 9]))
        elif kind == 0x21:
            end = _blocks(data, at + 2)
        else:
            break
        loop = kind == 0x21 and data[at + 1] == 0xFF and bytes(data[at + 3 : at + 14]) in _LOOPS
        if kind == 0x2C or data[at + 1] == 0xF9 or loop:
            yield at, min(end, len(data))
        at = end
    if at < len(data) and data[at] == 0x3B:
        yield at, at + 1


def _colours(flags: int) -> int:
    """Return the bytes of a table of colours."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _blocks(data: Data, at: int) -> int:
    """Return where a chain of blocks, each with its length in front, ends."""
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1


_WEBP = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))


def _webp(data: Data) -> Spans:
    yield 0, 12
    at = 12
    end_of_all = min(8 + struct.unpack("<I", data[4:8])[0], len(data))
    while at + 8 <= end_of_all:
        (length,) = struct.unpack("<I", data[at + 4 : at + 8])
        end = at + 8 + length + (length & 1)
        if bytes(data[at : at + 4]) in _WEBP:
            yield at, min(end, len(data))
        at = end


def _mend_riff(target: str) -> None:
    """Write the file's new length, and in an extended header that there is no EXIF and no XMP."""
    path = Path(target)
    with path.open("r+b") as file:
        file.seek(4)
        file.write(struct.pack("<I", path.stat().st_size - 8))
        header = file.read(13)
        if header[4:8] == b"VP8X":
            file.seek(20)
            file.write(bytes([header[12] & ~0x0C]))


_KEPT: dict[str, Callable[[Data], Spans]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/gif": _gif,
    "image/webp": _webp,
}
