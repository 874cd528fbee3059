"""What the sandbox's page (and tests) can do: write as a customer, write as a seat, come and go."""

from __future__ import annotations

import itertools
import json
import random
import time
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from sandbox import pushing, settings
from sandbox.control import data_of
from sandbox.world import ENTER_COUNT, FOLLOW_COUNT, FOLLOW_SECONDS, WINDOW_SECONDS, world

_numbers = itertools.count(int(time.time() * 1000) % 10**9 * 1000)
MAX_WAIT = 20.0
BOSS = "gh_sandbox0001"
MEDIA_KINDS = ("image", "voice", "video", "shortvideo")
# Which events open WeChat's window, and for how many messages within a minute.
EVENT_COUNTS = {
    "subscribe": FOLLOW_COUNT,
    "SCAN": FOLLOW_COUNT,
    "CLICK": FOLLOW_COUNT,
    "scancode_push": FOLLOW_COUNT,
    "scancode_waitmsg": FOLLOW_COUNT,
    "user_enter_tempsession": ENTER_COUNT,
}


def next_number() -> int:
    """Return a number that no message has had."""
    return next(_numbers)


def _message(kind: str, text: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a customer's message beyond those all have; `file` is the id of an uploaded file."""
    media_id = data.get("file") or f"media{next(_numbers)}"
    match kind:
        case "image":
            return {"MsgType": kind, "PicUrl": text, "MediaId": media_id}
        case "voice":
            return {"MsgType": kind, "MediaId": media_id, "Format": "amr", "Recognition": text}
        case "video" | "shortvideo":
            return {"MsgType": kind, "MediaId": media_id, "ThumbMediaId": "thumb"}
        case "location":
            return {"MsgType": kind, "Location_X": 31.2304, "Location_Y": 121.4737, "Scale": 16, "Label": text}
        case "link":
            return {"MsgType": kind, "Title": text, "Description": "", "Url": "https://example.com/"}
        case "file":
            return {"MsgType": kind, "Title": text, "FileKey": "key", "FileMd5": "0" * 32, "FileTotalLen": 1000}
        case "miniprogrampage":
            return {"MsgType": kind, "Title": text, "AppId": "wxmini", "PagePath": "pages/index", "ThumbUrl": ""}
    menu = {"bizmsgmenuid": data["menu_id"]} if data.get("menu_id") else {}
    return {"MsgType": "text", "Content": text, **menu}


def fields(openid: str, **more: Any) -> dict[str, Any]:
    """Return a push's fields in WeChat's order: those that all have come first, and `more` behind them."""
    return {"ToUserName": BOSS, "FromUserName": openid, "CreateTime": int(time.time()), **more}


@require_POST
def customer(request: HttpRequest) -> JsonResponse:
    """A customer writes: {account, openid, text, kind, file, menu_id, copies}."""
    data = data_of(request)
    slug, openid, text = data["account"], data["openid"], str(data.get("text", ""))
    kind = data.get("kind", "text")
    here = world()
    url = f"/play/file/{data['file']}" if data.get("file") else ""
    if kind == "image" and data.get("file"):
        text = request.build_absolute_uri(url)
    with here.lock:
        here.window(slug, openid).opened(here.now(), WINDOW_SECONDS, settings.WINDOW_COUNT)
        entry = here.add(
            "phone", account=slug, openid=openid, mine=True, kind=kind, text=text, state="sending", url=url
        )
    number = data.get("msg_id") or next(_numbers)
    pushed = fields(openid, **_message(kind, text, data), MsgId=number)
    pushing.wechat_push(slug, pushed, entry, int(data.get("copies", 1)))
    return JsonResponse({"number": entry.number})


@require_POST
def event(request: HttpRequest) -> JsonResponse:
    """A customer does something that is no message: {account, openid, event, key}; event is WeChat's, such as CLICK."""
    data = data_of(request)
    slug, openid, name, key = data["account"], data["openid"], str(data["event"]), str(data.get("key", ""))
    if count := EVENT_COUNTS.get(name):
        with world().lock:
            world().window(slug, openid).opened(world().now(), FOLLOW_SECONDS, count)
    named = {"SessionFrom": key} if name == "user_enter_tempsession" else {"EventKey": key}
    pushing.wechat_push(slug, fields(openid, MsgType="event", Event=name, **named))
    return JsonResponse({})


@require_POST
def follow(request: HttpRequest) -> JsonResponse:
    """A customer follows or leaves the account: {account, openid, follows}."""
    data = data_of(request)
    slug, openid, follows = data["account"], data["openid"], bool(data.get("follows", True))
    if follows:
        with world().lock:
            world().window(slug, openid).opened(world().now(), FOLLOW_SECONDS, FOLLOW_COUNT)
    name = "subscribe" if follows else "unsubscribe"
    pushing.wechat_push(slug, fields(openid, MsgType="event", Event=name, EventKey=""))
    return JsonResponse({})


def _seat_message(data: dict[str, Any], elements: list[Any], *, online_only: bool = False) -> dict[str, Any]:
    number, chance, now = next(_numbers) % 2**32, random.getrandbits(31), int(time.time())
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
    entries = here.after(int(request.GET.get("after", 0)), wait)
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
        }
    )
