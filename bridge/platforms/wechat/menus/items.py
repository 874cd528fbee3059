"""Items of an account's menu as staff edit them, and what WeChat's API makes of them. No Django, no I/O.

Source: developers.weixin.qq.com, "创建接口" of "自定义菜单" (menu/create).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.values.content import Content, Text
from bridge.values.foreign import object_of, text_of
from bridge.values.taps import ANSWER, BOT, PERSON, Tap

# What an item does: what a tap brings about here; opens an address or a mini program; sends a key that others know; or
# whatever it was set up with by somebody else's call.
LINK, MINI, KEY, OTHER = "link", "mini", "key", "other"
TAPS = (PERSON, BOT, ANSWER)
DOES = (*TAPS, LINK, MINI, KEY, OTHER)
_TEXTS = ("name", "does", "key", "group", "bot", "words", "url", "app_id", "path")
BETWEEN = " › "  # the names of a button and of the item below it


@dataclass(frozen=True)
class Item:
    """A button of the menu, or an item below one. With items `below` it has nothing else than its name.

    `does` is one of DOES, and says which of the other fields count. `words` are a bot's question, or the answer; `answer` is
    a content as a JSON object where that is no text; `raw` is the button of OTHER as WeChat has it.
    """

    name: str = ""
    does: str = ""
    key: str = ""
    group: str = ""
    bot: str = ""
    words: str = ""
    url: str = ""
    app_id: str = ""
    path: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)
    below: tuple[Item, ...] = ()

    @classmethod
    def read(cls, stored: Any) -> Item:
        """Return the item that a browser or a table says; what is no such field is left out."""
        given = object_of(stored)
        fields: dict[str, Any] = {name: text_of(given.get(name)).strip() for name in _TEXTS}
        fields |= {name: object_of(given.get(name)) for name in ("answer", "raw")}
        return cls(**fields, below=read_items(given.get("below")))

    def to_json(self) -> dict[str, Any]:
        """Return the item as a JSON object, without what is empty."""
        texts = {name: getattr(self, name) for name in _TEXTS}
        rest = {"answer": dict(self.answer), "raw": dict(self.raw), "below": [one.to_json() for one in self.below]}
        return {name: value for name, value in {**texts, **rest}.items() if value}

    @property
    def taps(self) -> bool:
        """Tell whether WeChat pushes its key to us."""
        return not self.below and self.does in (*TAPS, KEY)


Items = tuple[Item, ...]


def read_items(stored: Any) -> Items:
    """Return the items that a browser or a table says."""
    return tuple(Item.read(one) for one in stored) if isinstance(stored, list) else ()


def to_json(items: Items) -> list[dict[str, Any]]:
    """Return the items as JSON objects."""
    return [one.to_json() for one in items]


def leaves(items: Iterable[Item]) -> Iterator[tuple[str, Item]]:
    """Yield the items that can be tapped, each with its whole name."""
    for one in items:
        for below in one.below:
            yield one.name + BETWEEN + below.name, below
        if not one.below:
            yield one.name, one


def with_keys(items: Sequence[Item], make: Callable[[], str]) -> Items:
    """Give a key to each item that needs one of ours and has none, or one that stands before it."""
    used: set[str] = set()

    def keyed(one: Item) -> Item:
        if one.below:
            return replace(one, below=tuple(keyed(below) for below in one.below))
        if one.does in TAPS and (not one.key or one.key in used):
            one = replace(one, key=make())
        used.add(one.key)
        return one

    return tuple(keyed(one) for one in items)


def are_same(entered: Items, stored: Items) -> bool:
    """Tell whether what was entered is what is stored. An item that was entered may have no key yet."""
    return len(entered) == len(stored) and all(
        replace(one, key=one.key or other.key, below=()) == replace(other, below=())
        and are_same(one.below, other.below)
        for one, other in zip(entered, stored, strict=True)
    )


def payload(items: Items) -> dict[str, Any]:
    """Return the body of menu/create."""
    return {"button": [_button(one) for one in items]}


def _button(item: Item) -> dict[str, Any]:
    if item.below:
        return {"name": item.name, "sub_button": [_button(one) for one in item.below]}
    match item.does:
        case "link":
            return {"type": "view", "name": item.name, "url": item.url}
        case "mini":
            mini = {"appid": item.app_id, "pagepath": item.path}
            return {"type": "miniprogram", "name": item.name, "url": item.url, **mini}
        case "other":
            return {**item.raw, "name": item.name}
    return {"type": "click", "name": item.name, "key": item.key}


def taps(items: Items) -> dict[str, Tap | None]:
    """Return by its key what a tap on each item brings about; None where its key is not ours to answer."""
    return {one.key: _tap(name, one) for name, one in leaves(items) if one.taps}


def _tap(name: str, item: Item) -> Tap | None:
    match item.does:
        case "person":
            return Tap(name, PERSON, group=item.group)
        case "bot":
            return Tap(name, BOT, bot=item.bot, words=item.words or item.name)
        case "answer":
            return Tap(name, ANSWER, answer=Content.from_json(dict(item.answer)) if item.answer else Text(item.words))
    return None
