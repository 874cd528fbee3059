"""The sandbox's Tencent IM REST API: account import, sendmsg, profiles, presence."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from sandbox import crypto
from sandbox.garbled import garbled
from sandbox.world import REPEAT_SECONDS, World, world

Data = dict[str, Any]
ID_LIMIT = 32
SYNC = 1  # SyncOtherMachine
BODY_LIMIT = 12 * 1024


def _answer(code: int = 0, info: str = "", **more: Any) -> JsonResponse:
    if code:
        world().refused(code)
    status = "FAIL" if code else "OK"
    return JsonResponse({"ActionStatus": status, "ErrorCode": code, "ErrorInfo": info, **more})


def signed(view: Callable[[Data], JsonResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Check app, administrator and UserSig first, and play the faults."""

    def checked(request: HttpRequest) -> HttpResponse:
        here, query = world(), request.GET
        fault = here.fault_for(request.path)
        if fault and fault.delay:
            time.sleep(fault.delay)
        other = garbled(fault) if fault else None
        if fault and (fault.code or other) and not fault.after:
            return other or _answer(fault.code, "fault")
        if here.too_often(request.path):
            return _answer(60007, "called too often")
        app = here.app
        if query.get("sdkappid") != str(app["sdk_app_id"]):
            return _answer(60006, "unknown sdkappid")
        admin = app.get("admin", "administrator")
        if query.get("identifier") != admin:
            return _answer(60010, "needs the administrator")
        code = crypto.sig_error(query.get("usersig", ""), app["sdk_app_id"], app["secret_key"], admin)
        if code:
            return _answer(code, "UserSig refused")
        try:
            data = json.loads(request.body)
        except ValueError:
            return _answer(60002, "HTTP body is not JSON")
        reply = view(data)
        return other or (_answer(fault.code, "fault") if fault and fault.code else reply)

    return checked


def _bad_id(user_id: Any) -> bool:
    return not (isinstance(user_id, str) and 0 < len(user_id.encode()) <= ID_LIMIT and user_id.isascii())


@signed
def account_import(data: Data) -> JsonResponse:
    """POST /v4/im_open_login_svc/account_import"""
    if _bad_id(data.get("UserID")):
        return _answer(70402, "bad UserID")
    with world().lock:
        known = world().im_accounts
        # Importing an account that is there leaves a name it was given as it is, unless another one comes.
        known[data["UserID"]] = str(data.get("Nick") or known.get(data["UserID"], ""))
        if data.get("FaceUrl"):
            world().faces[data["UserID"]] = str(data["FaceUrl"])
    return _answer()


@signed
def account_delete(data: Data) -> JsonResponse:
    """POST /v4/im_open_login_svc/account_delete"""
    names = [str(item.get("UserID", "")) for item in data.get("DeleteItem", [])]
    with world().lock:
        for name in names:
            world().im_accounts.pop(name, None)
    return _answer(ResultItem=[{"ResultCode": 0, "ResultInfo": "", "UserID": name} for name in names])


@signed
def sendmsg(data: Data) -> JsonResponse:
    """POST /v4/openim/sendmsg: the same sender, MsgSeq, MsgRandom and body within 120 s is the same message."""
    here = world()
    sender = data.get("From_Account") or here.app.get("admin", "administrator")
    recipient = data.get("To_Account")
    body = data.get("MsgBody")
    if _bad_id(recipient) or not isinstance(body, list) or not body:
        return _answer(90001, "bad request")
    packed = json.dumps(body, ensure_ascii=False, sort_keys=True).encode()
    if len(packed) > BODY_LIMIT:
        return _answer(80002, "message too long")
    if not isinstance(data.get("MsgRandom"), int):
        return _answer(90001, "MsgRandom is missing")
    known = set(here.im_accounts) | (set(here.seats()) - here.forgotten) | {here.app.get("admin", "administrator")}
    if sender not in known or recipient not in known:
        return _answer(20003 if sender not in known else 90048, "account not imported")
    key = (sender, recipient, data.get("MsgSeq"), data["MsgRandom"], zlib.crc32(packed))
    now = time.time()
    with here.lock:
        repeated = now - here.seen.get(key, 0.0) < REPEAT_SECONDS
        here.seen[key] = now
        if not repeated:
            _show(
                here, sender, str(recipient), body, mine=data.get("SyncOtherMachine") == SYNC and sender in here.seats()
            )
    return _answer(MsgTime=int(now), MsgKey=f"{data.get('MsgSeq', 0)}_{data['MsgRandom']}_{int(now)}")


def _url(content: Data) -> str:
    sizes = content.get("ImageInfoArray") or [{}]
    return str(content.get("Url") or content.get("VideoUrl") or sizes[0].get("URL") or "")


def _show(here: World, sender: str, recipient: str, body: list[Data], *, mine: bool) -> None:
    """Put a message on a seat's screen: the recipient's, or with `mine` the sender's own."""
    ends = {"seat": sender, "peer": recipient, "mine": True} if mine else {"seat": recipient, "peer": sender}
    for element in body:
        content = element.get("MsgContent", {})
        kind = element.get("MsgType", "")
        text = content.get("Text", "") if kind == "TIMTextElem" else json.dumps(content, ensure_ascii=False)
        here.add("im", kind=kind, text=text, url=_url(content), **ends)


@signed
def portrait_set(data: Data) -> JsonResponse:
    """POST /v4/profile/portrait_set"""
    for item in data.get("ProfileItem", []):
        if item.get("Tag") == "Tag_Profile_IM_Nick":
            world().im_accounts[data.get("From_Account", "")] = str(item.get("Value", ""))
        if item.get("Tag") == "Tag_Profile_IM_Image":
            world().faces[data.get("From_Account", "")] = str(item.get("Value", ""))
    return _answer()


@signed
def query_online_status(data: Data) -> JsonResponse:
    """POST /v4/openim/query_online_status"""
    states = [
        {
            "To_Account": name,
            "Status": "Online" if name in world().online else "Offline",
            **({"Detail": [{"Platform": "Web", "Status": "Online"}]} if name in world().online else {}),
        }
        for name in data.get("To_Account", [])
    ]
    return _answer(QueryResult=states)
