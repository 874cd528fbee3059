"""WeChat callback -> content."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from bridge.content import Content, File, Image, Link, Location, Text, Unsupported, Video, Voice
from bridge.platforms.base import Incoming
from bridge.platforms.wechat import protocol

Fields = dict[str, str]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _text(fields: Fields) -> Content:
    return Text(fields.get("Content", ""), menu_id=fields.get("bizmsgmenuid", ""))


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
}
# Events that tell something about the customer; every other one is filtered.
CUSTOMER_EVENTS = {"subscribe", "unsubscribe"}


def parse(body: str) -> Incoming:
    """Return what a verified, decrypted push says. MalformedError where it is not one."""
    fields = protocol.parse_xml(body.encode())
    sender = protocol.check_openid(fields.get("FromUserName", ""))
    recipient = fields.get("ToUserName", "")
    if fields.get("MsgType") == "event":
        return _event(fields, sender, recipient)
    make = CONTENT.get(fields.get("MsgType", ""))
    content = make(fields) if make else Unsupported(what=_("Message of type %s") % fields.get("MsgType", "?"))
    return Incoming("customer", sender, recipient, contents=(content,))


def _event(fields: Fields, sender: str, recipient: str) -> Incoming:
    name = fields.get("Event", "")
    if name not in CUSTOMER_EVENTS:
        return Incoming("customer", sender, recipient, event=name, ignored=_("event %s is not a message") % name)
    scene = fields.get("EventKey", "").removeprefix("qrscene_")
    return Incoming("customer", sender, recipient, event=name, facts={"scene": scene})
