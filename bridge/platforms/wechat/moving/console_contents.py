"""What WeChat's console answers with -> content. No Django models, no I/O.

Source: developers.weixin.qq.com, "查询自定义菜单" and "获取公众号的自动回复规则": texts as they are, pictures and sounds by a media_id
that lives for three days, films by media_id or address, articles in `news_info`.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from bridge.values.content import Content, Image, Link, Text, Video, Voice
from bridge.values.foreign import object_of, text_of


def listed(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, which may stand in an object under `list`."""
    value = value.get("list") if isinstance(value, dict) else value
    return [object_of(one) for one in value] if isinstance(value, list) else []


def content_of(said: dict[str, Any], name: str, notes: list[str]) -> Content | None:
    """Return what the console answers; None where it is of no known type, or empty.

    Files have WeChat's id or address, and are still to be fetched. What is not as it was is said in `notes`, which call it `name`.
    """
    value = text_of(said.get("value")) or text_of(said.get("content"))
    match text_of(said.get("type")):
        case "text" if value:
            return Text(value)
        case "img" | "photo" if value:
            return Image(media_id=value)
        case "voice" if value:
            return Voice(media_id=value)
        case "video" if value:
            return Video(url=value) if value.startswith("http") else Video(media_id=value)
        case "news":
            return _article(listed(said.get("news_info")), name, notes)
    return None


def _article(articles: list[dict[str, Any]], name: str, notes: list[str]) -> Link | None:
    first = articles[0] if articles else {}
    title, url, source, digest, cover = (
        text_of(first.get(field)) for field in ("title", "content_url", "source_url", "digest", "cover_url")
    )
    if not title or not (url or source):
        return None
    if len(articles) > 1:
        notes.append(_("“%(name)s” answers with %(count)d articles. WeChat takes one in an answer: the first.") % {
            "name": name, "count": len(articles),
        })  # fmt: skip
    return Link(title, url or source, digest, cover)
