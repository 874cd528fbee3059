"""How the sandbox's WeChat answers: errors with HTTP 200, faults first, then the access token."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from sandbox.garbled import garbled
from sandbox.wechat.tokens import account_of
from sandbox.world import Fault, json_object, world

View = Callable[[HttpRequest, str], HttpResponseBase]
Call = Callable[[str, dict[str, Any]], HttpResponseBase]


def error(code: int, message: str = "ok") -> JsonResponse:
    """Answer as WeChat does, with HTTP 200; codes other than 0 are counted."""
    if code:
        world().refused(code)
    return JsonResponse({"errcode": code, "errmsg": message})


def done(**more: Any) -> JsonResponse:
    """Answer that the call took effect."""
    return JsonResponse({"errcode": 0, "errmsg": "ok", **more})


def play(fault: Fault | None, answer: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Return the answer, or what a fault makes of it: its code, its delay, no words of WeChat's, or an answer that comes too late."""
    if fault is None:
        return answer()
    other = garbled(fault)
    reply = answer() if fault.after or not (fault.code or other) else None
    if fault.delay:
        time.sleep(fault.delay)
    return other or (error(fault.code, "fault") if fault.code else reply or answer())


def with_token(view: View) -> Callable[[HttpRequest], HttpResponseBase]:
    """Check the access token first, and play the faults."""

    def checked(request: HttpRequest) -> HttpResponseBase:
        slug, code = account_of(world(), request.GET.get("access_token", ""))
        fault = world().fault_for(request.path, slug)
        return play(fault, lambda: error(code, "invalid credential") if code else view(request, slug))

    return checked


def with_json(call: Call) -> Callable[[HttpRequest], HttpResponseBase]:
    """Check the access token, then give the account and the JSON object of the body to the call."""

    def read(request: HttpRequest, slug: str) -> HttpResponseBase:
        if request.method != "POST":
            return error(43002, "require POST method")
        try:
            data = json_object(request.body)
        except ValueError:
            return error(47001, "data format error")
        with world().lock:
            return call(slug, data)

    return with_token(read)


def reading(call: Callable[[str], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Check the access token, then give the account to a call that takes nothing else."""

    def read(request: HttpRequest, slug: str) -> HttpResponseBase:
        with world().lock:
            return call(slug)

    return with_token(read)


def unknown(request: HttpRequest, path: str) -> JsonResponse:
    """Answer a path that WeChat does not have."""
    world().fault_for(request.path)
    return error(40066, "invalid url")
