"""Tencent IM callbacks as values: the key and the lane of an event. No Django, no I/O.

Source: cloud.tencent.com/document/product/269/1522 (callbacks), one page per command.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from bridge.values.agents import seat_lane
from bridge.values.characters import clean_all
from bridge.values.foreign import read_json

AFTER_SEND = "C2C.CallbackAfterSendMsg"
AFTER_READ = "C2C.CallbackAfterMsgReport"
AFTER_RECALL = "C2C.CallbackAfterMsgWithDraw"
STATE_CHANGE = "State.StateChange"
CLIENTS = "im:"  # what the names of a seat's IM clients begin with
ACK = b'{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}'
# The query with which we look whether our own address leads here: no app has this number, so it is always refused.
PROBE = {"SdkAppid": "0", "CallbackCommand": "Check"}
_KEY_LIMIT = 120


class MalformedError(ValueError):
    """A body that is not what Tencent IM sends."""


def parse_json(body: bytes | str) -> dict[str, Any]:
    """Return the callback's JSON object, read as far as it goes. MalformedError where it is not one.

    What nobody can show (control characters, halves of UTF-8 and of surrogate pairs) is removed or replaced.
    """
    try:
        data = clean_all(read_json(body))
    except ValueError as error:
        raise MalformedError("not JSON") from error
    if not isinstance(data, dict):
        raise MalformedError("not a JSON object")
    return data


def text_of(data: dict[str, Any], *names: str) -> list[str]:
    """Return the fields `names` of `data` as text, "" where one is missing. MalformedError for lists and objects."""
    values = ["" if (value := data.get(name)) is None else value for name in names]
    if any(isinstance(value, list | dict) for value in values):
        raise MalformedError("a field of the wrong type")
    return [str(value) for value in values]


def info_of(data: dict[str, Any]) -> dict[str, Any]:
    """Return what a change of state says. MalformedError where that is not an object."""
    info = data.get("Info", {})
    if not isinstance(info, dict):
        raise MalformedError("Info is not an object")
    return info


def _ascii(text: str, limit: int) -> str:
    """Return `text` if it can stand in a key column, else its digest."""
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def dedup_key(command: str, data: dict[str, Any]) -> str:
    """Return what is the same in every repeat of this callback: MsgKey for messages, else all that identifies it."""
    if command == STATE_CHANGE:
        parts = ["state", *text_of(info_of(data), "To_Account", "Action", "Reason"), *text_of(data, "EventTime")]
    elif command == AFTER_SEND:
        sender, recipient, key = text_of(data, "From_Account", "To_Account", "MsgKey")
        parts = ["msg", sender, recipient, key or "_".join(text_of(data, "MsgSeq", "MsgRandom", "MsgTime"))]
    else:
        parts = [command, hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()]
    return "im:" + _ascii(":".join(parts), _KEY_LIMIT)


def lane_of(command: str, data: dict[str, Any]) -> str:
    """Return the lane of a callback: the customer's IM account, which the seat writes to, or the seat's own lane.

    A seat's own lane is `seat:` and its IM account; presence goes there.
    """
    if command == STATE_CHANGE:
        return seat_lane(_ascii(_named(info_of(data), "To_Account"), 64))
    # A read report names the reader as Report_Account and the other side as Peer_Account.
    if command == AFTER_READ:
        return _ascii(_named(data, "Peer_Account"), 70)
    if command in (AFTER_SEND, AFTER_RECALL):
        _named(data, "From_Account")
        return _ascii(_named(data, "To_Account"), 70)
    # Another command, which Decode will filter: any lane will do.
    return "im"


def _named(data: dict[str, Any], name: str) -> str:
    """Return a field that must not be empty. MalformedError where it is."""
    (value,) = text_of(data, name)
    if not value:
        raise MalformedError(f"no {name}")
    return value


def client_name(platform: str) -> str:
    """Return how a client of this OptPlatform (callbacks) or Platform (query_online_status) is called among a seat's.

    The two write the same client differently: IOS, iOS and iPhone. What no client says itself (RESTAPI, an account that
    was kicked), or nobody says of which, concerns all of them: "".

    >>> client_name("iPhone"), client_name("RESTAPI")
    ('im:ios', '')
    """
    lowered = platform.lower()
    if lowered in ("", "restapi", "unknown"):
        return ""
    return CLIENTS + {"iphone": "ios"}.get(lowered, lowered)[:30]
