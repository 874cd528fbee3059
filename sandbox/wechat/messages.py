"""Customer-service messages, with their window and count, and the sign that somebody is typing."""

from __future__ import annotations

import json
import re
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from sandbox import media
from sandbox.wechat import state
from sandbox.wechat.answers import error, with_token
from sandbox.world import World, json_object, world

TEXT_LIMIT = 2048
KINDS = {"text", "image", "voice", "video", "music", "news", "mpnews", "msgmenu", "wxcard", "miniprogrampage"}
MINI_KINDS = {"text", "image", "link", "miniprogrampage"}
_ESCAPE = re.compile(rb"\\u[0-9a-fA-F]{4}")


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
    staff = data.get("customservice")
    name = str(staff.get("kf_account", "")) if isinstance(staff, dict) else ""
    if name and name not in state.of(slug).staff:
        return error(65401, "invalid custom service account")
    sender = state.of(slug).staff[name]["kf_nick"] if name else ""
    return (
        error(code, message) if code else _spend(world(), slug, str(data.get("touser", "")), kind, data[kind], sender)
    )


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


def _spend(here: World, slug: str, openid: str, kind: str, content: dict[str, Any], sender: str) -> JsonResponse:
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
        here.add("phone", account=slug, openid=openid, kind=kind, text=text, url=url, peer=sender)
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
