"""Tencent IM callback -> content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from bridge.content import Content, Face, File, Image, Location, Text, Typing, Unsupported, Video, Voice
from bridge.platforms.base import Incoming
from bridge.platforms.tencent_im import custom, faces, protocol

Fields = dict[str, Any]
ORIGINAL = 1  # ImageInfoArray.Type: 1 original, 2 large, 3 thumbnail


def _integer(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and abs(value) < 2**53 else 0


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
        name=str(fields.get("FileName") or ""), url=str(fields.get("Url", "")), size=_integer(fields.get("FileSize"))
    )


def _location(fields: Fields) -> Content:
    try:
        latitude, longitude = float(fields.get("Latitude", 0)), float(fields.get("Longitude", 0))
    except (TypeError, ValueError, OverflowError):
        return Unsupported(what=_("Location"), detail=str(fields.get("Desc", "")))
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return Unsupported(what=_("Location"), detail=str(fields.get("Desc", "")))
    return Location(latitude, longitude, label=str(fields.get("Desc", "")))


ELEMENTS: dict[str, Callable[[Fields], Content]] = {
    "TIMTextElem": lambda fields: Text(faces.to_names(str(fields.get("Text", "")))),
    "TIMFaceElem": lambda fields: Face(_integer(fields.get("Index")), faces.to_names(str(fields.get("Data", "")))),
    "TIMImageElem": _image,
    "TIMSoundElem": _sound,
    "TIMVideoFileElem": _video,
    "TIMFileElem": _file,
    "TIMLocationElem": _location,
    "TIMCustomElem": custom.parse,
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
        return _presence(data.get("Info") or {}, str(data.get("OptPlatform", "")))
    if command == protocol.AFTER_READ:
        return _read(data)
    sender, recipient = protocol.text_of(data, "From_Account", "To_Account")
    if command == protocol.AFTER_RECALL:
        original = protocol.dedup_key(protocol.AFTER_SEND, data)
        return Incoming("seat", sender, recipient, event="recall", facts={"dedup": original})
    if command != protocol.AFTER_SEND:
        return Incoming("seat", sender, recipient, event=command, ignored=_("%s is not a message") % command)
    if reason := _not_to_relay(data):
        return Incoming("seat", sender, recipient, ignored=reason)
    elements = data.get("MsgBody")
    if not isinstance(elements, list):
        raise protocol.MalformedError("no MsgBody")
    return _message(sender, recipient, elements, online_only=bool(data.get("OnlineOnlyFlag")))


def _message(sender: str, recipient: str, elements: list[Any], *, online_only: bool) -> Incoming:
    contents, refusals = [], []
    for element in elements:
        try:
            contents.append(_element(element))
        except custom.CustomError as error:
            refusals.append(_("Not sent: %s") % error)
    if len(contents) == 1 and isinstance(contents[0], Typing):
        return Incoming("seat", sender, recipient, event="typing", facts={"typing": contents[0].on})
    if online_only and not any(isinstance(content, Text) for content in contents):
        return Incoming("seat", sender, recipient, ignored=_("a message only for whoever is online now"))
    kept = tuple(content for content in contents if not isinstance(content, Typing))
    return Incoming("seat", sender, recipient, contents=kept, facts={"refusals": refusals})


def _read(data: Fields) -> Incoming:
    """A seat has read the chat with a customer up to LastReadTime (seconds since the epoch)."""
    reader, peer = protocol.text_of(data, "Report_Account", "Peer_Account")
    at = data.get("LastReadTime")
    if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at < 2**33:
        return Incoming("seat", reader, peer, ignored=_("a read report without a time"))
    return Incoming("seat", reader, peer, event="read", facts={"at": at})


def _not_to_relay(data: Fields) -> str:
    # What the REST API sends is our own: relaying it would make the bridge talk to itself for ever.
    if str(data.get("OptPlatform", "")).upper() == "RESTAPI":
        return _("sent through the REST API: our own echo")
    if data.get("SendMsgResult", 0) != 0:
        return _("Tencent IM did not send it (%s)") % data.get("SendMsgResult")
    return ""


PRESENCE = {"Login": True, "Logout": False, "Disconnect": False}


def _presence(info: Fields, platform: str) -> Incoming:
    (seat, action) = protocol.text_of(info, "To_Account", "Action")
    if action not in PRESENCE:
        return Incoming("presence", seat, event=action, ignored=_("state %s says nothing about presence") % action)
    client = protocol.client_name(platform)
    return Incoming("presence", seat, event=action, facts={"online": PRESENCE[action], "client": client})
