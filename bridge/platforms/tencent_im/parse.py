"""Tencent IM callback -> content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from bridge.content import Content, Face, File, Image, Location, Text, Unsupported, Video, Voice
from bridge.platforms.base import Incoming
from bridge.platforms.tencent_im import protocol

Fields = dict[str, Any]
ORIGINAL = 1  # ImageInfoArray.Type: 1 original, 2 large, 3 thumbnail


def _integer(value: Any) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _image(fields: Fields) -> Content:
    sizes = [size for size in fields.get("ImageInfoArray") or [] if isinstance(size, dict)]
    best = next((size for size in sizes if size.get("Type") == ORIGINAL), sizes[0] if sizes else {})
    return Image(
        url=str(best.get("URL", "")),
        width=_integer(best.get("Width")),
        height=_integer(best.get("Height")),
        size=_integer(best.get("Size")),
    )


def _sound(fields: Fields) -> Content:
    return Voice(url=str(fields.get("Url", "")), seconds=_integer(fields.get("Second")))


def _video(fields: Fields) -> Content:
    return Video(
        url=str(fields.get("VideoUrl", "")),
        thumb_url=str(fields.get("ThumbUrl", "")),
        seconds=_integer(fields.get("VideoSecond")),
    )


def _file(fields: Fields) -> Content:
    return File(
        name=str(fields.get("FileName", "")), url=str(fields.get("Url", "")), size=_integer(fields.get("FileSize"))
    )


def _location(fields: Fields) -> Content:
    try:
        latitude, longitude = float(fields.get("Latitude", 0)), float(fields.get("Longitude", 0))
    except (TypeError, ValueError):
        return Unsupported(what=_("Location"), detail=str(fields.get("Desc", "")))
    return Location(latitude, longitude, label=str(fields.get("Desc", "")))


ELEMENTS: dict[str, Callable[[Fields], Content]] = {
    "TIMTextElem": lambda fields: Text(str(fields.get("Text", ""))),
    "TIMFaceElem": lambda fields: Face(_integer(fields.get("Index")), str(fields.get("Data", ""))),
    "TIMImageElem": _image,
    "TIMSoundElem": _sound,
    "TIMVideoFileElem": _video,
    "TIMFileElem": _file,
    "TIMLocationElem": _location,
    "TIMCustomElem": lambda fields: Unsupported(what=_("Custom message"), detail=str(fields.get("Desc", ""))),
}


def _element(element: Any) -> Content:
    if not isinstance(element, dict):
        raise protocol.MalformedError("an element is not an object")
    kind, fields = str(element.get("MsgType", "")), element.get("MsgContent")
    if kind not in ELEMENTS or not isinstance(fields, dict):
        return Unsupported(what=_("Message of type %s") % kind)
    return ELEMENTS[kind](fields)


def parse(command: str, body: str) -> Incoming:
    """Return what a verified callback says; `command` is its CallbackCommand. MalformedError where it is not one."""
    data = protocol.parse_json(body)
    if command == protocol.STATE_CHANGE:
        return _presence(data.get("Info") or {})
    sender, recipient = protocol.text_of(data, "From_Account", "To_Account")
    if command != protocol.AFTER_SEND:
        return Incoming("seat", sender, recipient, event=command, ignored=_("%s is not a message") % command)
    if reason := _not_to_relay(data):
        return Incoming("seat", sender, recipient, ignored=reason)
    elements = data.get("MsgBody")
    if not isinstance(elements, list):
        raise protocol.MalformedError("no MsgBody")
    return Incoming("seat", sender, recipient, contents=tuple(_element(element) for element in elements))


def _not_to_relay(data: Fields) -> str:
    # What the REST API sends is our own: relaying it would make the bridge talk to itself for ever.
    if str(data.get("OptPlatform", "")).upper() == "RESTAPI":
        return _("sent through the REST API: our own echo")
    if data.get("SendMsgResult", 0) != 0:
        return _("Tencent IM did not send it (%s)") % data.get("SendMsgResult")
    return ""


PRESENCE = {"Login": True, "Logout": False, "Disconnect": False}


def _presence(info: Fields) -> Incoming:
    (seat, action) = protocol.text_of(info, "To_Account", "Action")
    if action not in PRESENCE:
        return Incoming("presence", seat, event=action, ignored=_("state %s says nothing about presence") % action)
    return Incoming("presence", seat, event=action, facts={"online": PRESENCE[action]})
