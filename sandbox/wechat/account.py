"""Calls about the account itself: its daily quota, and from where WeChat calls."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse

from sandbox.wechat import state
from sandbox.wechat.answers import done, error, reading, with_json
from sandbox.world import world

CLEARED_A_MONTH, MONTH = 10, 30 * 86400.0


@with_json
def clear_quota(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/clear_quota: {appid}, ten times a month."""
    if data.get("appid") != world().account(slug)["app_id"]:
        return error(40013, "invalid appid")
    here = state.of(slug)
    here.cleared = [at for at in here.cleared if at > world().now() - MONTH]
    if len(here.cleared) >= CLEARED_A_MONTH:
        return error(48006, "forbid to clear quota because of reaching the limit")
    here.cleared.append(world().now())
    return done()


@reading
def addresses(slug: str) -> JsonResponse:
    """GET /cgi-bin/getcallbackip and get_api_domain_ip: this machine."""
    return JsonResponse({"ip_list": ["127.0.0.1"]})


@with_json
def check(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/callback/check: {action, check_operator}"""
    if data.get("action") not in ("dns", "ping", "all") or "check_operator" not in data:
        return error(40035, "invalid parameter")
    found = {"ip": "127.0.0.1", "real_operator": "DEFAULT"}
    pinged = {"ip": "127.0.0.1", "from_operator": "DEFAULT", "package_loss": "0%", "time": "1.0ms"}
    return done(dns=[found], ping=[pinged])
