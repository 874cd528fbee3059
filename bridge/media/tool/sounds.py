"""Sounds: as MP3, which WeChat takes and every browser plays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import pysilk

from bridge.media.tool.bounds import VOICE_BITS, VOICE_RATE, VOICE_SECONDS, Refused
from bridge.media.tool.reading import frames_of, picture_of, reading

SILK = "audio/silk"
SILK_RATE = 24000


def as_mp3(source: str, target: str, mime: str) -> dict[str, Any]:
    """Write the sound as MP3 and return its seconds; what is cut in the middle is written up to there."""
    with _sounding(source, target, mime) as container:
        if not container.streams.audio:
            raise Refused("damaged")
        frames = frames_of(container, container.streams.audio[0])
        with av.open(target, "w", format="mp3", options={"write_xing": "1", "id3v2_version": "0"}) as outgoing:
            samples = _encode(frames, outgoing)
    if not samples:
        raise Refused("damaged")
    return {"seconds": samples / VOICE_RATE}


def _encode(frames: Iterator[Any], outgoing: Any) -> int:
    """Encode the frames; return how many samples that was."""
    stream = outgoing.add_stream("libmp3lame", rate=VOICE_RATE, layout="mono")
    stream.bit_rate = VOICE_BITS
    resampler = av.AudioResampler(format="s16p", layout="mono", rate=VOICE_RATE)
    samples = 0
    for frame in frames:
        frame.pts = None
        for resampled in resampler.resample(frame):
            samples += resampled.samples
            outgoing.mux(stream.encode(resampled))
        if samples > VOICE_SECONDS * VOICE_RATE:
            raise Refused("long")
    for resampled in resampler.resample(None):
        samples += resampled.samples
        outgoing.mux(stream.encode(resampled))
    outgoing.mux(stream.encode(None))
    return samples


@contextmanager
def _sounding(source: str, target: str, mime: str) -> Iterator[Any]:
    """Open a sound. SILK, which is WeChat's own and unknown to FFmpeg, is decoded beside the target first."""
    if mime != SILK:
        with reading(source, mime) as container:
            yield container
        return
    plain = Path(target + ".pcm")
    try:
        _silk(source, plain)
        options = {"sample_rate": str(SILK_RATE), "ch_layout": "mono"}
        with plain.open("rb") as file, av.open(file, format="s16le", options=options) as container:
            yield container
    finally:
        plain.unlink(missing_ok=True)


def _silk(source: str, target: Path) -> None:
    """Decode SILK v3, with or without the byte that WeChat puts in front. What came before a cut is kept."""
    with Path(source).open("rb") as file, target.open("wb") as out:
        try:
            pysilk.decode(file, out, SILK_RATE)
        except Exception:  # where it is cut, the decoder raises whatever comes to its hand
            if not out.tell():
                raise Refused("damaged") from None
    if not target.stat().st_size:
        raise Refused("damaged")


def streams(source: str, target: str, mime: str) -> dict[str, Any]:
    """Return what the file holds by its streams: kind ("voice", "video"), seconds, and the sound's format."""
    if mime == SILK:
        return {"kind": "voice", "seconds": 0, "audio": "silk"}
    with reading(source, mime) as container:
        sound = container.streams.audio[0] if container.streams.audio else None
        if sound is None and picture_of(container) is None:
            raise Refused("damaged")
        seconds = (container.duration or 0) / 1_000_000
        audio = sound.codec_context.name if sound else ""
        return {"kind": "video" if picture_of(container) else "voice", "seconds": seconds, "audio": audio}
