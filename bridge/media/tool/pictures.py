"""Pictures: as every browser shows them, within a platform's limit, scaled while they are decoded."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from PIL import Image, ImageFile, UnidentifiedImageError

from bridge.media.tool import decoding
from bridge.media.tool.bounds import MB, SHOWN_PIXELS, Refused
from bridge.media.tool.strip import strip

# Bounds are checked from the header (`decoding.check`), for each format by what it costs.
Image.MAX_IMAGE_PIXELS = None
ImageFile.LOAD_TRUNCATED_IMAGES = True  # the part that came is shown
warnings.simplefilter("ignore")

AS_IT_IS = ("image/jpeg", "image/png", "image/gif", "image/webp")
PNG_LIMIT, GIF_LIMIT = 4 * MB, 10 * MB
QUALITY = 90


def as_shown(source: str, target: str, mime: str) -> dict[str, Any]:
    """Write the picture as every browser shows it: upright, without personal data, its colours kept.

    What browsers show already is only stripped, its pixels stay as they are.
    """
    try:
        opened = decoding.opened(source, mime)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise Refused("damaged") from None
    with opened as image:
        pixels = image.width * image.height
        moving = getattr(image, "n_frames", 1) > 1 and mime in (*AS_IT_IS, "image/avif")
        if moving and mime not in AS_IT_IS:
            from bridge.media.tool import animations  # with it come the codecs for films

            return animations.as_gif(source, target, mime, str(GIF_LIMIT)) | {"animated": True}
        upright = moving or decoding.turn(image, mime) is None
        if mime in AS_IT_IS and upright and pixels <= SHOWN_PIXELS and not decoding.is_print(image):
            return _stripped(source, target, mime, image) | {"animated": moving}
        decoding.check(image, mime)
        return _converted(image, target, mime)


def _stripped(source: str, target: str, mime: str, image: Image.Image) -> dict[str, Any]:
    try:
        strip(source, target, mime)
    except (ValueError, IndexError):
        raise Refused("damaged") from None
    return {"width": image.width, "height": image.height}


def _converted(image: Image.Image, target: str, mime: str) -> dict[str, Any]:
    """Decode, turn and write it; what is drawn rather than photographed, or lets something shine through, as PNG."""
    pixels = image.width * image.height
    ready, profile = decoding.decoded(image, mime)
    was = {"scaled": True} if ready.width * ready.height < pixels and pixels > SHOWN_PIXELS else {}
    facts = {"width": ready.width, "height": ready.height, **was}
    if mime != "image/jpeg" and ("A" in ready.getbands() or ready.mode in ("L", "1", "P") or mime in _DRAWN):
        ready.save(target, "PNG", icc_profile=profile)
        if Path(target).stat().st_size <= PNG_LIMIT:
            return facts
    decoding.on_paper(ready).save(target, "JPEG", quality=QUALITY, icc_profile=decoding.fitting(profile, ready))
    return facts


_DRAWN = ("image/png", "image/bmp", "image/gif")


def smaller(source: str, target: str, mime: str, limit: str) -> dict[str, Any]:
    """Write a JPEG of at most `limit` bytes: smaller steps until it fits."""
    with decoding.opened(source, mime) as opened:
        decoding.check(opened, mime)
        image, profile = decoding.decoded(opened, mime)
    paper = decoding.on_paper(image)
    profile = decoding.fitting(profile, paper)
    edge = max(paper.size)
    while edge >= 1:
        paper.thumbnail((edge, edge))
        for quality in (88, 70):
            paper.save(target, "JPEG", quality=quality, icc_profile=profile)
            if Path(target).stat().st_size <= int(limit):
                return {"width": paper.width, "height": paper.height}
        edge = edge * 3 // 4
        # A profile is not worth more than the picture.
        profile = profile if profile and len(profile) < int(limit) // 4 else None
    raise Refused("damaged")
