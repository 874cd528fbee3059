"""What WeChat's console shows as the menu -> items of ours. No Django models, no I/O.

Source: developers.weixin.qq.com, "查询自定义菜单" (get_current_selfmenu_info). What was set by API comes as it was created, with
`sub_button` as {"list": [...]}; what was set in the console has the types text, img, photo, voice, video and news, which no
API creates: they become keys of ours that answer the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _

from bridge.platforms.wechat.menus.items import ANSWER, KEY, LINK, MINI, OTHER, Item, Items, with_keys
from bridge.platforms.wechat.moving.console_contents import content_of, listed
from bridge.values.content import Text
from bridge.values.foreign import object_of, text_of

# Buttons that are created again as they are, each with what it must have.
_KEPT = {
    "scancode_push": "key",
    "scancode_waitmsg": "key",
    "pic_sysphoto": "key",
    "pic_photo_or_album": "key",
    "pic_weixin": "key",
    "location_select": "key",
    "media_id": "media_id",
    "view_limited": "media_id",
    "article_id": "article_id",
    "article_view_limited": "article_id",
}


@dataclass(frozen=True)
class Taken:
    """What was read: the items, and in words what of them is not as it was."""

    items: Items = ()
    notes: tuple[str, ...] = ()


def read_menu(said: Any, make_key: Callable[[], str], known: Mapping[str, Item] = MappingProxyType({})) -> Taken:
    """Return the menu of an answer, whatever is missing or strange in it; without items where there is none.

    `known` are items of ours by their keys: where the menu is one that was published from here, they stay what they are.
    """
    notes: list[str] = []
    buttons = listed(object_of(object_of(said).get("selfmenu_info")).get("button"))
    items = with_keys([_item(one, known, notes) for one in buttons], make_key)
    return Taken(items, tuple(notes))


def _item(button: dict[str, Any], known: Mapping[str, Item], notes: list[str]) -> Item:
    name = text_of(button.get("name")).strip()
    if below := listed(button.get("sub_button")):
        return Item(name, below=tuple(_item(one, known, notes) for one in below))
    if button.get("type") == "click" and (own := known.get(text_of(button.get("key")))):
        return replace(own, name=name)
    return _leaf(name, button, notes)


def _leaf(name: str, button: dict[str, Any], notes: list[str]) -> Item:
    kind = text_of(button.get("type"))
    match kind:
        case "click":
            key = text_of(button.get("key"))
            notes.append(_("“%(name)s” sends the key %(key)s to whoever set it up. Choose what it does here.") % {
                "name": name, "key": key,
            })  # fmt: skip
            return Item(name, KEY, key)
        case "view":
            return Item(name, LINK, url=text_of(button.get("url")) or text_of(button.get("value")))
        case "miniprogram":
            url, app_id, page = (text_of(button.get(field)) for field in ("url", "appid", "pagepath"))
            return Item(name, MINI, url=url, app_id=app_id, path=page)
    if needed := _KEPT.get(kind):
        return Item(name, OTHER, raw={"type": kind, needed: text_of(button.get(needed))})
    content = content_of(button, name, notes)
    if isinstance(content, Text):
        return Item(name, ANSWER, words=content.text)
    if content:
        return Item(name, ANSWER, answer=content.to_json())
    notes.append(_("“%(name)s” is of a type that cannot be taken over (%(kind)s). Choose what it does here.") % {
        "name": name, "kind": kind or "–",
    })  # fmt: skip
    return Item(name)
