"""Signals of a voice or film call: custom elements that TUICallKit sends and no customer of WeChat can take.

Sources: the signalling messages of Tencent's chat SDK (an object with `inviteID` and `actionType`: 1 invite, 2 cancel, 3 accept,
4 reject, 5 time-out; what the call is stands in `data`, JSON with `businessID` "av_call" or "rtc_call"), TUICallKit's own
("businessID": "rtc_call"), and those of the older TRTCCalling (`call_id`, `action`: 1 dial).
"""

from __future__ import annotations

from typing import Any

from bridge.values.foreign import object_of, text_of, whole_of

INVITE = 1
_BUSINESS = {"av_call", "rtc_call"}
_AFTER = {"hangup", "switchtoaudio", "switchtovideo"}


def is_signal(fields: dict[str, Any]) -> bool:
    """Tell whether a custom element belongs to a call."""
    data = object_of(fields.get("Data"))
    signalling = "inviteID" in data and "actionType" in data
    old = "call_id" in data and ("action" in data or "call_type" in data)
    return signalling or old or text_of(data.get("businessID")) in _BUSINESS


def rings(fields: dict[str, Any]) -> bool:
    """Tell whether a call's signal begins a call: the seat should hear that nobody will answer."""
    data = object_of(fields.get("Data"))
    inner = object_of(data.get("data"))
    action = whole_of(data.get("actionType", data.get("action", INVITE)))
    words = {text_of(one.get("cmd")).lower() for one in (data, inner, object_of(inner.get("data")))}
    # The end of a call is an invitation too, with its length in `call_end`.
    ended = any(whole_of(one.get("call_end")) for one in (data, inner))
    return action == INVITE and not ended and not words & _AFTER
