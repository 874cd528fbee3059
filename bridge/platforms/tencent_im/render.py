"""Content -> Tencent IM message bodies, as far as words go; a customer's file is prepared (`prepare`).

Source: cloud.tencent.com/document/product/269/2720 (message formats).
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from bridge.conversation.preview import in_words, map_url
from bridge.platforms.tencent_im import faces
from bridge.values.characters import clean
from bridge.values.content import Content, File, Image, Location, Notice, Text, Typing, Video, Voice
from bridge.values.text import json_size, split_text

# Bytes of a text as JSON. Above 12 KB for all that a message carries Tencent IM answers 80002 or 93000 (269/1671); it does not
# say how it counts characters outside of ASCII, so they count as the escapes that are the longest way to write them.
TEXT_LIMIT = 11000
Bodies = list[dict[str, Any] | None]


def text_body(text: str) -> dict[str, Any]:
    """Return the body of a message of one text."""
    return {"MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": text}}]}


def words_of(body: dict[str, Any]) -> str:
    """Return the words of a message of one text, "" of any other."""
    match body:
        case {"MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": str(words)}}]}:
            return words
    return ""


def _texts(text: str) -> Bodies:
    return [text_body(piece) for piece in split_text(clean(text), TEXT_LIMIT, json_size)]


def _location(place: Location) -> dict[str, Any]:
    content = {"Desc": place.label or map_url(place), "Latitude": place.latitude, "Longitude": place.longitude}
    return {"MsgBody": [{"MsgType": "TIMLocationElem", "MsgContent": content}]}


def render(content: Content) -> Bodies:
    """Return the bodies of `openim/sendmsg` that carry `content`, without sender, recipient and numbers.

    None stands for what must be prepared. A voice message is followed by what WeChat understood of it.
    """
    match content:
        case Image(url=url, media_id=media_id, media=media) | Video(url=url, media_id=media_id, media=media):
            return [None] if url or media_id or media else _texts(in_words(content))
        case Voice(url=url, media_id=media_id, media=media, recognition=words):
            if not (url or media_id or media):
                return _texts(in_words(content))
            return [None, *(_texts(_("[Recognized] %s") % words) if words else [])]
        case File(url=url, media=media):
            return [None] if url or media else _texts(in_words(content))
        case Location():
            return [_location(content)]
        case Typing():
            return []
        case Notice(text=text):
            return _texts(_("[System] %s") % text)
        case Text(text=text):
            return _texts(faces.to_codes(in_words(content))) if text else []
    text = in_words(content)
    return _texts(text) if text else []
