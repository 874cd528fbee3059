"""Reads the XML that WeChat writes from the outside in. No Django, no I/O.

WeChat puts a customer's words into CDATA and escapes nothing, so words may hold `]]>`, tags, even whole fields, and what it
sends is often no XML. What is known: it writes ToUserName, FromUserName, CreateTime and MsgType first, then the fields of
the type, then MsgId and the like. So the envelope's fields are read from both ends, up to the first and down to the last
field that a customer can fill; all between the two is words. Source: "接收普通消息", "接收事件推送".
"""

from __future__ import annotations

import re
from functools import lru_cache

from lxml import etree

from bridge.platforms.wechat import cleaning

Fields = dict[str, str]
# What a customer, or whoever made the card, the code or the page that they send, can fill.
FREE = frozenset({
    "Content", "Recognition", "Label", "Poiname", "Title", "Description", "Url", "PagePath", "EventKey", "SessionFrom",
    "ScanResult", "ScanCodeInfo", "SendLocationInfo", "SendPicsInfo",
})  # fmt: skip
# What may stand between two of them. MsgId, FromUserName and the like are taken from the ends only.
_BETWEEN = frozenset({*FREE, "AppId", "ThumbUrl", "ThumbMediaId", "Ticket", "FileKey", "FileMd5", "FileTotalLen"})
_WRITTEN = frozenset({"Content", "Recognition", "Label", "Poiname", "Title", "Description"})
_GROUPS = frozenset({"ScanCodeInfo", "SendLocationInfo", "SendPicsInfo"})

_START = re.compile(r"\ufeff?\s*(?:<\?xml[^>]*\?>\s*)?<xml>\s*")
_END = "</xml>"
# An element that WeChat itself filled: no markup in it.
_PLAIN = re.compile(r"<([A-Za-z_]\w*)>(?:<!\[CDATA\[([^<]*?)\]\]>|([^<]*))</\1>\s*")
_OPEN = re.compile(r"<([A-Za-z_]\w*)>")
_CLOSE = re.compile(r"</([A-Za-z_]\w*)>\s*\Z")
_CDATA = "<![CDATA["
_REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([0-9A-Fa-f]{1,6}));")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


class MalformedError(ValueError):
    """A body that is not what WeChat sends."""


def read(text: str) -> Fields:
    """Return the children of `<xml>` as a flat dict; of a nested element, only what was scanned.

    MalformedError for anything else than `<xml>` with elements in it.
    """
    stripped = cleaning.with_newlines(text).rstrip()
    start = _START.match(stripped)
    if start is None or not stripped.endswith(_END):
        raise MalformedError("not a WeChat document")
    fields, begin = _head(stripped, start.end())
    end = len(stripped) - len(_END)
    if begin < end:
        _middle(stripped, begin, _tail(stripped, begin, end, fields), fields)
    return fields


def _head(text: str, at: int) -> tuple[Fields, int]:
    """Return what WeChat filled itself from `at` on, and where the first field begins that it did not."""
    fields: Fields = {}
    while (element := _PLAIN.match(text, at)) and element[1] not in FREE:
        fields.setdefault(element[1], _plain_value(element))
        at = element.end()
    return fields, at


def _tail(text: str, begin: int, end: int, fields: Fields) -> int:
    """Add what WeChat filled itself behind the last field that it did not; return where that one ends."""
    while (closing := _last_tag(text, begin, end)) and closing[1] not in FREE:
        at = text.rfind(f"<{closing[1]}>", begin, closing.start())
        element = _PLAIN.fullmatch(text, at, end) if at >= 0 else None
        if element is None:
            break
        fields.setdefault(element[1], _plain_value(element))
        end = at
    return end


def _last_tag(text: str, begin: int, end: int) -> re.Match[str] | None:
    return _CLOSE.match(text, max(begin, text.rfind("</", begin, end)), end)


def _plain_value(element: re.Match[str]) -> str:
    return element[2] if element[3] is None else _unescaped(element[3])


def _middle(text: str, begin: int, end: int, fields: Fields) -> None:
    """Add the fields between head and tail. Where one field fills it all, whatever stands in it is words."""
    first, last = _OPEN.match(text, begin, end), _last_tag(text, begin, end)
    is_one = first is not None and last is not None and first[1] == last[1]
    if not is_one and (sure := _sure(text)):
        fields.update({name: value for name, value in sure.items() if name not in fields})
        return
    if last is None or first is None:
        raise MalformedError("not a WeChat document")
    while first is not None:
        name, taken = first[1], {first[1], *fields}
        stop = None if name == last[1] else _boundary(text, first.end(), end, name, taken)
        _keep(fields, name, text[first.end() : stop.start() if stop else last.start()])
        first = _OPEN.match(text, stop.start(1) - 1, end) if stop else None


@lru_cache(64)
def _closings(name: str, *, cdata: bool) -> re.Pattern[str]:
    return re.compile((r"(?<=\]\]>)" if cdata else "") + rf"</{name}>\s*<(\w+)>")


def _boundary(text: str, begin: int, end: int, name: str, taken: set[str]) -> re.Match[str] | None:
    """Return where the element ends and the next one begins: a place that is followed by a name that can follow.

    Where there are several, one of the two elements imitates the other. It is rather the one that people write in words.
    """
    found = _closings(name, cdata=text.startswith(_CDATA, begin)).finditer(text, begin, end)
    places = [one for one in found if one[1] in _BETWEEN and one[1] not in taken]
    return places[-1 if name in _WRITTEN else 0] if places else None


def _keep(fields: Fields, name: str, inner: str) -> None:
    """Keep what an element holds."""
    if name == "ScanCodeInfo":
        fields.update(_scanned(inner))
    elif name not in _GROUPS and (name in FREE or inner.startswith(_CDATA) or not inner.startswith("<")):
        fields.setdefault(name, _value(inner))


def _value(inner: str) -> str:
    """Return CDATA as it is written, and other text with its references resolved."""
    bare = inner.strip()
    if bare.startswith(_CDATA) and bare.endswith("]]>"):
        return bare[len(_CDATA) : -3]
    return _unescaped(inner)


def _scanned(inner: str) -> Fields:
    """Return what ScanCodeInfo holds: the code's text is all between the first and the last tag of its element."""
    begin, end = inner.find("<ScanResult>"), inner.rfind("</ScanResult>")
    if not 0 <= begin < end:
        return {}
    outside = f"{inner[:begin]}{inner[end:].removeprefix('</ScanResult>')}"
    fields = {element[1]: _plain_value(element) for element in _PLAIN.finditer(outside) if element[1] == "ScanType"}
    return {**fields, "ScanResult": _value(inner[begin + len("<ScanResult>") : end])}


def _unescaped(text: str) -> str:
    """Return element text with its references resolved; one that XML does not know stays as it is written."""
    return cleaning.clean(_REFERENCE.sub(_resolved, text)) if "&" in text else text


def _resolved(reference: re.Match[str]) -> str:
    if reference[1]:
        return _NAMED[reference[1]]
    number = int(reference[2]) if reference[2] else int(reference[3], 16)
    return chr(number) if number <= 0x10FFFF else reference[0]


def _sure(text: str) -> Fields | None:
    """Return the fields of a document that can be read in one way only, None where words may pose as fields.

    Words that close their own element must open it again for the whole to be well formed. So where each name stands once,
    and CDATA nowhere but around the whole of a value, everything is what it looks like.
    """
    if text.count("]]>") != text.count("]]></") or text.count("<![CDATA[") != text.count("><![CDATA["):
        return None
    try:
        root = etree.fromstring(text.encode(), _PARSER)
    except (etree.XMLSyntaxError, ValueError):
        return None
    children = list(root)
    if len(children) != len({child.tag for child in children}) or not all(map(_is_sure, children)):
        return None
    fields = {str(child.tag): child.text or "" for child in children if child.tag not in _GROUPS}
    parts = [part for child in children if child.tag == "ScanCodeInfo" for part in child]
    return {**fields, **{str(part.tag): part.text or "" for part in parts}}


def _is_sure(child: etree._Element) -> bool:
    inner = [str(one.tag) for one in child.iterdescendants()]
    if not all(isinstance(one.tag, str) for one in child.iter()):
        return False  # a comment may hide where one value ends and the next begins
    if child.tag in _GROUPS:
        return len(inner) == len(set(inner))
    return FREE.isdisjoint(inner) and not (inner and child.tag in FREE)
