"""Every kind of file that the table in docs/content.md tells about, made on the spot or tiny and real."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import numpy as np
import pillow_heif
import pysilk
from PIL import Image

from tests.support import samples

MEDIA = Path(__file__).parent.parent / "payloads" / "media"
MB = 1024**2
pillow_heif.register_heif_opener()


@dataclass(frozen=True)
class Kind:
    """One kind of file: what the table calls it in both languages, as what it is sent, its name, and how it is made."""

    key: str
    english: str
    chinese: str
    sent: str  # image, voice, video, file
    name: str
    make: Callable[[], bytes]


def case(name: str) -> Callable[[], bytes]:
    return (MEDIA / name).read_bytes


@cache
def gradient(size: tuple[int, int] = (320, 200)) -> Image.Image:
    """Return a picture whose four corners differ, so that turning it shows."""
    red = Image.linear_gradient("L").resize(size)
    green = Image.linear_gradient("L").rotate(90).resize(size)
    return Image.merge("RGB", (red, green, Image.new("L", size, 90)))


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def picture(form: str, mode: str = "RGB", **options: object) -> Callable[[], bytes]:
    return lambda: saved(gradient().convert(mode), form, **options)


def placed(orientation: int = 6) -> bytes:
    """Return a phone's JPEG: where it was taken, with what, and how it was held."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x0110] = orientation, "Phone Maker", "Phone 15"
    exif.get_ifd(0x8825).update({1: "N", 2: (39.0, 54.0, 15.0), 3: "E", 4: (116.0, 24.0, 27.0)})
    return saved(gradient(), "JPEG", quality=95, exif=exif, comment=b"Mrs Wang's garden")


@cache
def noise(size: tuple[int, int]) -> Image.Image:
    return Image.effect_noise(size, 90).convert("RGB")


def phone_108() -> bytes:
    return saved(gradient((12000, 9000)), "JPEG", quality=92)


@cache
def bomb() -> bytes:
    """Return a picture of 900 megapixels in 110 KB."""
    return saved(Image.new("1", (30000, 30000)), "PNG")


def frames(count: int, size: tuple[int, int]) -> list[Image.Image]:
    base = noise(size) if size[0] > 400 else gradient(size)
    pictures = [base.rotate(number * 3) for number in range(count)]
    for number, one in enumerate(pictures):
        one.putpixel((0, 0), (number % 256, number // 256, 0))  # two that are the same would become one
    return pictures


@cache
def moving(form: str, count: int = 12, size: tuple[int, int] = (160, 120), milliseconds: int = 80) -> bytes:
    first, *rest = frames(count, size)
    more = {"method": 0} if form == "WEBP" else {}
    return saved(first, form, save_all=True, append_images=rest, duration=milliseconds, loop=0, **more)


@cache
def silk(*, tencent: bool) -> bytes:
    out = io.BytesIO()
    pysilk.encode(io.BytesIO(samples._wav(24000, 2)[44:]), out, 24000, 24000, tencent=tencent)
    return out.getvalue()


def sound(form: str, codec: str, rate: int) -> Callable[[], bytes]:
    return lambda: samples.sound(form, codec, rate)


@cache
def film(
    form: str, codec: str, size: tuple[int, int] = (320, 240), count: int = 20, rate: int = 10,
    metadata: tuple[tuple[str, str], ...] = (), sound: str = "", **options: str,
) -> bytes:  # fmt: skip
    """Return a film of noise that runs to the left, with or without a tone."""
    with tempfile.NamedTemporaryFile() as target:
        with av.open(target.name, "w", format=form) as outgoing:
            outgoing.metadata.update(dict(metadata))
            stream = outgoing.add_stream(codec, rate=rate)
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            stream.options = options
            tone = outgoing.add_stream(sound, rate=44100, layout="mono") if sound else None
            base = np.asarray(noise(size))
            for number in range(count):
                frame = av.VideoFrame.from_ndarray(
                    np.ascontiguousarray(np.roll(base, number * 8, axis=1)), format="rgb24"
                )
                outgoing.mux(stream.encode(frame))
            outgoing.mux(stream.encode(None))
            if tone:
                _hum(outgoing, tone, count / rate)
        return Path(target.name).read_bytes()


def _hum(outgoing: av.container.OutputContainer, stream: av.AudioStream, seconds: float) -> None:
    wave = (np.sin(np.arange(int(44100 * seconds)) * 2 * np.pi * 440 / 44100) * 0.3).astype(np.float32)
    for at in range(0, len(wave) - 1024, 1024):
        frame = av.AudioFrame.from_ndarray(wave[None, at : at + 1024], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 44100, at
        outgoing.mux(stream.encode(frame))
    outgoing.mux(stream.encode(None))


PLACE = (("com.apple.quicktime.location.ISO6709", "+39.9042+116.4074/"), ("location", "+39.9042+116.4074/"))


def mov() -> bytes:
    return film("mov", "libx264", metadata=PLACE, sound="aac")


def large_film() -> bytes:
    return film("mp4", "libx264", (640, 480), 40, 10, crf="12", preset="ultrafast", g="1")


def long_film() -> bytes:
    return film("mp4", "libx264", (320, 240), 600, 1, crf="40", preset="ultrafast", g="1")


KINDS = (
    Kind("jpeg", "JPEG", "JPEG", "image", "a.jpg", picture("JPEG")),
    Kind("jpeg-phone", "JPEG with place, camera and orientation", "带位置、相机信息和方向的 JPEG", "image", "a.jpg", placed),
    Kind("jpeg-cmyk", "JPEG in CMYK", "CMYK 的 JPEG", "image", "a.jpg", picture("JPEG", "CMYK")),
    Kind("jpeg-progressive", "JPEG, progressive", "渐进式 JPEG", "image", "a.jpg", picture("JPEG", progressive=True)),
    Kind("jpeg-108", "JPEG of 108 megapixels", "1.08 亿像素的 JPEG", "image", "a.jpg", phone_108),
    Kind("heic", "HEIC (iPhone)", "HEIC（iPhone）", "image", "IMG_1.HEIC", case("iphone-picture.heic")),
    Kind("avif", "AVIF", "AVIF", "image", "a.avif", picture("AVIF")),
    Kind("png", "PNG", "PNG", "image", "a.png", picture("PNG")),
    Kind("png-alpha", "PNG, transparent", "透明 PNG", "image", "a.png", picture("PNG", "RGBA")),
    Kind("png-palette", "PNG with a palette", "调色板 PNG", "image", "a.png", picture("PNG", "P")),
    Kind("png-1", "PNG in black and white", "黑白 PNG", "image", "a.png", picture("PNG", "1")),
    Kind("png-large", "PNG over 10 MB", "超过 10 MB 的 PNG", "image", "a.png", lambda: saved(noise((2400, 2000)), "PNG")),
    Kind("png-bomb", "PNG of 900 megapixels in 110 KB", "110 KB 内含 9 亿像素的 PNG", "image", "a.png", bomb),
    Kind("apng", "PNG, animated", "动态 PNG", "image", "a.png", lambda: moving("PNG")),
    Kind("apng-long", "PNG, animated, over 1000 frames", "超过 1000 帧的动态 PNG", "image", "a.png",
         lambda: moving("PNG", 1001, (16, 12))),
    Kind("webp", "WebP", "WebP", "image", "a.webp", picture("WEBP")),
    Kind("webp-moving", "WebP, animated", "动态 WebP", "image", "a.webp", lambda: moving("WEBP")),
    Kind("gif", "GIF, animated", "动态 GIF", "image", "a.gif", lambda: moving("GIF")),
    Kind("gif-large", "GIF, animated, over 10 MB", "超过 10 MB 的动态 GIF", "image", "a.gif",
         lambda: moving("GIF", 40, (640, 480))),
    Kind("bmp", "BMP", "BMP", "image", "a.bmp", picture("BMP")),
    Kind("tiff", "TIFF", "TIFF", "image", "a.tiff", picture("TIFF")),
    Kind("tiff-gray16", "TIFF, 16 bits grey", "16 位灰度 TIFF", "image", "a.tiff", case("gray-16bit-becomes-white.tiff")),
    Kind("tiff-225", "TIFF of 225 megapixels", "2.25 亿像素的 TIFF", "image", "a.tiff",
         lambda: saved(Image.new("1", (15000, 15000)), "TIFF", compression="group4")),
    Kind("picture-damaged", "what is no picture", "不是图片的内容", "image", "a.jpg", lambda: bytes(range(256)) * 8),
    Kind("amr", "AMR", "AMR", "voice", "a.amr", samples.amr),
    Kind("amr-cut", "AMR, cut in its last frame", "最后一帧不完整的 AMR", "voice", "a.amr", case("voice-last-frame-cut.amr")),
    Kind("silk-wechat", "SILK v3, WeChat's", "微信的 SILK v3", "voice", "a.silk", lambda: silk(tencent=True)),
    Kind("silk", "SILK v3", "SILK v3", "voice", "a.silk", lambda: silk(tencent=False)),
    Kind("silk-cut", "SILK v3, cut", "不完整的 SILK v3", "voice", "a.silk", lambda: silk(tencent=True)[:-5]),
    Kind("speex", "Speex", "Speex", "voice", "a.spx", lambda: samples.SPEEX),
    Kind("mp3", "MP3", "MP3", "voice", "a.mp3", samples.mp3),
    Kind("m4a", "M4A (AAC)", "M4A（AAC）", "voice", "a.m4a", samples.m4a),
    Kind("aac", "AAC", "AAC", "voice", "a.aac", sound("adts", "aac", 16000)),
    Kind("wav", "WAV", "WAV", "voice", "a.wav", sound("wav", "", 16000)),
    Kind("flac", "FLAC", "FLAC", "voice", "a.flac", sound("flac", "flac", 16000)),
    Kind("ogg", "OGG (Opus)", "OGG（Opus）", "voice", "a.ogg", sound("ogg", "libopus", 48000)),
    Kind("webm-voice", "WebM (Opus), a browser's recorder", "WebM（Opus），浏览器录音", "voice", "a.webm",
         sound("webm", "libopus", 48000)),
    Kind("voice-long", "MP3 over 60 s", "超过 60 秒的 MP3", "voice", "a.mp3", lambda: samples.mp3(61)),
    Kind("mp4", "MP4 (H.264)", "MP4（H.264）", "video", "a.mp4", samples.film),
    Kind("mp4-turned", "MP4, held upright", "竖拍的 MP4", "video", "a.mp4", case("upright-video-rotation-flag.mp4")),
    Kind("mov", "MOV (H.264) with its place", "带位置的 MOV（H.264）", "video", "IMG_1.MOV", mov),
    Kind("hevc", "MOV (HEVC, iPhone)", "MOV（HEVC，iPhone）", "video", "IMG_2.MOV",
         lambda: film("mov", "libx265", sound="aac", **{"x265-params": "log-level=none"})),
    Kind("webm", "WebM (VP8)", "WebM（VP8）", "video", "a.webm", lambda: film("webm", "libvpx", deadline="realtime")),
    Kind("avi", "AVI (MPEG-4)", "AVI（MPEG-4）", "video", "a.avi", lambda: film("avi", "mpeg4")),
    Kind("3gp", "3GP (H.264)", "3GP（H.264）", "video", "a.3gp", lambda: film("3gp", "libx264", (176, 144))),
    Kind("mp4-large", "MP4 over 10 MB", "超过 10 MB 的 MP4", "video", "a.mp4", large_film),
    Kind("mp4-long", "MP4 over 10 MB, of 10 minutes", "超过 10 MB、长 10 分钟的 MP4", "video", "a.mp4", long_film),
    Kind("mp4-cut", "MP4, cut before its table of contents", "缺少索引（moov）的 MP4", "video", "a.mp4",
         lambda: mov()[: len(mov()) * 2 // 3]),
    Kind("words", "words that begin with BM", "以 BM 开头的文字", "file", "cars.csv", case("words-that-begin-with-BM.csv")),
    Kind("pdf", "PDF", "PDF", "file", "a.pdf", lambda: samples.PDF),
    Kind("playlist", "a playlist (HLS)", "播放列表（HLS）", "file", "a.m3u8",
         lambda: b"#EXTM3U\n#EXTINF:2,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"),
    Kind("concat", "a playlist (ffconcat)", "播放列表（ffconcat）", "file", "a.ffconcat",
         lambda: b"ffconcat version 1.0\nfile /etc/hostname\n"),
)  # fmt: skip
