"""What the sandbox's page (and tests) can do as a seat: write, come and go; and what changed meanwhile."""

from __future__ import annotations

import json
import random
import time
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from sandbox import pushing
from sandbox.control import data_of
from sandbox.wechat.events import next_number
from sandbox.world import world

MAX_WAIT = 20.0


def _seat_message(data: dict[str, Any], elements: list[Any], *, online_only: bool = False) -> dict[str, Any]:
    number, chance, now = next_number() % 2**32, random.getrandbits(31), int(time.time())
    return {
        "CallbackCommand": "C2C.CallbackAfterSendMsg",
        "From_Account": data["seat"],
        "To_Account": data["to"],
        "MsgSeq": number,
        "MsgRandom": chance,
        "MsgTime": now,
        "MsgKey": f"{number}_{chance}_{now}",
        "OnlineOnlyFlag": int(online_only),
        "SendMsgResult": 0,
        "ErrorInfo": "send msg succeed",
        "UnreadMsgNum": 1,
        "MsgBody": elements,
        "CloudCustomData": "",
        "EventTime": int(time.time() * 1000),
    }


@require_POST
def seat(request: HttpRequest) -> JsonResponse:
    """A seat writes to a customer: {seat, to, text, elements, copies}; elements are Tencent IM's, text is one of them."""
    data = data_of(request)
    elements = data.get("elements") or [{"MsgType": "TIMTextElem", "MsgContent": {"Text": str(data.get("text", ""))}}]
    return from_seat(data, elements, str(data.get("custom_data", "")))


def from_seat(data: dict[str, Any], elements: list[Any], custom_data: str = "") -> JsonResponse:
    """Let a seat send these elements, with what its client says beside them: {seat, to, text, url, copies}."""
    name, text = data["seat"], str(data.get("text") or _words(elements))
    body = {**_seat_message(data, elements), "CloudCustomData": custom_data}
    shown = {"kind": elements[0].get("MsgType", ""), "url": str(data.get("url", "")), "key": body["MsgKey"]}
    entry = world().add("im", seat=name, peer=data["to"], mine=True, text=text, state="sending", **shown)
    pushing.im_callback(name, body["CallbackCommand"], body, entry, int(data.get("copies", 1)))
    return JsonResponse({"number": entry.number, "key": body["MsgKey"]})


def _words(elements: list[Any]) -> str:
    first = elements[0].get("MsgContent")
    return str(first.get("Text", "")) if isinstance(first, dict) else ""


@require_POST
def typing(request: HttpRequest) -> JsonResponse:
    """A seat types, as TUIKit says it: {seat, to, typing}."""
    data = data_of(request)
    said = {"businessID": "user_typing_status", "typingStatus": int(bool(data.get("typing", True))), "version": 1}
    content = {"Data": json.dumps(said), "Desc": "", "Ext": "", "Sound": ""}
    body = _seat_message(data, [{"MsgType": "TIMCustomElem", "MsgContent": content}], online_only=True)
    pushing.im_callback(data["seat"], body["CallbackCommand"], body)
    return JsonResponse({})


@require_POST
def recall(request: HttpRequest) -> JsonResponse:
    """A seat recalls a message: {seat, to, key}."""
    data = data_of(request)
    body = {
        "CallbackCommand": "C2C.CallbackAfterMsgWithDraw",
        "From_Account": data["seat"],
        "To_Account": data["to"],
        "MsgKey": data["key"],
        "EventTime": int(time.time() * 1000),
    }
    pushing.im_callback(data["seat"], body["CallbackCommand"], body)
    return JsonResponse({})


@require_POST
def read(request: HttpRequest) -> JsonResponse:
    """A seat has read the chat with a customer: {seat, to}."""
    data = data_of(request)
    body = {
        "CallbackCommand": "C2C.CallbackAfterMsgReport",
        "Report_Account": data["seat"],
        "Peer_Account": data["to"],
        "LastReadTime": int(time.time()),
        "UnreadMsgNum": 0,
    }
    pushing.im_callback(data["seat"], body["CallbackCommand"], body)
    return JsonResponse({})


@require_POST
def presence(request: HttpRequest) -> JsonResponse:
    """A seat logs in or out: {seat, online}."""
    data = data_of(request)
    name, online = data["seat"], bool(data["online"])
    with world().lock:
        (world().online.add if online else world().online.discard)(name)
    info = {
        "Action": "Login" if online else "Logout",
        "To_Account": name,
        "Reason": "Register" if online else "Unregister",
    }
    body = {"CallbackCommand": "State.StateChange", "Info": info, "EventTime": int(time.time() * 1000)}
    pushing.im_callback(name, "State.StateChange", body)
    return JsonResponse({})


@require_GET
def state(request: HttpRequest) -> JsonResponse:
    """What changed after entry `after`, waiting up to `wait` seconds; with names, presence, windows and call counts."""
    here = world()
    wait = min(float(request.GET.get("wait", 0)), MAX_WAIT)
    entries = here.after(int(request.GET.get("after", 0)), wait, int(request.GET.get("menus", here.menus)))
    now = here.now()
    with here.lock:
        windows = {
            f"{slug}/{openid}": {
                "left": window.left,
                "seconds": max(0, int(window.until - now)),
                "typing": window.typing,
            }
            for (slug, openid), window in here.windows.items()
        }
        names, online, calls = dict(here.im_accounts), sorted(here.online), dict(here.calls)
        refusals, faces = dict(here.refusals), dict(here.faces)
    return JsonResponse(
        {
            "started": here.started,
            "entries": entries,
            "names": names,
            "online": online,
            "windows": windows,
            "calls": calls,
            "refusals": refusals,
            "faces": faces,
            "menus": here.menus,
        }
    )
