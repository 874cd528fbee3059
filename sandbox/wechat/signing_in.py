"""The two calls that give an access token."""

from __future__ import annotations

from math import ceil
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from sandbox.wechat.answers import error, play
from sandbox.wechat.tokens import classic, may_force, refusal, stable
from sandbox.world import json_object, world


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
    code, message = refusal(data.get("grant_type"), data.get("secret"), account)
    if code or account is None:
        return error(code, message)
    force = bool(data.get("force_refresh"))
    if force and not may_force(world(), account["slug"]):
        return error(45011, "api minute-quota reach limit")
    return _token(*stable(world(), account["slug"], force))


def token(request: HttpRequest) -> HttpResponseBase:
    """GET /cgi-bin/token: a new token at every call."""
    asked = request.GET
    account = world().account_of_app_id(asked.get("appid", ""))
    fault = world().fault_for(request.path, account["slug"] if account else "")
    code, message = refusal(asked.get("grant_type"), asked.get("secret"), account)
    if code or account is None:
        return play(fault, lambda: error(code, message))
    return play(fault, lambda: _token(*classic(world(), account["slug"])))


def _token(token: str, until: float) -> JsonResponse:
    return JsonResponse({"access_token": token, "expires_in": ceil(until - world().now())})
