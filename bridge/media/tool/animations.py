"""Animations as GIF, the only ones that WeChat takes: frame by frame, smaller until it fits."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.filter import Graph
from PIL import Image

from bridge.media.tool import decoding
from bridge.media.tool.bounds import FRAME_PIXELS, FRAMES, Refused

LONGER = 640  # pixels of a converted animation's longer side
TRIES = 3
HUNDREDTHS = Fraction(1, 100)  # a GIF's clock


def as_gif(source: str, target: str, mime: str, limit: str) -> dict[str, Any]:
    """Write the animation as a GIF of at most `limit` bytes. Refused("moving") where that is too much work or too large."""
    with decoding.opened(source, mime) as image:
        decoding.check(image, mime)
        width, height, count = image.width, image.height, getattr(image, "n_frames", 1)
    if count > FRAMES or width * height * count > FRAME_PIXELS:
        raise Refused("moving")
    scale = min(LONGER / max(width, height), 1.0)
    for _try in range(TRIES):
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        _write(decoding.frames(source, mime), target, size)
        took = Path(target).stat().st_size
        if took <= int(limit):
            return {"width": size[0], "height": size[1], "frames": count}
        scale *= (int(limit) / took) ** 0.5 * 0.9
    raise Refused("moving")


def _write(frames: Iterator[tuple[Image.Image, int]], target: str, size: tuple[int, int]) -> None:
    """Encode as they come: each picture has its own palette, so none has to wait for the others."""
    at = 0
    with av.open(target, "w", format="gif", options={"loop": "0"}) as outgoing:
        stream = outgoing.add_stream("gif", rate=100)
        stream.width, stream.height, stream.pix_fmt = *size, "pal8"
        stream.time_base = stream.codec_context.time_base = HUNDREDTHS
        graph = _palettes(size)
        for picture, milliseconds in frames:
            frame = av.VideoFrame.from_image(picture.resize(size, Image.Resampling.BILINEAR))
            frame.pts, frame.time_base = at, HUNDREDTHS
            at += max(round(milliseconds / 10), 2)
            graph.push(frame)
            _drain(graph, stream, outgoing)
        graph.push(None)
        _drain(graph, stream, outgoing)
        outgoing.mux(stream.encode(None))


def _palettes(size: tuple[int, int]) -> Graph:
    graph = Graph()
    buffer = graph.add_buffer(width=size[0], height=size[1], format=av.VideoFormat("rgba"), time_base=HUNDREDTHS)
    both, colours = graph.add("split"), graph.add("palettegen", "stats_mode=single:reserve_transparent=1")
    used, sink = graph.add("paletteuse", "new=1:dither=bayer:bayer_scale=4"), graph.add("buffersink")
    buffer.link_to(both)
    both.link_to(colours, 0, 0)
    both.link_to(used, 1, 0)
    colours.link_to(used, 0, 1)
    used.link_to(sink)
    graph.configure()
    return graph


def _drain(graph: Graph, stream: Any, outgoing: Any) -> None:
    while True:
        try:
            frame = graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        outgoing.mux(stream.encode(frame))
