"""Content -> WeChat customer-service messages, as far as words go; what carries a file is prepared (`prepare`).

Source: developers.weixin.qq.com, "客服消息" (message/custom/send).
"""

from __future__ import annotations

from typing import Any

from bridge.conversation.preview import in_words
from bridge.platforms.wechat.notices import bodies
from bridge.values.characters import clean_all
from bridge.values.content import Content, File, Image, Link, Menu, MiniProgram, TemplateMessage, Typing, Video, Voice
from bridge.values.text import split_text, utf8_size

# Bytes of UTF-8 in one text; undocumented, measured by users: above it WeChat answers 45002.
TEXT_LIMIT = 2048
SHORT = 600  # bytes of a text that may be joined with another one
PREPARED = (Image, Voice, Video, File, MiniProgram, Link)


def clean_content(content: Content) -> Content:
    """Return `content` without the characters that WeChat refuses, in all its texts."""
    return Content.from_json(clean_all(content.to_json()))


def text_body(text: str) -> dict[str, Any]:
    """Return the body of one text message."""
    return {"msgtype": "text", "text": {"content": text}}


def render(content: Content) -> list[dict[str, Any] | None]:
    """Return the bodies of `message/custom/send` that carry `content`, without `touser`; none for empty text.

    None stands for what must be prepared. Typing and notices are bodies of other calls. What WeChat refuses is taken out
    before anything is measured.
    """
    content = clean_content(content)
    if isinstance(content, PREPARED):
        return [None]
    if isinstance(content, Typing):
        return [{"command": "Typing" if content.on else "CancelTyping"}]
    if isinstance(content, Menu):
        return [_menu(content)]
    if isinstance(content, TemplateMessage):
        return [bodies.payload(content)]
    text = in_words(content)
    if not text.strip():
        return []
    return [text_body(piece) for piece in split_text(text, TEXT_LIMIT)]


def _menu(menu: Menu) -> dict[str, Any]:
    items = [{"id": choice.id, "content": choice.text} for choice in menu.choices]
    body = {"head_content": menu.head, "list": items, "tail_content": menu.tail}
    return {"msgtype": "msgmenu", "msgmenu": body}


def words_of(body: dict[str, Any]) -> str:
    """Return the words of a text message's body, "" of any other."""
    return body["text"]["content"] if body.get("msgtype") == "text" else ""


def join(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any] | None:
    """Return one text that says what two short ones say, a line each; None where they can't be one."""
    texts = [words_of(first), words_of(second)]
    if not all(texts) or utf8_size(texts[1]) > SHORT:
        return None
    joined = "\n".join(texts)
    return text_body(joined) if utf8_size(joined) <= TEXT_LIMIT else None
