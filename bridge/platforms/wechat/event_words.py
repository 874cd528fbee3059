"""WeChat's pushes by their types, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_MESSAGES = {
    "text": gettext_noop("Message: text"),
    "image": gettext_noop("Message: image"),
    "voice": gettext_noop("Message: voice"),
    "video": gettext_noop("Message: video"),
    "shortvideo": gettext_noop("Message: video"),
    "location": gettext_noop("Message: location"),
    "link": gettext_noop("Message: link"),
    "file": gettext_noop("Message: file"),
    "miniprogrampage": gettext_noop("Message: mini program"),
}
_EVENTS = {
    "subscribe": gettext_noop("follows"),
    "unsubscribe": gettext_noop("follows no more"),
    "scan": gettext_noop("scans a code"),
    "click": gettext_noop("taps in the menu"),
    "view": gettext_noop("opens a link in the menu"),
    "view_miniprogram": gettext_noop("opens a mini program in the menu"),
    "scancode_push": gettext_noop("scans with the menu"),
    "scancode_waitmsg": gettext_noop("scans with the menu"),
    "pic_sysphoto": gettext_noop("sends a picture with the menu"),
    "pic_photo_or_album": gettext_noop("sends a picture with the menu"),
    "pic_weixin": gettext_noop("sends a picture with the menu"),
    "location_select": gettext_noop("sends a place with the menu"),
    "location": gettext_noop("tells where they are"),
    "user_pay_from_pay_cell": gettext_noop("pays"),
    "user_enter_tempsession": gettext_noop("opens the mini program's chat"),
    "templatesendjobfinish": gettext_noop("a template message was sent"),
    "subscribe_msg_popup_event": gettext_noop("accepts notices"),
    "subscribe_msg_change_event": gettext_noop("takes notices no more"),
    "subscribe_msg_sent_event": gettext_noop("a subscription notice was sent"),
    "masssendjobfinish": gettext_noop("a broadcast was sent"),
}


def event_words(kind: str) -> str:
    """Return in words what a push of this kind says, "" for one that has none here."""
    lowered = kind.lower()
    words = _EVENTS.get(lowered.removeprefix("event:")) if lowered.startswith("event:") else _MESSAGES.get(lowered)
    return _(words) if words else ""
