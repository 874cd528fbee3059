"""Quotes: a message that answers another one says in `CloudCustomData` which.

Source: TUIKit's `messageReply`: messageAbstract, messageSender, messageID, messageType, messageTime, messageSequence, version;
messageType is a number of the SDK's (V2TIM_ELEM_TYPE_*) or the element's name.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge.platforms.tencent_im import faces
from bridge.values.foreign import object_of, text_of

LONGEST = 100  # characters of what is quoted
_KINDS = {
    ("3", "TIMImageElem"): gettext_noop("Image"),
    ("4", "TIMSoundElem"): gettext_noop("Voice"),
    ("5", "TIMVideoFileElem"): gettext_noop("Video"),
    ("6", "TIMFileElem"): gettext_noop("File"),
    ("7", "TIMLocationElem"): gettext_noop("Location"),
    ("8", "TIMFaceElem"): gettext_noop("Sticker"),
    ("10", "TIMRelayElem"): gettext_noop("Chat history"),
}


def quoted(cloud_custom_data: Any) -> str:
    """Return in one line what a message quotes, "" where it quotes nothing.

    Who is quoted is left out: the name is the one that the seat sees, which may be a remark that is not for the customer.
    """
    reply = object_of(object_of(cloud_custom_data).get("messageReply"))
    words = faces.to_names(" ".join(text_of(reply.get("messageAbstract")).split()))
    if not words:
        kind = text_of(reply.get("messageType"))
        return next((f"[{_(label)}]" for names, label in _KINDS.items() if kind in names), "")
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
