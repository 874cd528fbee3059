"""Passive replies as the phone shows them: text, picture, voice, film and one article; anything else WeChat does not take."""

from __future__ import annotations

import json
from typing import Any
from xml.etree.ElementTree import Element

from sandbox import media
from sandbox.world import world

TEXT_LIMIT = 2048
_WITH_FILE = {"image": "Image/MediaId", "voice": "Voice/MediaId", "video": "Video/MediaId"}
_ARTICLE = (("title", "Title"), ("description", "Description"), ("picurl", "PicUrl"), ("url", "Url"))


def shown(slug: str, root: Element) -> dict[str, Any] | None:
    """Return what stands on the phone of a reply of this account; None for one that WeChat would not take."""
    kind = str(root.findtext("MsgType"))
    if kind == "text":
        words = root.findtext("Content") or ""
        return {"kind": kind, "text": words} if 0 < len(words.encode()) <= TEXT_LIMIT else None
    if kind in _WITH_FILE:
        return _file(slug, kind, root.findtext(_WITH_FILE[kind]) or "")
    return _article(root) if kind == "news" else None


def _file(slug: str, kind: str, media_id: str) -> dict[str, Any] | None:
    if not media.find(world(), media_id, slug):
        return None
    return {"kind": kind, "text": json.dumps({"media_id": media_id}), "url": f"/play/file/{media_id}"}


def _article(root: Element) -> dict[str, Any] | None:
    items = root.findall("Articles/item")
    if len(items) != 1 or root.findtext("ArticleCount") != "1":
        return None
    article = {name: items[0].findtext(element) or "" for name, element in _ARTICLE}
    return {"kind": "news", "text": json.dumps({"articles": [article]}, ensure_ascii=False)}
