"""Films: as an MP4 that every browser and WeChat play, upright, and without what tells of its owner."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av

from bridge.media.tool import encoding
from bridge.media.tool.bounds import FILM_EDGE, FILM_SECONDS, Refused
from bridge.media.tool.reading import frames_of, packets_of, picture_of, reading, whole_boxes

PLAYED = ("h264",)
HEARD = ("aac", "mp3")
_PLAIN = {"major_brand", "minor_version", "compatible_brands", "encoder", "language", "handler_name", "vendor_id"}
SHADES = ("yuv420p", "yuvj420p")
LEAST_BITS = 120_000  # bit/s of pictures below which a film is not worth looking at


def as_shown(source: str, target: str, mime: str) -> dict[str, Any]:
    """Write the film as MP4 (H.264, AAC) and return seconds, width and height.

    What plays already is only packed anew, without what tells of its owner; where there is nothing to take out it is left
    as it is: `same`, and nothing is written.
    """
    turned = _rotation(source, mime)
    with reading(source, mime) as container:
        stream = picture_of(container)
        plays = stream.codec_context.name in PLAYED and stream.codec_context.pix_fmt in SHADES and not turned
        if plays and not _odd(container):
            if mime == "video/mp4" and not _tells(container) and b"uuid" not in whole_boxes(source):
                return _facts(source) | {"same": True}
            _packed(container, stream, target)
            if _plays(target):
                return _facts(target)
    _converted(source, target, mime, encoding.Wish(FILM_EDGE, turned))
    return _facts(target)


def smaller(source: str, target: str, mime: str, limit: str) -> dict[str, Any]:
    """Write the film within `limit` bytes. Refused("long") where too little would be left of its pictures."""
    with reading(source, mime) as container:
        seconds = (container.duration or 0) / 1_000_000
    if not seconds:
        raise Refused("long")
    bits = int(int(limit) * 8 * 0.9 / seconds) - encoding.SOUND_BITS
    if bits < LEAST_BITS:
        raise Refused("long")
    edge = 1280 if bits > 1_200_000 else 854 if bits > 500_000 else 640 if bits > 250_000 else 480
    _converted(source, target, mime, encoding.Wish(edge, _rotation(source, mime), min(bits, 2_500_000)))
    if Path(target).stat().st_size > int(limit):
        raise Refused("long")
    return _facts(target)


def _tells(container: Any) -> bool:
    """Tell whether words stand around the film (place, device, time), or streams besides picture and sound."""
    said = {*container.metadata, *(key for one in container.streams for key in one.metadata)}
    return not said <= _PLAIN or any(one.type not in ("video", "audio") for one in container.streams)


def _odd(container: Any) -> bool:
    """Tell whether the sound is of a format that an MP4 in a browser does not play."""
    return any(one.codec_context.name not in HEARD for one in container.streams.audio)


def _rotation(source: str, mime: str) -> int:
    """Return by how many degrees, counter-clockwise, the film must be turned. Refused("damaged") without any picture."""
    with reading(source, mime) as container:
        stream = picture_of(container)
        if stream is None:
            raise Refused("damaged")
        return int(next(frames_of(container, stream)).rotation or 0) % 360


def _packed(container: Any, stream: Any, target: str) -> None:
    """Copy the streams, not the words around them (place, device), with the table of contents in front."""
    wanted = [stream, *container.streams.audio[:1]]
    with av.open(target, "w", format="mp4", options={"movflags": "+faststart"}) as outgoing:
        copies = {one.index: outgoing.add_stream_from_template(one) for one in wanted}
        for copy in copies.values():
            copy.metadata.clear()
        for packet in _timed(packets_of(container, wanted)):
            packet.stream = copies[packet.stream.index]
            outgoing.mux(packet)


def _timed(packets: Iterator[Any]) -> Iterator[Any]:
    """Yield the packets, all with a time to decode them: Matroska does not say it of the first few."""
    waiting: dict[int, list[Any]] = {}
    for packet in packets:
        early = waiting.setdefault(packet.stream.index, [])
        if packet.dts is None:
            if packet.size:
                early.append(packet)
            continue
        step = packet.duration or 1
        for number, one in enumerate(early):
            one.dts = packet.dts - step * (len(early) - number)
            yield one
        early.clear()
        yield packet


def _converted(source: str, target: str, mime: str, wish: encoding.Wish) -> None:
    """Decode and encode anew, within FILM_SECONDS. Refused("long") where it would take longer."""
    with reading(source, mime) as container:
        encoding.convert(container, picture_of(container), target, wish, time.monotonic() + FILM_SECONDS)


def _facts(target: str) -> dict[str, Any]:
    with reading(target, "video/mp4") as container:
        stream = picture_of(container)
        if stream is None:
            raise Refused("damaged")
        return {"seconds": (container.duration or 0) / 1_000_000, "width": stream.width, "height": stream.height}


def _plays(target: str) -> bool:
    """Tell whether what was packed anew can be decoded."""
    try:
        with reading(target, "video/mp4") as container:
            return next(frames_of(container, picture_of(container))) is not None
    except Refused:
        return False


def first_frame(source: str, target: str, mime: str, limit: str) -> dict[str, Any]:
    """Write the film's first picture, upright, as a JPEG of at most `limit` bytes."""
    with reading(source, mime) as container:
        stream = picture_of(container)
        if stream is None:
            raise Refused("damaged")
        frame = next(frames_of(container, stream))
        scale = min(720 / max(frame.width, frame.height), 1.0)
        small = frame.reformat(width=max(round(frame.width * scale), 1), height=max(round(frame.height * scale), 1))
        image = small.to_image().rotate(int(frame.rotation or 0) % 360, expand=True)
    for edge in (720, 480, 320, 160):
        image.thumbnail((edge, edge))
        image.save(target, "JPEG", quality=75)
        if Path(target).stat().st_size <= int(limit):
            return {"width": image.width, "height": image.height}
    raise Refused("damaged")
