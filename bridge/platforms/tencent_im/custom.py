"""Custom elements: how a seat sends what Tencent IM has no element for. No Django settings, no I/O.

`Data` is a JSON object shaped like WeChat's own message (docs/content.md): `news` for a link card, `miniprogrampage` for a
mini program's card, `msgmenu` for a question with answers. TUIKit's typing notice is one of these too.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from bridge.values.content import Content, Link, Menu, MiniProgram, Typing, Unsupported
from bridge.values.foreign import object_of, text_of, whole_of

Fields = dict[str, Any]
MAX_ITEMS = 20


class CustomError(ValueError):
    """A custom element of ours that is not written as it must be; the text says what to write."""


def parse(fields: Fields) -> Content:
    """Return what a TIMCustomElem says. CustomError where it is one of ours and wrong; Unsupported for a foreign one.

    A foreign one without a description has nothing that a person could read: its `detail` is empty.
    """
    data = object_of(fields.get("Data"))
    if data.get("businessID") == "user_typing_status":
        return Typing(bool(whole_of(data.get("typingStatus"))))
    makers = {"news": _news, "miniprogrampage": _mini_program, "msgmenu": _menu}
    kind = data.get("msgtype")
    if not isinstance(kind, str) or kind not in makers:
        return Unsupported(what=_("Custom message"), detail=text_of(fields.get("Desc")).strip()[:500])
    body = data.get(kind)
    if not isinstance(body, dict):
        raise CustomError(_("%(kind)s: there is no object called %(kind)s in Data") % {"kind": kind})
    return makers[kind](body)


def _text(kind: str, body: Fields, name: str, *, needed: bool = False, limit: int = 500) -> str:
    value = body.get(name, "")
    if value is None or isinstance(value, bool | list | dict):
        raise CustomError(_("%(kind)s: %(name)s must be a text") % {"kind": kind, "name": name})
    value = text_of(value)
    if needed and not value.strip():
        raise CustomError(_("%(kind)s: %(name)s is missing") % {"kind": kind, "name": name})
    return value[:limit]


def _address(kind: str, body: Fields, name: str, *, needed: bool = False) -> str:
    url = _text(kind, body, name, needed=needed, limit=2000)
    if url and not url.startswith(("https://", "http://")):
        raise CustomError(_("%(kind)s: %(name)s must begin with https:// or http://") % {"kind": kind, "name": name})
    return url


def _news(body: Fields) -> Content:
    articles = body.get("articles")
    if not isinstance(articles, list) or len(articles) != 1 or not isinstance(articles[0], dict):
        raise CustomError(_("news: WeChat takes exactly one article"))
    article = articles[0]
    return Link(
        title=_text("news", article, "title", needed=True),
        url=_address("news", article, "url", needed=True),
        description=_text("news", article, "description"),
        picture_url=_address("news", article, "picurl"),
    )


def _mini_program(body: Fields) -> Content:
    kind = "miniprogrampage"
    card = MiniProgram(
        title=_text(kind, body, "title", needed=True),
        app_id=_text(kind, body, "appid", needed=True),
        path=_text(kind, body, "pagepath", needed=True),
        thumb_url=_address(kind, body, "thumb_url"),
        thumb_media_id=_text(kind, body, "thumb_media_id"),
    )
    if not card.thumb_url and not card.thumb_media_id:
        raise CustomError(
            _("miniprogrampage: thumb_url or thumb_media_id is missing; WeChat shows no card without one")
        )
    return card


def _menu(body: Fields) -> Content:
    kind, items = "msgmenu", body.get("list")
    if (
        not isinstance(items, list)
        or not 0 < len(items) <= MAX_ITEMS
        or not all(isinstance(one, dict) for one in items)
    ):
        raise CustomError(_("msgmenu: list must hold 1 to %d objects with id and content") % MAX_ITEMS)
    choices = tuple(
        {"id": _text(kind, one, "id", needed=True), "text": _text(kind, one, "content", needed=True)} for one in items
    )
    return Menu(_text(kind, body, "head_content"), choices, _text(kind, body, "tail_content"))
