"""Followers: who they are, all of them page by page, their remark."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from sandbox.wechat import state
from sandbox.wechat.answers import done, error, with_json, with_token
from sandbox.world import world

PAGE = 10_000
AT_ONCE = 100
REMARK_LENGTH = 30


def known(slug: str, openid: str) -> state.Follower | None:
    """Return somebody who follows, once followed or has written; None for a stranger."""
    follower = state.of(slug).followers.get(openid)
    wrote = (slug, openid) in world().windows
    return follower or (state.of(slug).followers.setdefault(openid, state.Follower()) if wrote else None)


def _shown(openid: str, follower: state.Follower) -> dict[str, Any]:
    """Return what WeChat tells of somebody: no nickname and no avatar, as since the end of 2021."""
    # The sandbox's people are the same in all accounts when their openids end alike.
    unionid = f"u{openid[-24:]}"
    if not follower.follows:
        return {"subscribe": 0, "openid": openid, "unionid": unionid}
    return {
        "subscribe": 1,
        "openid": openid,
        "unionid": unionid,
        "language": "zh_CN",
        "subscribe_time": follower.since,
        "remark": follower.remark,
        "tagid_list": list(follower.tags),
        "subscribe_scene": follower.how,
        "qr_scene": int(follower.scene) if follower.scene.isdecimal() else 0,
        "qr_scene_str": "" if follower.scene.isdecimal() else follower.scene,
    }


@with_token
def info(request: HttpRequest, slug: str) -> HttpResponseBase:
    """GET /cgi-bin/user/info?openid="""
    openid = request.GET.get("openid", "")
    follower = known(slug, openid)
    return JsonResponse(_shown(openid, follower)) if follower else error(40003, "invalid openid")


@with_json
def batch(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/user/info/batchget: {user_list: [{openid}]}, at most 100."""
    asked = [str(one.get("openid", "")) for one in data.get("user_list", []) if isinstance(one, dict)]
    if not 0 < len(asked) <= AT_ONCE:
        return error(40032, "invalid openid list size")
    found = [(openid, known(slug, openid)) for openid in asked]
    if any(follower is None for _openid, follower in found):
        return error(40003, "invalid openid")
    return JsonResponse({"user_info_list": [_shown(openid, follower) for openid, follower in found if follower]})


@with_token
def followers(request: HttpRequest, slug: str) -> HttpResponseBase:
    """GET /cgi-bin/user/get?next_openid=: 10,000 followers after that one."""
    with world().lock:
        following = [openid for openid, one in state.of(slug).followers.items() if one.follows]
    return JsonResponse({"total": len(following), **paged(following, request.GET.get("next_openid", ""))})


def paged(openids: list[str], after: str) -> dict[str, Any]:
    """Return WeChat's page of openids behind `after`; `data` is left out where there is none."""
    start = openids.index(after) + 1 if after in openids else 0
    page = openids[start : start + PAGE]
    data = {"data": {"openid": page}} if page else {}
    return {"count": len(page), **data, "next_openid": page[-1] if page else ""}


@with_json
def remark(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/user/info/updateremark: {openid, remark}, fewer than 30 characters."""
    follower, text = known(slug, str(data.get("openid", ""))), str(data.get("remark", ""))
    if follower is None:
        return error(40003, "invalid openid")
    if len(text) >= REMARK_LENGTH:
        return error(40035, "invalid parameter")
    follower.remark = text
    return done()
