"""Customer-service accounts: the name and the picture that a customer sees beside an answer."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from sandbox.wechat import state
from sandbox.wechat.answers import done, error, reading, with_json, with_token
from sandbox.world import world

MOST, NICKNAME_LENGTH = 100, 16
JPEG = b"\xff\xd8\xff"


def _refused(account: str, nickname: str) -> tuple[int, str]:
    prefix, at, alias = account.partition("@")
    if not (prefix and at and alias and prefix.isascii() and prefix.replace("_", "").isalnum()):
        return 65401, "invalid custom service account"
    return (0, "") if 0 < len(nickname) <= NICKNAME_LENGTH else (65403, "invalid nickname")


@with_json
def add(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /customservice/kfaccount/add: {kf_account, nickname}"""
    here, account, nickname = state.of(slug), str(data.get("kf_account", "")), str(data.get("nickname", ""))
    code, message = _refused(account, nickname)
    if not code and account in here.staff:
        code, message = 65406, "custom service account exists"
    if not code and len(here.staff) >= MOST:
        code, message = 65405, "too many custom service accounts"
    if code:
        return error(code, message)
    named = {"kf_account": account, "kf_nick": nickname, "kf_id": str(next(here.numbers)), "kf_headimgurl": ""}
    here.staff[account] = named
    return done()


@with_json
def update(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /customservice/kfaccount/update: {kf_account, nickname}"""
    here, account, nickname = state.of(slug), str(data.get("kf_account", "")), str(data.get("nickname", ""))
    code, message = _refused(account, nickname)
    if not code and account not in here.staff:
        code, message = 65401, "invalid custom service account"
    if code:
        return error(code, message)
    here.staff[account]["kf_nick"] = nickname
    return done()


@with_token
def delete(request: HttpRequest, slug: str) -> HttpResponseBase:
    """GET /customservice/kfaccount/del?kf_account="""
    with world().lock:
        gone = state.of(slug).staff.pop(request.GET.get("kf_account", ""), None)
    return done() if gone else error(65401, "invalid custom service account")


@with_token
def picture(request: HttpRequest, slug: str) -> HttpResponseBase:
    """POST /customservice/kfaccount/uploadheadimg?kf_account=: a form with a JPEG as `media`."""
    account, file = request.GET.get("kf_account", ""), request.FILES.get("media")
    if account not in state.of(slug).staff:
        return error(65401, "invalid custom service account")
    if file is None or not file.read(3).startswith(JPEG):
        return error(40005, "invalid file type")
    state.of(slug).staff[account]["kf_headimgurl"] = "http://mmbiz.qpic.cn/sandbox"
    return done()


@reading
def listed(slug: str) -> JsonResponse:
    """GET /cgi-bin/customservice/getkflist"""
    return JsonResponse({"kf_list": list(state.of(slug).staff.values())})


@reading
def online(slug: str) -> JsonResponse:
    """GET /cgi-bin/customservice/getonlinekflist: nobody; seats work elsewhere."""
    return JsonResponse({"kf_online_list": []})
