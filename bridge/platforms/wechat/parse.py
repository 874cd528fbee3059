"""WeChat callback -> content."""

from __future__ import annotations

import math
from collections.abc import Callable

from django.utils.translation import gettext as _

from bridge.content import Content, File, Image, Link, Location, MiniProgram, Text, Unsupported, Video, Voice
from bridge.platforms.base import Incoming
from bridge.platforms.wechat import faces, permission, protocol

Fields = dict[str, str]


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if math.isfinite(number) else 0.0


def _text(fields: Fields) -> Content:
    return Text(faces.to_names(fields.get("Content", "")), menu_id=fields.get("bizmsgmenuid", ""))


def _image(fields: Fields) -> Content:
    return Image(url=fields.get("PicUrl", ""), media_id=fields.get("MediaId", ""))


def _voice(fields: Fields) -> Content:
    return Voice(
        media_id=fields.get("MediaId", ""),
        format=fields.get("Format", ""),
        recognition=fields.get("Recognition", ""),
    )


def _video(fields: Fields) -> Content:
    return Video(media_id=fields.get("MediaId", ""), thumb_media_id=fields.get("ThumbMediaId", ""))


def _location(fields: Fields) -> Content:
    """Location_X is the latitude and Location_Y the longitude, as the official page says."""
    return Location(
        latitude=_number(fields.get("Location_X", "")),
        longitude=_number(fields.get("Location_Y", "")),
        label=fields.get("Label", ""),
    )


def _link(fields: Fields) -> Content:
    return Link(title=fields.get("Title", ""), url=fields.get("Url", ""), description=fields.get("Description", ""))


def _mini_program(fields: Fields) -> Content:
    return MiniProgram(
        title=fields.get("Title", ""),
        app_id=fields.get("AppId", ""),
        path=fields.get("PagePath", ""),
        thumb_url=fields.get("ThumbUrl", ""),
        thumb_media_id=fields.get("ThumbMediaId", ""),
    )


def _file(fields: Fields) -> Content:
    return File(name=fields.get("Title", ""), size=int(_number(fields.get("FileTotalLen", ""))))


CONTENT: dict[str, Callable[[Fields], Content]] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "shortvideo": _video,
    "location": _location,
    "link": _link,
    "file": _file,
    "miniprogrampage": _mini_program,
}
# Events of which a customer's lane knows something to do; every other one is filtered.
_EVENTS = {**permission.EVENT_TRIGGERS, "unsubscribe": "unfollow"}


def parse(body: str) -> Incoming:
    """Return what a verified, decrypted push says. MalformedError where it is not one."""
    fields = protocol.parse_push(body.encode())
    sender = protocol.check_openid(fields.get("FromUserName", ""))
    recipient = fields.get("ToUserName", "")
    if fields.get("MsgType") == "event":
        return _event(fields, sender, recipient)
    make = CONTENT.get(fields.get("MsgType", ""))
    content = make(fields) if make else Unsupported(what=_("Message of type %s") % fields.get("MsgType", "?"))
    return Incoming("customer", sender, recipient, contents=(content,), trigger="message")


def _event(fields: Fields, sender: str, recipient: str) -> Incoming:
    """`key` is the menu item's key or the code's scene; SessionFrom is what a mini program says of where it was opened."""
    name = fields.get("Event", "")
    event = _EVENTS.get(name)
    if event is None:
        return Incoming("customer", sender, recipient, event=name, ignored=_("event %s is not a message") % name)
    key = fields.get("EventKey", "") or fields.get("SessionFrom", "")
    trigger = permission.EVENT_TRIGGERS.get(name, "")
    facts = {"key": key.removeprefix("qrscene_")}
    return Incoming("customer", sender, recipient, event=event, facts=facts, trigger=trigger)
