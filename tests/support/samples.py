"""Media files for tests, made on the spot: small, real, and of every type that matters."""

from __future__ import annotations

import io
import math
import struct
import tempfile
import wave
from functools import cache
from pathlib import Path

import av
from PIL import Image

FILES = Path(__file__).parent.parent / "files"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
HTML = b"<!doctype html><script>alert(1)</script>"
SPEEX = (FILES / "voice.spx").read_bytes()


@cache
def picture(form: str = "PNG", size: tuple[int, int] = (320, 200)) -> bytes:
    """Return a picture; a PNG of noise is as large as its pixels."""
    out = io.BytesIO()
    image = Image.effect_noise(size, 90).convert("RGB") if size[0] > 1000 else Image.new("RGB", size, "seagreen")
    image.save(out, form)
    return out.getvalue()


@cache
def sound(form: str, codec: str, rate: int, seconds: int = 2) -> bytes:
    """Return a tone as `form` (amr, mp3, mp4, wav, ...)."""
    if form == "wav":
        return _wav(rate, seconds)
    with tempfile.NamedTemporaryFile(suffix=".wav") as tone, tempfile.NamedTemporaryFile() as target:
        tone.write(_wav(rate, seconds))
        tone.flush()
        with av.open(tone.name) as incoming, av.open(target.name, "w", format=form) as outgoing:
            stream = outgoing.add_stream(codec, rate=rate, layout="mono")
            resampler = av.AudioResampler(format=stream.codec_context.format or "s16", layout="mono", rate=rate)
            for frame in incoming.decode(audio=0):
                for one in resampler.resample(frame):
                    outgoing.mux(stream.encode(one))
            outgoing.mux(stream.encode(None))
        return Path(target.name).read_bytes()


def _wav(rate: int, seconds: int) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        step = 2 * math.pi * 440 / rate
        file.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(i * step))) for i in range(rate * seconds)))
    return out.getvalue()


def amr(seconds: int = 2) -> bytes:
    return sound("amr", "libopencore_amrnb", 8000, seconds)


def mp3(seconds: int = 2) -> bytes:
    return sound("mp3", "libmp3lame", 16000, seconds)


def m4a(seconds: int = 2) -> bytes:
    return sound("mp4", "aac", 16000, seconds)


@cache
def film(padding: int = 0) -> bytes:
    """Return a second of H.264 in MP4; `padding` bytes of a `free` box make it larger, as real films are."""
    with tempfile.NamedTemporaryFile(suffix=".mp4") as target:
        with av.open(target.name, "w", format="mp4") as outgoing:
            stream = outgoing.add_stream("libx264", rate=10)
            stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
            for number in range(10):
                frame = av.VideoFrame.from_image(Image.new("RGB", (320, 240), (number * 20, 80, 120)))
                outgoing.mux(stream.encode(frame))
            outgoing.mux(stream.encode(None))
        made = Path(target.name).read_bytes()
    return made + (struct.pack(">I", padding) + b"free" + b"\0" * (padding - 8) if padding else b"")
