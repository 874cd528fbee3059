"""Decoding one picture within the bounds: what it will cost is read from its header, large ones are scaled meanwhile."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pi_heif
from PIL import Image, ImageCms, ImageOps

from bridge.media.tool.bounds import DECODED, EDGE, Refused
from bridge.media.tool.strip import png_exif

FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
    "image/avif": "AVIF",
    "image/jp2": "JPEG2000",
    "image/heic": "HEIF",
}
LARGE = 16_000_000  # pixels of a HEIC from which on the scaled copy beside it must be small
BASELINE_PIXELS = 400_000_000  # of a JPEG that is read line by line: a bound of time
_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 12, "I;16B": 12, "I;16L": 12, "I": 12, "F": 12}
_ORIENTATION = 0x0112  # EXIF
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
pi_heif.options.DECODE_THREADS = 1
pi_heif.register_heif_opener()


def opened(source: str, mime: str) -> Image.Image:
    """Return the picture with only its header read, by the one decoder that its first bytes call for."""
    return Image.open(source, formats=[FORMATS[mime]])


def check(image: Image.Image, mime: str) -> None:
    """Refuse a picture by its header, before it is decoded, where that would take too much. Refused("pixels")."""
    if cost(image, mime) > DECODED:
        raise Refused("pixels")


def cost(image: Image.Image, mime: str) -> int:
    """Return the bytes that decoding takes at its peak, about."""
    pixels = image.width * image.height
    if mime == "image/jpeg":
        if pixels > BASELINE_PIXELS:
            return pixels
        # A progressive JPEG's coefficients are all kept, two bytes each.
        kept = pixels * 2 * _samples(image) if "progressive" in image.info else 0
        return int(kept + pixels / _shrink(image) ** 2 * 4)
    if mime in ("image/heic", "image/avif", "image/jp2", "image/webp"):
        # The colour planes, then three or four bytes a pixel; HEIC is read band by band from there.
        return pixels * {"image/heic": 4, "image/webp": 15}.get(mime, 7)
    return pixels * _BYTES.get(image.mode, 4)


def _samples(image: Image.Image) -> float:
    """Return how many samples a JPEG has for each pixel: 3 in full, 1.5 where colours are halved both ways."""
    layers = getattr(image, "layer", [])
    across, down = max((one[1] for one in layers), default=1), max((one[2] for one in layers), default=1)
    return sum(one[1] * one[2] for one in layers) / (across * down) if layers else 3.0


def _shrink(image: Image.Image) -> int:
    """Return by which of 1, 2, 4 and 8 a JPEG is scaled while it is decoded."""
    longer = max(image.size)
    return next((by for by in (1, 2, 4, 8) if longer <= EDGE * by), 8)


def turn(image: Image.Image, mime: str) -> Image.Transpose | None:
    """Return how the picture must be turned to stand upright; HEIC's reader and TIFF's do that themselves."""
    if mime in ("image/heic", "image/tiff"):
        return None
    try:
        exif = png_exif(image.filename) if mime == "image/png" else image.getexif()  # type: ignore[attr-defined]
        return _TURNS.get(exif.get(_ORIENTATION, 1))
    except Exception:  # EXIF is often wrong, and never worth a picture
        return None


def is_print(image: Image.Image) -> bool:
    """Tell whether the colours are a printer's, which many viewers get wrong."""
    return image.mode == "CMYK"


def decoded(image: Image.Image, mime: str) -> tuple[Image.Image, bytes | None]:
    """Return the picture upright, at most EDGE pixels long, in L, LA, P, RGB or RGBA, and its colour profile."""
    profile = image.info.get("icc_profile")
    turned = turn(image, mime)
    if mime == "image/heic":
        small = _heic(image)
    else:
        if mime == "image/jpeg":
            by = _shrink(image)
            image.draft(None, (-(-image.width // by), -(-image.height // by)))
        image.load()
        small = reduced(tones(image))
    if small.mode == "CMYK":
        small, profile = _for_screens(small, profile)
    if turned is not None:
        small = small.transpose(turned)
    return small, fitting(profile, small)


def reduced(image: Image.Image) -> Image.Image:
    """Return the picture at most EDGE pixels long: band by band by a whole number, so that it is not held twice."""
    by = -(-max(image.size) // EDGE)
    if by <= 1:
        return image
    band = 64 * by
    boxes = ((0, top, image.width, min(top + band, image.height)) for top in range(0, image.height, band))
    return _pieced(image.size, by, (image.crop(box) for box in boxes))


def _pieced(size: tuple[int, int], by: int, bands: Iterator[Image.Image]) -> Image.Image:
    """Return the picture whose bands, each 64 * `by` lines high, come one after another, scaled by `by`."""
    whole: Image.Image | None = None
    for number, band in enumerate(bands):
        if band.mode in ("1", "P"):
            band = band.convert("L" if band.mode == "1" else "RGBA" if "transparency" in band.info else "RGB")  # noqa: PLW2901
        whole = whole or Image.new(band.mode, (-(-size[0] // by), -(-size[1] // by)))
        whole.paste(band.reduce(by) if by > 1 else band, (0, 64 * number))
    assert whole is not None
    return whole


def tones(image: Image.Image) -> Image.Image:
    """Return a picture with 16 or 32 bits a sample in 8: its tones from black to white, not cut off above 255."""
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        wide = image.convert("F")
        low, high = (float(one) for one in wide.getextrema())  # type: ignore[arg-type]
        if image.mode != "F" and low >= 0 and high < 65536:
            low, high = 0.0, 65535.0
        span = (high - low) or 1.0
        return wide.point(lambda value: value * (255.0 / span) + (-low * 255.0 / span)).convert("L")
    if image.mode in ("RGB", "RGBA", "L", "LA", "P", "1", "CMYK"):
        return image
    return image.convert("RGBA" if image.mode in ("La", "RGBa", "PA") else "RGB")


def _heic(image: Image.Image) -> Image.Image:
    """Scale what libheif decoded band by band, so that it is not held twice."""
    heif = pi_heif.open_heif(image.filename, convert_hdr_to_8bit=True)[0]  # type: ignore[attr-defined]
    mode, (width, height) = heif.mode, heif.size
    by = max(-(-max(width, height) // EDGE), 2 if width * height > LARGE else 1)
    by = by + 1 if width * height > 2 * LARGE else by
    data, stride, band = memoryview(heif.data), heif.stride, 64 * by
    return _pieced(
        (width, height),
        by,
        (
            _rows(mode, width, data[top * stride : min(top + band, height) * stride], stride)
            for top in range(0, height, band)
        ),
    )


def _rows(mode: str, width: int, data: memoryview, stride: int) -> Image.Image:
    return Image.frombuffer(mode, (width, len(data) // stride), data, "raw", mode, stride, 1)  # type: ignore[arg-type]


def _for_screens(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, bytes | None]:
    """Return a printer's colours as a screen's: by its profile where it has one."""
    if profile and profile[16:20] == b"CMYK":
        try:
            screen = ImageCms.createProfile("sRGB")
            done = ImageCms.profileToProfile(image, io.BytesIO(profile), screen, outputMode="RGB")
            if done is not None:
                return done, None
        except (ImageCms.PyCMSError, OSError):
            pass
    return image.convert("RGB"), None


def fitting(profile: bytes | None, image: Image.Image) -> bytes | None:
    """Return the colour profile where it is one for the picture's kind of colours."""
    wanted = b"GRAY" if image.mode in ("L", "LA", "1") else b"RGB "
    return profile if profile and profile[16:20] == wanted else None


def on_paper(image: Image.Image) -> Image.Image:
    """Return the picture without transparency, on white; grey stays grey."""
    if image.mode in ("1", "L"):
        return image.convert("L")
    if image.mode == "RGB":
        return image
    image = image.convert("RGBA")
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def frames(source: str, mime: str) -> Any:
    """Yield the pictures of an animation as RGBA, each with how many milliseconds it is shown."""
    with opened(source, mime) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            image.load()
            yield ImageOps.exif_transpose(image).convert("RGBA"), int(image.info.get("duration", 0)) or 100
