"""Content -> Tencent IM message bodies.

Source: cloud.tencent.com/document/product/269/2720 (message formats). What has no address yet goes out in words.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.utils.translation import gettext as _

from bridge.content import Content, Image, Location, Notice
from bridge.preview import in_words, map_url
from bridge.text import split_text

TEXT_LIMIT = 8000  # bytes; one message may have 12 KB with all around it
UNKNOWN_FORMAT = 255  # ImageFormat: 1 JPG, 2 GIF, 3 PNG, 4 BMP, 255 another


def _text(text: str) -> list[dict[str, Any]]:
    return [
        {"MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": piece}}]}
        for piece in split_text(text, TEXT_LIMIT)
    ]


def _image(image: Image) -> dict[str, Any]:
    """All three sizes at one address: a client chooses one by its type, and WeChat gives only one."""
    size = {"Size": image.size, "Width": image.width, "Height": image.height, "URL": image.url}
    content = {
        "UUID": hashlib.sha256(image.url.encode()).hexdigest()[:32],
        "ImageFormat": UNKNOWN_FORMAT,
        "ImageInfoArray": [{"Type": kind, **size} for kind in (1, 2, 3)],
    }
    return {"MsgBody": [{"MsgType": "TIMImageElem", "MsgContent": content}]}


def _location(place: Location) -> dict[str, Any]:
    content = {"Desc": place.label or map_url(place), "Latitude": place.latitude, "Longitude": place.longitude}
    return {"MsgBody": [{"MsgType": "TIMLocationElem", "MsgContent": content}]}


def render(content: Content) -> list[dict[str, Any]]:
    """Return the bodies of `openim/sendmsg` that carry `content`, without sender, recipient and numbers."""
    match content:
        case Image(url=url) if url:
            return [_image(content)]
        case Location():
            return [_location(content)]
        case Notice(text=text):
            return _text(_("[System] %s") % text)
    text = in_words(content)
    return _text(text) if text else []
