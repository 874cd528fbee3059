"""What WeChat takes in a menu, as errors beside the fields of the editor.

Source: developers.weixin.qq.com, "创建接口" of "自定义菜单": 3 buttons with 5 items below each, names of 16 and 60 bytes, key 128,
address 1,024; a mini program needs an address for old phones. Codes 40016 to 40027.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from bridge.platforms.wechat.menus.items import ANSWER, BOT, DOES, KEY, LINK, MINI, OTHER, PERSON, Item, Items
from bridge.values.text import utf8_size

BUTTONS, BELOW = 3, 5
NAME, NAME_BELOW, KEY_BYTES, URL = 16, 60, 128, 1024  # bytes of UTF-8
WORDS = 600  # characters of an answer, or of a question to a bot
CHINESE = 3  # bytes of a Chinese character
_APP_ID = re.compile("wx[0-9a-zA-Z]{16}")
Errors = dict[str, str]


@dataclass(frozen=True)
class Choices:
    """What an item may name: slugs of groups, names of bots, and answers that are no texts, which nobody can write here."""

    groups: Collection[str] = ()
    bots: Collection[str] = ()
    answers: Collection[Mapping[str, Any]] = ()


def errors(items: Items, choices: Choices) -> Errors:
    """Return what is wrong, by place and field: `0.name` is the first button's name, `0.2.url` an address below it.

    What is wrong with the menu as a whole stands under "".
    """
    found: Errors = {}
    for place, words in _errors(items, choices):
        if words:
            found.setdefault(place, words)
    return found


def _errors(items: Items, choices: Choices) -> Iterator[tuple[str, str]]:
    if not items:
        yield "", _("The menu has no item yet. Add one.")
    if len(items) > BUTTONS:
        yield "", _("At most %d buttons.") % BUTTONS
    seen: set[str] = set()
    for at, one in enumerate(items):
        yield f"{at}.name", _name(one.name, NAME)
        if len(one.below) > BELOW:
            yield f"{at}.does", _("At most %d items below a button.") % BELOW
        if not one.below:
            yield from _leaf(str(at), one, choices, seen)
        for under, below in enumerate(one.below):
            yield f"{at}.{under}.name", _name(below.name, NAME_BELOW)
            if below.below:
                yield f"{at}.{under}.does", _("An item below a button has none below itself.")
            else:
                yield from _leaf(f"{at}.{under}", below, choices, seen)


def _name(name: str, limit: int) -> str:
    if not name:
        return _("Give it a name.")
    return _too_long(name, limit)


def _too_long(text: str, limit: int) -> str:
    size = utf8_size(text)
    if size <= limit:
        return ""
    return _("At most %(limit)d bytes: %(chinese)d Chinese characters, or %(limit)d letters. This has %(size)d bytes.") % {
        "limit": limit, "chinese": limit // CHINESE, "size": size,
    }  # fmt: skip


def _leaf(place: str, item: Item, choices: Choices, seen: set[str]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with an item that can be tapped."""
    if item.does not in DOES:
        yield f"{place}.does", _("Choose what it does.")
    if item.does == KEY:
        yield f"{place}.key", "" if item.key else _("Enter the key.")
    if item.taps:
        yield f"{place}.key", _too_long(item.key, KEY_BYTES) or _taken(item.key, seen)
        seen.add(item.key)
    yield from _OWN.get(item.does, _nothing)(place, item, choices)


def _taken(key: str, seen: set[str]) -> str:
    return _("Another item has this key.") if key and key in seen else ""


def _nothing(place: str, item: Item, choices: Choices) -> Iterator[tuple[str, str]]:
    yield from ()


def _person(place: str, item: Item, choices: Choices) -> Iterator[tuple[str, str]]:
    if item.group and item.group not in choices.groups:
        yield f"{place}.group", _("This group is not there any more. Choose another one.")


def _bot(place: str, item: Item, choices: Choices) -> Iterator[tuple[str, str]]:
    if item.bot not in choices.bots:
        yield f"{place}.bot", _("Choose a chatbot.")
    yield f"{place}.words", _too_many(item.words)


def _answer(place: str, item: Item, choices: Choices) -> Iterator[tuple[str, str]]:
    if item.answer:
        if item.answer not in choices.answers:
            yield f"{place}.words", _("This answer is not there any more. Write a text instead.")
    elif not item.words:
        yield f"{place}.words", _("Write the answer.")
    yield f"{place}.words", _too_many(item.words)


def _too_many(words: str) -> str:
    if len(words) <= WORDS:
        return ""
    return _("At most %(limit)d characters. This has %(size)d.") % {"limit": WORDS, "size": len(words)}


def _link(place: str, item: Item, choices: Choices) -> Iterator[tuple[str, str]]:
    yield f"{place}.url", _address(item.url)


def _mini(place: str, item: Item, choices: Choices) -> Iterator[tuple[str, str]]:
    if not _APP_ID.fullmatch(item.app_id):
        yield f"{place}.app_id", _("An AppID is wx and 16 letters or digits; copy it from the mini program's console.")
    if not item.path:
        yield f"{place}.path", _("Enter the page, such as pages/index/index.")
    yield f"{place}.url", _address(item.url)


def _address(url: str) -> str:
    if not re.match(r"https?://[^\s/]+", url) or re.search(r"\s", url):
        return _("Enter an address that begins with https:// or http://.")
    return _too_long(url, URL)


_OWN = {PERSON: _person, BOT: _bot, ANSWER: _answer, LINK: _link, MINI: _mini, OTHER: _nothing}
