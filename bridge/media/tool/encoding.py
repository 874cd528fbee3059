"""Encodes a film as H.264 and AAC in MP4, within a time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
from av.filter import Graph

from bridge.media.tool.bounds import Refused
from bridge.media.tool.reading import packets_of

SOUND_RATE, SOUND_BITS = 44100, 64000
MOST_FRAMES = 30  # a second
_CLOCK = Fraction(1, 90000)
_TURNS = {90: "transpose=cclock", 180: "hflip,vflip", 270: "transpose=clock"}
_FEW = {"preset": "veryfast", "rc-lookahead": "10", "bf": "0", "refs": "1"}  # little memory


@dataclass(frozen=True)
class Wish:
    """How the film should be: pixels of its longer side at most, degrees to turn it, bit/s of its pictures (0: by quality)."""

    edge: int
    turned: int = 0
    bits: int = 0


def convert(container: Any, stream: Any, target: str, wish: Wish, ends: float) -> None:
    """Write the film; `ends` by time.monotonic(). Refused("long") where the time does not suffice, "damaged" without picture."""
    sound = container.streams.audio[0] if container.streams.audio else None
    with av.open(target, "w", format="mp4", options={"movflags": "+faststart"}) as outgoing:
        pictures = _Pictures(outgoing, stream, wish)
        sounds = _Sounds(outgoing, sound) if sound else None
        begun, length = time.monotonic(), (container.duration or 0) / 1_000_000
        for packet in packets_of(container, [one for one in (stream, sound) if one]):
            _one(packet, sounds if packet.stream.type == "audio" else pictures)
            _check_time(begun, ends, float((packet.dts or 0) * (packet.time_base or 0)), length)
        pictures.end()
        if sounds:
            sounds.end()
    if not pictures.written:
        raise Refused("damaged")


def _one(packet: Any, taker: Any) -> None:
    try:
        frames = packet.decode()
    except av.FFmpegError:
        return  # what is broken is left out
    for frame in frames:
        taker.take(frame)


def _check_time(begun: float, ends: float, at: float, length: float) -> None:
    """Give up early where the time will not suffice."""
    now = time.monotonic()
    if now > ends:
        raise Refused("long")
    if now - begun > 5 and at > 0 and begun + (now - begun) * length / at > ends + 5:
        raise Refused("long")


class _Pictures:
    """Frames on their way through the filters into the film."""

    def __init__(self, outgoing: Any, stream: Any, wish: Wish) -> None:
        self._outgoing, self._stream, self._wish = outgoing, stream, wish
        self._graph: Graph | None = None
        self._out: Any = None
        self.written = 0
        self._last = -1

    def take(self, frame: Any) -> None:
        if self._graph is None:
            self._begin(frame)
        assert self._graph is not None
        self._graph.push(frame)
        self._pull()

    def _begin(self, frame: Any) -> None:
        self._size = (frame.width, frame.height)
        size = _fitted(frame.width, frame.height, self._wish)
        self._graph = _graph(frame, self._stream.time_base or _CLOCK, size, self._wish.turned)
        self._out = self._outgoing.add_stream("libx264", rate=MOST_FRAMES)
        self._out.width, self._out.height = size if self._wish.turned % 180 == 0 else (size[1], size[0])
        self._out.pix_fmt = "yuv420p"
        self._out.codec_context.time_base = _CLOCK
        self._out.codec_context.thread_count = 1
        options = dict(_FEW)
        if self._wish.bits:
            self._out.bit_rate = self._wish.bits
            options |= {"maxrate": str(self._wish.bits), "bufsize": str(self._wish.bits * 2)}
        else:
            options["crf"] = "25"
        self._out.options = options

    def _pull(self) -> None:
        assert self._graph is not None
        while True:
            try:
                frame = self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            if frame.pts is None:
                continue
            frame.pts = int(frame.pts * (frame.time_base or _CLOCK) / _CLOCK)
            frame.time_base = _CLOCK
            if frame.pts <= self._last:
                continue
            if self.written and frame.pts - self._last < _CLOCK.denominator // MOST_FRAMES - 100:
                continue  # more pictures a second than anyone needs
            self._last = frame.pts
            frame.pict_type = av.video.frame.PictureType.NONE
            self.written += 1
            self._outgoing.mux(self._out.encode(frame))

    def end(self) -> None:
        if self._graph is None:
            return
        self._graph.push(None)
        self._pull()
        self._outgoing.mux(self._out.encode(None))


def _fitted(width: int, height: int, wish: Wish) -> tuple[int, int]:
    """Return the size before turning: even numbers, the longer side within the wish."""
    scale = min(wish.edge / max(width, height), 1.0)
    return max(round(width * scale / 2) * 2, 2), max(round(height * scale / 2) * 2, 2)


def _graph(frame: Any, clock: Fraction, size: tuple[int, int], turned: int) -> Graph:
    graph = Graph()
    steps = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format.name, time_base=clock)]
    steps.append(graph.add("scale", f"{size[0]}:{size[1]}"))
    steps.append(graph.add("format", "yuv420p"))
    for turn in _TURNS.get(turned, "").split(","):
        if turn:
            name, _sign, value = turn.partition("=")
            steps.append(graph.add(name, value or None))
    steps.append(graph.add("buffersink"))
    graph.link_nodes(*steps).configure()
    return graph


class _Sounds:
    """The film's sound on its way."""

    def __init__(self, outgoing: Any, stream: Any) -> None:
        self._outgoing = outgoing
        self._out = outgoing.add_stream("aac", rate=SOUND_RATE, layout="stereo")
        self._out.bit_rate = SOUND_BITS
        self._resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SOUND_RATE, frame_size=1024)
        self._at: int | None = None

    def take(self, frame: Any) -> None:
        if self._at is None:
            self._at = int(frame.time * SOUND_RATE) if frame.time else 0
        frame.pts = None
        self._write(self._resampler.resample(frame))

    def _write(self, frames: list[Any]) -> None:
        for frame in frames:
            frame.pts, frame.time_base = self._at, Fraction(1, SOUND_RATE)
            self._at = (self._at or 0) + frame.samples
            self._outgoing.mux(self._out.encode(frame))

    def end(self) -> None:
        if self._at is None:
            return
        self._write(self._resampler.resample(None))
        self._outgoing.mux(self._out.encode(None))
