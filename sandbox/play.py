"""What the sandbox's page (and tests) can do: write as a customer, write as a seat, come and go, make faults."""

from __future__ import annotations

import itertools
import json
import random
import time
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_POST

from sandbox import pushing, settings
from sandbox.wechat_api import follow_window
from sandbox.world import WINDOW_SECONDS, Fault, world

_numbers = itertools.count(int(time.time() * 1000) % 10**9 * 1000)
MAX_WAIT = 20.0
TEXT_KINDS = {"text", "image", "voice", "video", "location", "link"}
BOSS = "gh_sandbox0001"


@require_GET
def page(request: HttpRequest) -> Any:
    """The page with a customer's phone and a seat's IM client side by side."""
    here = world()
    accounts = [
        {"slug": table["slug"], "name": table.get("name", table["slug"])} for table in here.site["wechat_account"]
    ]
    context = {
        "config": {"accounts": accounts, "seats": here.seats(), "started": here.started},
        "language": get_language(),
    }
    return render(request, "sandbox/play.html", context)


def _data(request: HttpRequest) -> dict[str, Any]:
    return json.loads(request.body)


def _message(kind: str, text: str) -> dict[str, Any]:
    """Return the fields of a customer's message beyond those all have."""
    match kind:
        case "image":
            return {"MsgType": kind, "PicUrl": text, "MediaId": f"media{next(_numbers)}"}
        case "voice":
            return {"MsgType": kind, "MediaId": f"media{next(_numbers)}", "Format": "amr", "Recognition": text}
        case "video":
            return {"MsgType": kind, "MediaId": f"media{next(_numbers)}", "ThumbMediaId": "thumb"}
        case "location":
            return {"MsgType": kind, "Location_X": 31.2304, "Location_Y": 121.4737, "Scale": 16, "Label": text}
        case "link":
            return {"MsgType": kind, "Title": text, "Description": "", "Url": "https://example.com/"}
    return {"MsgType": "text", "Content": text}


@require_POST
def customer(request: HttpRequest) -> JsonResponse:
    """A customer writes: {account, openid, text, kind, copies}."""
    data = _data(request)
    slug, openid, text = data["account"], data["openid"], str(data.get("text", ""))
    kind = data.get("kind", "text")
    here = world()
    with here.lock:
        here.window(slug, openid).opened(time.time(), WINDOW_SECONDS, settings.WINDOW_COUNT)
        entry = here.add("phone", account=slug, openid=openid, mine=True, kind=kind, text=text, state="sending")
    fields = {
        "ToUserName": BOSS,
        "FromUserName": openid,
        "CreateTime": int(time.time()),
        **_message(kind, text),
        "MsgId": next(_numbers),
    }
    pushing.wechat_push(slug, fields, entry, int(data.get("copies", 1)))
    return JsonResponse({"number": entry.number})


@require_POST
def follow(request: HttpRequest) -> JsonResponse:
    """A customer follows or leaves the account: {account, openid, follows}."""
    data = _data(request)
    slug, openid, follows = data["account"], data["openid"], bool(data.get("follows", True))
    if follows:
        follow_window(slug, openid)
    fields = {
        "ToUserName": BOSS,
        "FromUserName": openid,
        "CreateTime": int(time.time()),
        "MsgType": "event",
        "Event": "subscribe" if follows else "unsubscribe",
        "EventKey": "",
    }
    pushing.wechat_push(slug, fields)
    return JsonResponse({})


@require_POST
def seat(request: HttpRequest) -> JsonResponse:
    """A seat writes to a customer: {seat, to, text, copies}."""
    data = _data(request)
    name, to, text = data["seat"], data["to"], str(data.get("text", ""))
    entry = world().add("im", seat=name, peer=to, mine=True, text=text, state="sending")
    number, now = next(_numbers) % 2**32, int(time.time())
    chance = random.getrandbits(31)
    body = {
        "CallbackCommand": "C2C.CallbackAfterSendMsg",
        "From_Account": name,
        "To_Account": to,
        "MsgSeq": number,
        "MsgRandom": chance,
        "MsgTime": now,
        "MsgKey": f"{number}_{chance}_{now}",
        "OnlineOnlyFlag": 0,
        "SendMsgResult": 0,
        "ErrorInfo": "send msg succeed",
        "UnreadMsgNum": 1,
        "MsgBody": data.get("elements") or [{"MsgType": "TIMTextElem", "MsgContent": {"Text": text}}],
        "CloudCustomData": "",
        "EventTime": int(time.time() * 1000),
    }
    pushing.im_callback(name, body["CallbackCommand"], body, entry, int(data.get("copies", 1)))
    return JsonResponse({"number": entry.number})


@require_POST
def presence(request: HttpRequest) -> JsonResponse:
    """A seat logs in or out: {seat, online}."""
    data = _data(request)
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


@require_POST
def fault(request: HttpRequest) -> JsonResponse:
    """Answer the next calls of a path with an error code or late: {path, code, delay, times}."""
    data = _data(request)
    with world().lock:
        world().faults.append(
            Fault(data["path"], int(data.get("code", 0)), float(data.get("delay", 0)), int(data.get("times", 1)))
        )
    return JsonResponse({})


@require_GET
def state(request: HttpRequest) -> JsonResponse:
    """What changed after entry `after`, waiting up to `wait` seconds; with names, presence, windows and call counts."""
    here = world()
    wait = min(float(request.GET.get("wait", 0)), MAX_WAIT)
    entries = here.after(int(request.GET.get("after", 0)), wait)
    now = time.time()
    with here.lock:
        windows = {
            f"{slug}/{openid}": {"left": window.left, "seconds": max(0, int(window.until - now))}
            for (slug, openid), window in here.windows.items()
        }
        names, online, calls = dict(here.im_accounts), sorted(here.online), dict(here.calls)
    return JsonResponse(
        {
            "started": here.started,
            "entries": entries,
            "names": names,
            "online": online,
            "windows": windows,
            "calls": calls,
        }
    )
