"""The sandbox's WeChat API: tokens, customer-service messages with their window, media, user info."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from django.http import FileResponse, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from sandbox import media
from sandbox.world import TOKEN_SECONDS, Fault, World, json_object, world

TEXT_LIMIT = 2048
KINDS = {"text", "image", "voice", "video", "music", "news", "mpnews", "msgmenu", "wxcard", "miniprogrampage"}
MINI_KINDS = {"text", "image", "link", "miniprogrampage"}
FORCED_A_DAY, FORCED_PAUSE = 20, 30.0
_ESCAPE = re.compile(rb"\\u[0-9a-fA-F]{4}")
View = Callable[[HttpRequest, str], HttpResponseBase]


def error(code: int, message: str) -> JsonResponse:
    """Answer as WeChat does, with HTTP 200; codes other than 0 are counted."""
    if code:
        world().refused(code)
    return JsonResponse({"errcode": code, "errmsg": message})


def play(fault: Fault | None, answer: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Return the answer, or what a fault makes of it: its code, its delay, or an answer that comes too late."""
    if fault is None:
        return answer()
    reply = answer() if fault.after or not fault.code else None
    if fault.delay:
        time.sleep(fault.delay)
    return error(fault.code, "fault") if fault.code else reply or answer()


def stable_token(request: HttpRequest) -> HttpResponseBase:
    """POST /cgi-bin/stable_token: the same token while it lives, unless forced, which kills the old one."""
    try:
        data = json_object(request.body)
    except ValueError:
        data = {}
    account = world().account_of_app_id(str(data.get("appid", "")))
    fault = world().fault_for(request.path, account["slug"] if account else "")
    return play(fault, lambda: _stable_token(data, account))


def _stable_token(data: dict[str, Any], account: dict[str, Any] | None) -> JsonResponse:
    if data.get("grant_type") != "client_credential":
        return error(40002, "invalid grant_type")
    if account is None:
        return error(40013, "invalid appid")
    if data.get("secret") != account["app_secret"]:
        return error(40125, "invalid appsecret")
    force = bool(data.get("force_refresh"))
    if force and not _may_force(world(), account["slug"]):
        return error(45011, "api minute-quota reach limit")
    token, until = _token(world(), account["slug"], force)
    return JsonResponse({"access_token": token, "expires_in": int(until - world().now())})


def _may_force(here: World, slug: str) -> bool:
    """Forcing is allowed 20 times a day, 30 seconds apart."""
    with here.lock:
        now = here.now()
        forced = [at for at in here.forced.get(slug, []) if now - at < 86400]
        allowed = len(forced) < FORCED_A_DAY and (not forced or now - forced[-1] >= FORCED_PAUSE)
        here.forced[slug] = [*forced, now] if allowed else forced
        return allowed


def _token(here: World, slug: str, force: bool) -> tuple[str, float]:
    with here.lock:
        token, until = here.tokens.get(slug, ("", 0.0))
        if force or until < here.now():
            token, until = f"sandbox_{secrets.token_hex(32)}", here.now() + TOKEN_SECONDS
            here.tokens[slug] = (token, until)
        return token, until


def _account_of_token(here: World, token: str) -> tuple[str, int]:
    """Return the account's slug and 0, or the error code."""
    if not token:
        return "", 41001
    for slug, (known, until) in here.tokens.items():
        if known == token:
            return slug, 0 if until > here.now() else 42001
    return "", 40001


def with_token(view: View) -> Callable[[HttpRequest], HttpResponseBase]:
    """Check the access token first, and play the faults."""

    def checked(request: HttpRequest) -> HttpResponseBase:
        slug, code = _account_of_token(world(), request.GET.get("access_token", ""))
        fault = world().fault_for(request.path, slug)
        return play(fault, lambda: error(code, "invalid credential") if code else view(request, slug))

    return checked


@with_token
def custom_send(request: HttpRequest, slug: str) -> HttpResponseBase:
    """POST /cgi-bin/message/custom/send"""
    if _ESCAPE.search(request.body):
        return error(40033, "invalid charset: \\uXXXX")
    try:
        data = json_object(request.body)
    except ValueError:
        return error(47001, "data format error")
    kind = str(data.get("msgtype", ""))
    mini = world().account(slug).get("kind") == "mini_program"
    if kind not in (MINI_KINDS if mini else KINDS) or not isinstance(data.get(kind), dict):
        return error(40008, "invalid message type")
    code, message = _check_content(world(), slug, kind, data[kind])
    return error(code, message) if code else _spend(world(), slug, str(data.get("touser", "")), kind, data[kind])


def _check_content(here: World, slug: str, kind: str, content: dict[str, Any]) -> tuple[int, str]:
    if kind == "text" and len(str(content.get("content", "")).encode()) > TEXT_LIMIT:
        return 45002, "content size out of limit"
    if kind == "text" and not content.get("content"):
        return 44004, "empty content"
    if kind == "news" and len(content.get("articles") or []) != 1:
        return 45008, "article size out of limit"
    if kind == "msgmenu" and not all(item.get("content") for item in content.get("list") or [{}]):
        return 45064, "invalid menu"
    needed = [content.get(name) for name in ("media_id", "thumb_media_id") if name in content]
    if kind in ("image", "voice", "video") and not content.get("media_id"):
        return 40007, "invalid media_id"
    if any(not media.find(here, str(one), slug) for one in needed):
        return 40007, "invalid media_id"
    return 0, ""


def _spend(here: World, slug: str, openid: str, kind: str, content: dict[str, Any]) -> JsonResponse:
    with here.lock:
        if (slug, openid) not in here.windows:
            return error(40003, "invalid openid")
        window = here.window(slug, openid)
        if window.until < here.now():
            return error(45015, "response out of time limit")
        if window.left <= 0:
            return error(45047, "out of response count limit")
        window.left -= 1
        text = str(content.get("content", "")) if kind == "text" else json.dumps(content, ensure_ascii=False)
        media_id = content.get("media_id")
        url = f"/play/file/{media_id}" if media_id else ""
        here.add("phone", account=slug, openid=openid, kind=kind, text=text, url=url)
    return error(0, "ok")


@with_token
def typing(request: HttpRequest, slug: str) -> HttpResponseBase:
    """POST /cgi-bin/message/custom/typing: only within the window; it costs nothing."""
    data = json_object(request.body)
    if data.get("command") not in ("Typing", "CancelTyping"):
        return error(45072, "command invalid")
    window = world().windows.get((slug, str(data.get("touser", ""))))
    if window is None or window.until < world().now():
        return error(45080, "client had sent no message in 30 s")
    window.typing = data["command"] == "Typing"
    return error(0, "ok")


@with_token
def media_upload(request: HttpRequest, slug: str) -> HttpResponseBase:
    """POST /cgi-bin/media/upload?type=: a form with the file as `media`; it lives for three days."""
    kind, file = request.GET.get("type", ""), request.FILES.get("media")
    if file is None:
        return error(41005, "media data missing")
    code, message = media.refusal(kind, file)
    if code:
        return error(code, message)
    mime, name = file.content_type or "application/octet-stream", file.name or "file"
    media_id = media.save(world(), file, account=slug, kind=kind, mime=mime, name=name)
    return JsonResponse({"type": kind, "media_id": media_id, "created_at": int(time.time())})


@with_token
def media_get(request: HttpRequest, slug: str) -> HttpResponseBase:
    """GET /cgi-bin/media/get?media_id=: the file; for a film, as documented, JSON with the address it is at."""
    stored = media.find(world(), request.GET.get("media_id", ""), slug)
    if stored is None:
        return error(40007, "invalid media_id")
    if stored.kind == "video":
        return JsonResponse({"video_url": request.build_absolute_uri(f"/play/file/{request.GET['media_id']}")})
    return FileResponse(stored.path.open("rb"), content_type=stored.mime, filename=stored.name)


@with_token
def user_info(request: HttpRequest, slug: str) -> HttpResponseBase:
    """GET /cgi-bin/user/info: no nickname and no avatar, as since the end of 2021."""
    openid = request.GET.get("openid", "")
    if (slug, openid) not in world().windows:
        return error(40003, "invalid openid")
    scene = {"subscribe_scene": "ADD_SCENE_SEARCH", "qr_scene": 0, "qr_scene_str": ""}
    # The sandbox's people are the same in all accounts when their openids end alike.
    unionid = f"u{openid[-24:]}"
    return JsonResponse(
        {
            "subscribe": 1,
            "openid": openid,
            "unionid": unionid,
            "language": "zh_CN",
            "remark": "",
            "tagid_list": [],
            **scene,
        }
    )
