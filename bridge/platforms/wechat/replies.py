"""Passive replies: bodies of `message/custom/send` as the XML that answers a push. No Django, no I/O.

Source: developers.weixin.qq.com, "被动回复用户消息". A menu message, a mini program's card and typing can't be one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bridge.values.text import utf8_size

TEXT_LIMIT = 2048  # bytes, as of a message
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def may_be_passive(body: dict[str, Any]) -> bool:
    """Tell whether this body can be a passive reply."""
    kind = body.get("msgtype", "")
    return kind in _PARTS and (kind != "text" or 0 < utf8_size(body["text"]["content"]) <= TEXT_LIMIT)


def passive_reply(to: str, sender: str, body: dict[str, Any], now: int) -> bytes:
    """Return the XML that answers a push of the customer `to` with what the body says. KeyError where it can't be one."""
    kind = body["msgtype"]
    return (
        f"<xml><ToUserName>{_cdata(to)}</ToUserName><FromUserName>{_cdata(sender)}</FromUserName>"
        f"<CreateTime>{now}</CreateTime><MsgType>{_cdata(kind)}</MsgType>{_PARTS[kind](body[kind])}</xml>"
    ).encode()


def _cdata(text: str) -> str:
    """Return `text` as CDATA; what would end it, and what XML cannot hold, is taken care of."""
    clean = _NOT_XML.sub("", text)
    return f"<![CDATA[{clean.replace(']]>', ']]]]><![CDATA[>')}]]>"


def _element(name: str, text: str) -> str:
    return f"<{name}>{_cdata(text)}</{name}>"


def _video(part: dict[str, Any]) -> str:
    words = "".join(_element(name.capitalize(), part.get(name, "")) for name in ("title", "description"))
    return f"<Video>{_element('MediaId', part['media_id'])}{words}</Video>"


def _news(part: dict[str, Any]) -> str:
    names = (("Title", "title"), ("Description", "description"), ("PicUrl", "picurl"), ("Url", "url"))
    items = [
        "".join(_element(element, article.get(name, "")) for element, name in names) for article in part["articles"]
    ]
    listed = "".join(f"<item>{item}</item>" for item in items)
    return f"<ArticleCount>{len(items)}</ArticleCount><Articles>{listed}</Articles>"


_PARTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "text": lambda part: _element("Content", part["content"]),
    "image": lambda part: f"<Image>{_element('MediaId', part['media_id'])}</Image>",
    "voice": lambda part: f"<Voice>{_element('MediaId', part['media_id'])}</Voice>",
    "video": _video,
    "news": _news,
}
