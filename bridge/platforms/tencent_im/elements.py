"""Elements of a Tencent IM message -> content.

Source: cloud.tencent.com/document/product/269/2720 (message formats).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from bridge.platforms.tencent_im import custom, faces
from bridge.values.content import Content, Face, File, Forward, Image, Location, Text, Unsupported, Video, Voice
from bridge.values.foreign import text_of, whole_of

Fields = dict[str, Any]
ORIGINAL = 1  # ImageInfoArray.Type: 1 original, 2 large, 3 thumbnail
FORWARD_LINES, FORWARD_LINE = 20, 200  # lines of a merged forward, and characters of each, that are passed on
_EXACT = 2**53


class ElementError(ValueError):
    """An element that is not written as Tencent IM writes it; the text says which and where."""

    def __init__(self, kind: str, field: str) -> None:
        super().__init__(
            _("%(kind)s is not written as Tencent IM writes it (%(field)s)") % {"kind": kind, "field": field}
        )


@dataclass(frozen=True)
class _Reader:
    """The fields of one element. ElementError where a text is a list or an object."""

    kind: str
    _fields: Fields

    def text(self, name: str) -> str:
        value = self._fields.get(name)
        if isinstance(value, bool | list | dict):
            raise ElementError(self.kind, name)
        return text_of(value)

    def number(self, name: str) -> int:
        return number_of(self._fields.get(name))

    def degrees(self, name: str) -> float:
        value = self._fields.get(name, 0)
        try:
            return float(value if not isinstance(value, bool) else "")
        except (TypeError, ValueError, OverflowError):
            raise ElementError(self.kind, name) from None

    def objects(self, name: str) -> list[Fields]:
        return [one for one in self.items(name) if isinstance(one, dict)]

    def items(self, name: str) -> list[Any]:
        value = self._fields.get(name)
        if value is not None and not isinstance(value, list):
            raise ElementError(self.kind, name)
        return value or []


def number_of(value: Any) -> int:
    """Return a number that counts something; 0 where it is none, less than nothing, or absurd."""
    number = round(value) if isinstance(value, float) and abs(value) < _EXACT else whole_of(value)
    return number if number is not None and 0 <= number < _EXACT else 0


def _text(read: _Reader) -> Content:
    return Text(faces.to_names(read.text("Text")))


def _face(read: _Reader) -> Content:
    return Face(read.number("Index"), faces.to_names(read.text("Data")))


def _image(read: _Reader) -> Content:
    sizes = read.objects("ImageInfoArray")
    best = _Reader(read.kind, next((size for size in sizes if size.get("Type") == ORIGINAL), sizes[0] if sizes else {}))
    return Image(
        url=best.text("URL"), width=best.number("Width"), height=best.number("Height"), size=best.number("Size")
    )


def _sound(read: _Reader) -> Content:
    return Voice(url=read.text("Url"), seconds=read.number("Second"))


def _video(read: _Reader) -> Content:
    return Video(url=read.text("VideoUrl"), thumb_url=read.text("ThumbUrl"), seconds=read.number("VideoSecond"))


def _file(read: _Reader) -> Content:
    return File(name=read.text("FileName"), url=read.text("Url"), size=read.number("FileSize"))


def _location(read: _Reader) -> Content:
    latitude, longitude, label = read.degrees("Latitude"), read.degrees("Longitude"), read.text("Desc")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return Unsupported(what=_("Location"), detail=label)
    return Location(latitude, longitude, label=label)


def _forward(read: _Reader) -> Content:
    """A merged forward: its title and the lines that Tencent IM shows of it; the messages themselves are not in it."""
    lines = [" ".join(text_of(line).split())[:FORWARD_LINE] for line in read.items("AbstractList")]
    shown = [faces.to_names(line) for line in lines if line][:FORWARD_LINES]
    title = read.text("Title").strip()
    if not title and not shown:
        raise ElementError(read.kind, "Title, AbstractList")
    return Forward(title[:FORWARD_LINE], "\n".join(shown))


ELEMENTS: dict[str, Callable[[_Reader], Content]] = {
    "TIMTextElem": _text,
    "TIMFaceElem": _face,
    "TIMImageElem": _image,
    "TIMSoundElem": _sound,
    "TIMVideoFileElem": _video,
    "TIMFileElem": _file,
    "TIMLocationElem": _location,
    "TIMRelayElem": _forward,
}
CUSTOM = "TIMCustomElem"


def kind_of(element: Any) -> tuple[str, Fields]:
    """Return an element's type and its content. ElementError where it has none."""
    if not isinstance(element, dict):
        raise ElementError("MsgBody", type(element).__name__)
    kind = text_of(element.get("MsgType"))[:60]
    fields = element.get("MsgContent")
    if not kind:
        raise ElementError("MsgBody", "MsgType")
    if (kind in ELEMENTS or kind == CUSTOM) and not isinstance(fields, dict):
        raise ElementError(kind, "MsgContent")
    return kind, fields if isinstance(fields, dict) else {}


def content_of(kind: str, fields: Fields) -> Content:
    """Return what an element says. ElementError where it is written wrongly, CustomError where it is one of ours and wrong."""
    if kind == CUSTOM:
        return custom.parse(fields)
    make = ELEMENTS.get(kind)
    return make(_Reader(kind, fields)) if make else Unsupported(what=_("Message of type %s") % kind)
