"""QR codes with a scene. `play.scan` scans them."""

from __future__ import annotations

import io
import secrets
from typing import Any

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse

from sandbox.wechat import state
from sandbox.wechat.answers import error, with_json
from sandbox.world import world

DEFAULT_SECONDS, MOST_SECONDS = 60, 2_592_000
NUMBERS, LASTING_NUMBERS, SCENE_LENGTH = 2**32, 100_000, 64
ADDRESS = "http://weixin.qq.com/q/"


def _scene(data: dict[str, Any]) -> str | None:
    """Return the scene that a code is to carry; None where it is not valid."""
    action, info = data.get("action_name"), data.get("action_info")
    scene = info.get("scene") if isinstance(info, dict) else None
    if not isinstance(scene, dict):
        return None
    if action in ("QR_SCENE", "QR_LIMIT_SCENE"):
        number = scene.get("scene_id")
        most = LASTING_NUMBERS if action == "QR_LIMIT_SCENE" else NUMBERS - 1
        return str(number) if isinstance(number, int) and 0 < number <= most else None
    text = scene.get("scene_str")
    fits = action in ("QR_STR_SCENE", "QR_LIMIT_STR_SCENE") and isinstance(text, str) and 0 < len(text) <= SCENE_LENGTH
    return str(text) if fits else None


@with_json
def create(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/qrcode/create: {action_name, action_info: {scene}, expire_seconds}"""
    scene, seconds = _scene(data), data.get("expire_seconds", DEFAULT_SECONDS)
    if scene is None or not isinstance(seconds, int) or not 0 < seconds <= MOST_SECONDS:
        return error(40053, "invalid action info")
    ticket = secrets.token_urlsafe(48)
    lasting = "LIMIT" in data["action_name"]
    until = float("inf") if lasting else world().now() + seconds
    state.of(slug).tickets[ticket] = (scene, until)
    life = {} if lasting else {"expire_seconds": seconds}
    return JsonResponse({"ticket": ticket, **life, "url": f"{ADDRESS}{ticket}"})


def scanned(slug: str, code: str) -> tuple[str, str] | None:
    """Return ticket and scene of a code that is scanned, by its ticket or its address; None where it is over or unknown."""
    ticket = code.removeprefix(ADDRESS)
    scene, until = state.of(slug).tickets.get(ticket, ("", 0.0))
    return (ticket, scene) if scene and until > world().now() else None


def picture(request: HttpRequest) -> HttpResponse:
    """GET /cgi-bin/showqrcode?ticket=: the code as a picture; 404 for a wrong ticket. No access token is asked for."""
    ticket = request.GET.get("ticket", "")
    if not any(ticket in one.tickets for one in world().wechat.values()):
        return HttpResponseNotFound()
    drawn = io.BytesIO()
    segno.make(f"{ADDRESS}{ticket}").save(drawn, kind="png", scale=8)
    return HttpResponse(drawn.getvalue(), content_type="image/png")
