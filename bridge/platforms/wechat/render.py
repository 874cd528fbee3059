"""Content -> WeChat customer-service messages.

Source: developers.weixin.qq.com, "客服消息" (message/custom/send). Media need an upload first and go out as words with
a link until then; nothing is dropped.
"""

from __future__ import annotations

from typing import Any

from bridge.content import Content, Link
from bridge.preview import in_words
from bridge.text import split_text

# Bytes of UTF-8 in one text; undocumented, measured by users: above it WeChat answers 45002.
TEXT_LIMIT = 2048


def _words_of(content: Content) -> str:
    if isinstance(content, Link) and content.url:
        return "\n".join(part for part in (content.title, content.description, content.url) if part)
    return in_words(content)


def render(content: Content) -> list[dict[str, Any]]:
    """Return the bodies of `message/custom/send` that carry `content`, without `touser`; none for empty text."""
    text = _words_of(content).replace("\0", "")
    if not text.strip():
        return []
    return [{"msgtype": "text", "text": {"content": piece}} for piece in split_text(text, TEXT_LIMIT)]
