"""WeChat callback -> content."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from django.utils.translation import gettext as _

from bridge.platforms.wechat import cleaning, faces, permission, protocol
from bridge.platforms.wechat.notices import news
from bridge.values.content import Content, File, Image, Link, Location, MiniProgram, Text, Unsupported, Video, Voice
from bridge.values.incoming import Incoming, Push

Fields = dict[str, str]
_EXACT = 2**53


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _text(fields: Fields) -> Content:
    """An empty one is said to be, as no platform can show it: the customer wrote only what WeChat leaves out."""
    words, menu_id = fields.get("Content", ""), fields.get("bizmsgmenuid", "")
    return Text(faces.to_names(words), menu_id=menu_id) if words or menu_id else Unsupported(what=_("Empty message"))


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
    latitude, longitude = _number(fields.get("Location_X", "")), _number(fields.get("Location_Y", ""))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        # Rather no place than a wrong one.
        return Unsupported(what=_("Location"), detail=fields.get("Label", ""))
    return Location(latitude=latitude, longitude=longitude, label=fields.get("Label", ""))


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
    size = _number(fields.get("FileTotalLen", "")) or 0
    return File(name=fields.get("Title", ""), size=int(size) if 0 < size < _EXACT else 0)


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
# Events of which a customer's lane knows something to do; every other one is filtered. In lower case, as WeChat writes
# their names in several.
_TRIGGERS = {name.lower(): trigger for name, trigger in permission.EVENT_TRIGGERS.items()}
_EVENTS = {**_TRIGGERS, "unsubscribe": "unfollow"}
# The EventKey of a customer who follows after a payment: the number of their last order, and no QR code's scene.
_ORDER = "last_trade_no_"
_SYMBOLOGY = re.compile(r"[A-Za-z0-9_-]+,")


def parse(body: str) -> Incoming:
    """Return what a verified, decrypted push says. MalformedError where it is not one."""
    fields = protocol.read_push(cleaning.clean(body))
    sender = protocol.check_openid(fields.get("FromUserName", ""))
    recipient, kind = fields.get("ToUserName", ""), fields.get("MsgType", "").lower()
    if kind == "event":
        return _event(fields, sender, recipient, body)
    if make := CONTENT.get(kind):
        return Incoming("customer", sender, recipient, contents=(make(fields),), trigger="message")
    if not _is_message(kind, fields):
        return Incoming("customer", sender, recipient, event=kind, ignored=_("type %s is not a message") % kind[:60])
    content = Unsupported(what=_("Message of type %s") % kind)
    return Incoming("customer", sender, recipient, contents=(content,), trigger="message")


def _is_message(kind: str, fields: Fields) -> bool:
    """Tell whether a type that we do not know is a customer's message: all of those have a MsgId, and no event in them.

    What a device of the customer's says (device_text, device_event, hardware) is none. Source: "微信硬件平台".
    """
    return bool(fields.get("MsgId")) and "Event" not in fields and not kind.startswith(("device", "hardware"))


def push_of(fields: Fields) -> Push:
    """Return what of a push decides whether an automatic answer follows."""
    kind = fields.get("MsgType", "").lower()
    if kind == "text":
        return Push(text=faces.to_names(fields.get("Content", "")))
    name = fields.get("Event", "").lower() if kind == "event" else ""
    return Push(_EVENTS.get(name, ""), _key(fields)) if name else Push()


def _key(fields: Fields) -> str:
    """Return the menu item's key, the code's scene, or what a mini program says of where its chat was opened."""
    key = fields.get("EventKey", "") or fields.get("SessionFrom", "")
    return "" if key.startswith(_ORDER) else key.removeprefix("qrscene_")


def _event(fields: Fields, sender: str, recipient: str, body: str) -> Incoming:
    """`key` is the menu item's key or the code's scene; `scanned` is what the customer scanned with a menu item."""
    name = fields.get("Event", "")
    if name.lower() in news.EVENTS:
        known, notices = news.read(name.lower(), fields, body)
        return Incoming("customer", sender, recipient, event=known, facts={"notices": notices})
    event = _EVENTS.get(name.lower())
    if event is None:
        return Incoming("customer", sender, recipient, event=name, ignored=_("event %s is not a message") % name[:60])
    facts = {"key": _key(fields), **({"scanned": _scanned(fields)} if "ScanResult" in fields else {})}
    return Incoming("customer", sender, recipient, event=event, facts=facts, trigger=_TRIGGERS.get(name.lower(), ""))


def _scanned(fields: Fields) -> str:
    """Return what a code says; of a bar code, WeChat writes what kind it is before its number: `EAN_13,6901234567892`."""
    said = fields["ScanResult"]
    return _SYMBOLOGY.sub("", said, count=1) if fields.get("ScanType") == "barcode" else said
