"""Opens a sound or a film with the one reader that its first bytes call for: nothing else is ever tried.

So no playlist is followed (ffconcat, HLS, DASH, and whatever else names other files or addresses), and what a film itself
names is refused: reading happens over an open file, and no protocol is allowed.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av

from bridge.media.tool.bounds import Refused

READERS = {
    "audio/amr": "amr",
    "audio/amr-wb": "amr",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "video/ogg": "ogg",
    "audio/wav": "wav",
    "audio/aiff": "aiff",
    "audio/x-caf": "caf",
    "audio/mp4": "mov",
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/3gpp": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/x-msvideo": "avi",
    "video/x-flv": "flv",
    "video/x-ms-asf": "asf",
    "video/mpeg": "mpeg",
    "video/mp2t": "mpegts",
}
_CLOSED = {"protocol_whitelist": "none", "enable_drefs": "0", "use_absolute_path": "0"}
_BOXED = ("audio/mp4", "video/mp4", "video/quicktime", "video/3gpp")


@contextmanager
def reading(source: str, mime: str) -> Iterator[Any]:
    """Return the container. Refused("cut") where a film's table of contents never came, "damaged" where it can't be read."""
    if mime not in READERS:
        raise Refused("damaged")
    if mime in _BOXED and not has_moov(source):
        raise Refused("cut")
    options = dict(_CLOSED) if mime in _BOXED else {"protocol_whitelist": "none"}
    with Path(source).open("rb") as file:
        try:
            container = av.open(file, format=READERS[mime], options=options, metadata_errors="ignore")
        except (av.FFmpegError, ValueError):
            raise Refused("damaged") from None
        with container:
            for stream in container.streams:
                if stream.type in ("audio", "video"):
                    stream.codec_context.thread_count = 1
            yield container


def has_moov(source: str) -> bool:
    """Tell whether the box that says what is where is there: a phone writes it last, so a film cut short lacks it."""
    return b"moov" in whole_boxes(source)


def whole_boxes(source: str) -> set[bytes]:
    """Return the names of the outermost boxes of an ISO base media file that are there in full."""
    found: set[bytes] = set()
    with Path(source).open("rb") as file:
        length = file.seek(0, io.SEEK_END)
        at = 0
        while at + 8 <= length:
            file.seek(at)
            head = file.read(16)
            size = int.from_bytes(head[:4], "big")
            if size == 1:
                size = int.from_bytes(head[8:16], "big")
            elif size == 0:  # up to the end
                size = length - at
            if size < 8:
                break
            if at + size <= length:
                found.add(head[4:8])
            at += size
    return found


def picture_of(container: Any) -> Any:
    """Return the stream of moving pictures; None where there is none: a record's cover is no film."""
    moving = [one for one in container.streams.video if not one.disposition & av.stream.Disposition.attached_pic]
    return moving[0] if moving else None


def frames_of(container: Any, stream: Any) -> Iterator[Any]:
    """Yield what can be decoded of a stream, up to where it breaks off. Refused("damaged") where nothing can."""
    found = broken = 0
    for packet in container.demux(stream):
        try:
            for frame in packet.decode():
                found += 1
                yield frame
        except av.FFmpegError:
            broken += 1
            if broken > 50:
                break
    if not found:
        raise Refused("damaged")


def packets_of(container: Any, streams: list[Any]) -> Iterator[Any]:
    """Yield the packets of streams, up to where the file breaks off."""
    packets = container.demux(streams)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        yield packet
