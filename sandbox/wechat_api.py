"""The sandbox's WeChat API: tokens, customer-service messages with their window, user info."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, JsonResponse

from sandbox.world import FOLLOW_COUNT, FOLLOW_SECONDS, TOKEN_SECONDS, World, world

TEXT_LIMIT = 2048
KINDS = {"text", "image", "voice", "video", "music", "news", "mpnews", "msgmenu", "wxcard", "miniprogrampage"}
_ESCAPE = re.compile(rb"\\u[0-9a-fA-F]{4}")


def _error(code: int, message: str) -> JsonResponse:
    return JsonResponse({"errcode": code, "errmsg": message})


def _fault(request: HttpRequest) -> JsonResponse | None:
    fault = world().fault_for(request.path)
    if fault and fault.delay:
        time.sleep(fault.delay)
    return _error(fault.code, "fault") if fault and fault.code else None


def _body(request: HttpRequest) -> dict[str, Any]:
    data = json.loads(request.body)
    if not isinstance(data, dict):
        raise ValueError("not an object")
    return data


def stable_token(request: HttpRequest) -> JsonResponse:
    """POST /cgi-bin/stable_token"""
    if fault := _fault(request):
        return fault
    try:
        data = _body(request)
    except ValueError:
        return _error(47001, "data format error")
    account = world().account_of_app_id(str(data.get("appid", "")))
    if account is None:
        return _error(40013, "invalid appid")
    if data.get("secret") != account["app_secret"]:
        return _error(40125, "invalid appsecret")
    token, until = _token(world(), account["slug"], bool(data.get("force_refresh")))
    return JsonResponse({"access_token": token, "expires_in": int(until - time.time())})


def _token(here: World, slug: str, force: bool) -> tuple[str, float]:
    with here.lock:
        token, until = here.tokens.get(slug, ("", 0.0))
        if force or until < time.time():
            token, until = f"sandbox_{secrets.token_hex(32)}", time.time() + TOKEN_SECONDS
            here.tokens[slug] = (token, until)
        return token, until


def _account_of_token(here: World, token: str) -> tuple[str, int]:
    """Return the account's slug and 0, or the error code."""
    if not token:
        return "", 41001
    for slug, (known, until) in here.tokens.items():
        if known == token:
            return slug, 0 if until > time.time() else 42001
    return "", 40001


def with_token(view: Callable[[HttpRequest, str], JsonResponse]) -> Callable[[HttpRequest], JsonResponse]:
    """Check the access token first, and play the faults."""

    def checked(request: HttpRequest) -> JsonResponse:
        if fault := _fault(request):
            return fault
        slug, code = _account_of_token(world(), request.GET.get("access_token", ""))
        return _error(code, "invalid credential") if code else view(request, slug)

    return checked


@with_token
def custom_send(request: HttpRequest, slug: str) -> JsonResponse:
    """POST /cgi-bin/message/custom/send"""
    if _ESCAPE.search(request.body):
        return _error(40033, "invalid charset: \\uXXXX")
    try:
        data = _body(request)
    except ValueError:
        return _error(47001, "data format error")
    kind = str(data.get("msgtype", ""))
    if kind not in KINDS or not isinstance(data.get(kind), dict):
        return _error(40008, "invalid message type")
    text = str(data[kind].get("content", "")) if kind == "text" else json.dumps(data[kind], ensure_ascii=False)
    if kind == "text" and len(text.encode()) > TEXT_LIMIT:
        return _error(45002, "content size out of limit")
    return _spend(world(), slug, str(data.get("touser", "")), kind, text)


def _spend(here: World, slug: str, openid: str, kind: str, text: str) -> JsonResponse:
    with here.lock:
        if (slug, openid) not in here.windows:
            return _error(40003, "invalid openid")
        window = here.window(slug, openid)
        if window.until < time.time():
            return _error(45015, "response out of time limit")
        if window.left <= 0:
            return _error(45047, "out of response count limit")
        window.left -= 1
        here.add("phone", account=slug, openid=openid, kind=kind, text=text)
    return _error(0, "ok")


@with_token
def typing(request: HttpRequest, slug: str) -> JsonResponse:
    """POST /cgi-bin/message/custom/typing"""
    return _error(0, "ok")


@with_token
def user_info(request: HttpRequest, slug: str) -> JsonResponse:
    """GET /cgi-bin/user/info: no nickname and no avatar, as since the end of 2021."""
    openid = request.GET.get("openid", "")
    if (slug, openid) not in world().windows:
        return _error(40003, "invalid openid")
    scene = {"subscribe_scene": "ADD_SCENE_SEARCH", "qr_scene": 0, "qr_scene_str": ""}
    return JsonResponse(
        {"subscribe": 1, "openid": openid, "language": "zh_CN", "remark": "", "tagid_list": [], **scene}
    )


def follow_window(slug: str, openid: str) -> None:
    """A customer follows the account: three messages within a minute."""
    with world().lock:
        world().window(slug, openid).opened(time.time(), FOLLOW_SECONDS, FOLLOW_COUNT)
