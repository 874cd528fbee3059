"""The workshop's bench: reads and converts one media file, in a process of its own.

Files come from strangers and the codecs are large: so neither their faults nor their memory are the worker's. Run as
`python -I tool.py <job> <source> <target>`; it prints one JSON object. No Django here, and no network.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from typing import Any

MEMORY = 2 * 1024**3
CPU_SECONDS = 60
VOICE_RATE, VOICE_BITS = 16000, 32000
EDGE = 4096  # pixels of a scaled picture's longer side at first
PIXELS = 120_000_000


def _images() -> Any:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = PIXELS
    return Image, ImageOps


def probe_image(source: str, target: str) -> dict[str, Any]:
    """Return width and height as they are shown."""
    image_module, _ops = _images()
    with image_module.open(source) as image:
        width, height = image.size
        if image.getexif().get(0x0112, 1) >= 5:  # turned by 90 degrees
            width, height = height, width
    return {"width": width, "height": height}


def shrink_image(source: str, target: str, limit: str) -> dict[str, Any]:
    """Write a JPEG of at most `limit` bytes: smaller steps until it fits."""
    import os

    image_module, ops = _images()
    with image_module.open(source) as opened:
        image = ops.exif_transpose(opened).convert("RGBA")
    paper = image_module.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    edge = min(EDGE, max(paper.size))
    while edge >= 32:
        paper.thumbnail((edge, edge))
        for quality in (88, 70):
            paper.save(target, "JPEG", quality=quality, optimize=True)
            if os.path.getsize(target) <= int(limit):
                return {"width": paper.width, "height": paper.height}
        edge = edge * 3 // 4
    raise ValueError("cannot be made small enough")


def probe_av(source: str, target: str) -> dict[str, Any]:
    """Return the length in seconds, and for video its codec, width and height."""
    import av

    with av.open(source) as container:
        found: dict[str, Any] = {"seconds": (container.duration or 0) / 1_000_000}
        if container.streams.video:
            stream = container.streams.video[0]
            found |= {"codec": stream.codec_context.name, "width": stream.width, "height": stream.height}
        elif container.streams.audio and not found["seconds"]:
            found["seconds"] = _length(container)
        found["audio"] = container.streams.audio[0].codec_context.name if container.streams.audio else ""
    return found


def _length(container: Any) -> float:
    """Return the seconds of sound by reading all of it, for formats that do not say."""
    return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


def to_mp3(source: str, target: str) -> dict[str, Any]:
    """Write the sound as MP3, which WeChat takes and every browser plays."""
    import av

    seconds = 0.0
    with av.open(source) as incoming, av.open(target, "w", format="mp3") as outgoing:
        stream = outgoing.add_stream("libmp3lame", rate=VOICE_RATE, layout="mono")
        stream.bit_rate = VOICE_BITS
        resampler = av.AudioResampler(format="s16p", layout="mono", rate=VOICE_RATE)
        for frame in incoming.decode(audio=0):
            frame.pts = None
            seconds += frame.samples / frame.sample_rate
            for resampled in resampler.resample(frame):
                outgoing.mux(stream.encode(resampled))
        for resampled in resampler.resample(None):
            outgoing.mux(stream.encode(resampled))
        outgoing.mux(stream.encode(None))
    return {"seconds": seconds}


def first_frame(source: str, target: str, limit: str) -> dict[str, Any]:
    """Write the film's first picture as a JPEG of at most `limit` bytes."""
    import os

    import av

    with av.open(source) as container:
        frame = next(container.decode(video=0))
        image = frame.to_image()
    for edge in (720, 480, 320, 160):
        image.thumbnail((edge, edge))
        image.save(target, "JPEG", quality=75)
        if os.path.getsize(target) <= int(limit):
            return {"width": image.width, "height": image.height}
    raise ValueError("cannot be made small enough")


JOBS: dict[str, Callable[..., dict[str, Any]]] = {
    "probe_image": probe_image,
    "shrink_image": shrink_image,
    "probe_av": probe_av,
    "to_mp3": to_mp3,
    "first_frame": first_frame,
}


def main() -> None:
    job, *words = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    print(json.dumps(JOBS[job](*words)))


if __name__ == "__main__":
    main()
