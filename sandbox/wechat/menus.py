"""Menus: the default one, conditional ones by tag, and what the console holds."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse

from sandbox.wechat import state
from sandbox.wechat.answers import done, error, reading, with_json
from sandbox.wechat.users import known
from sandbox.world import world

BUTTONS, SUB_BUTTONS = 3, 5
NAME_BYTES, SUB_NAME_BYTES, KEY_BYTES, URL_BYTES = 16, 60, 128, 1024
# What each type of button must have.
NEEDED = {
    "click": "key",
    "view": "url",
    "scancode_push": "key",
    "scancode_waitmsg": "key",
    "pic_sysphoto": "key",
    "pic_photo_or_album": "key",
    "pic_weixin": "key",
    "location_select": "key",
    "media_id": "media_id",
    "view_limited": "media_id",
    "article_id": "article_id",
    "article_view_limited": "article_id",
    "miniprogram": "url",
}
# Where a value does not fit: the code of a button, and of one in a submenu.
CODES = {"type": (40017, 40024), "name": (40018, 40025), "key": (40019, 40026), "url": (40020, 40027)}


def refusal(buttons: Any) -> int:
    """Return the code with which WeChat refuses these buttons; 0 where it takes them."""
    if not isinstance(buttons, list) or not 0 < len(buttons) <= BUTTONS:
        return 40016
    return next((code for one in buttons if (code := _refused(one, sub=False))), 0)


def _refused(button: Any, *, sub: bool) -> int:
    if not isinstance(button, dict):
        return 40015
    name = str(button.get("name") or "").encode()
    if not 0 < len(name) <= (SUB_NAME_BYTES if sub else NAME_BYTES):
        return CODES["name"][sub]
    below = button.get("sub_button")
    if below and sub:
        return 40022
    if below:
        if not isinstance(below, list) or len(below) > SUB_BUTTONS:
            return 40023
        return next((code for one in below if (code := _refused(one, sub=True))), 0)
    return _value_refused(button, sub)


def _value_refused(button: dict[str, Any], sub: bool) -> int:
    needed = NEEDED.get(str(button.get("type")))
    if needed is None:
        return CODES["type"][sub]
    value = str(button.get(needed) or "")
    if needed in ("media_id", "article_id"):
        return 0 if value else 40007
    limit = KEY_BYTES if needed == "key" else URL_BYTES
    fits = 0 < len(value.encode()) <= limit and (needed == "key" or value.startswith(("http://", "https://")))
    if fits and button["type"] == "miniprogram" and not (button.get("appid") and button.get("pagepath")):
        return 40013
    return 0 if fits else CODES[needed][sub]


@with_json
def create(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/menu/create: {button}"""
    if code := refusal(data.get("button")):
        return error(code, "invalid button")
    state.of(slug).menu = {"button": data["button"]}
    world().menu_changed()
    return done()


def _shown(buttons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**one, "sub_button": _shown(one.get("sub_button") or [])} for one in buttons]


@reading
def read(slug: str) -> JsonResponse:
    """GET /cgi-bin/menu/get"""
    here = state.of(slug)
    if here.menu is None:
        return error(46003, "menu no exist")
    answer: dict[str, Any] = {"menu": {"button": _shown(here.menu["button"])}}
    if here.conditional:
        answer["conditionalmenu"] = [
            {"button": _shown(one["button"]), "matchrule": one["matchrule"], "menuid": number}
            for number, one in here.conditional.items()
        ]
    return JsonResponse(answer)


@reading
def delete(slug: str) -> JsonResponse:
    """GET /cgi-bin/menu/delete: the conditional ones go too."""
    here = state.of(slug)
    here.menu = None
    here.conditional.clear()
    world().menu_changed()
    return done()


@with_json
def add_conditional(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/menu/addconditional: {button, matchrule: {tag_id, client_platform_type}}"""
    here, rule = state.of(slug), data.get("matchrule")
    if here.menu is None:
        return error(65303, "there is no selfmenu, please create selfmenu first")
    if not isinstance(rule, dict) or not any(rule.values()):
        return error(65304, "match rule empty")
    if code := refusal(data.get("button")):
        return error(code, "invalid button")
    number = next(here.numbers)
    here.conditional[number] = {"button": data["button"], "matchrule": rule}
    world().menu_changed()
    return JsonResponse({"menuid": str(number)})


@with_json
def delete_conditional(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/menu/delconditional: {menuid}"""
    number = str(data.get("menuid", ""))
    if not number.isdecimal() or state.of(slug).conditional.pop(int(number), None) is None:
        return error(65301, "not exist this menuid")
    world().menu_changed()
    return done()


@with_json
def try_match(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/menu/trymatch: {user_id}, an openid; the menu that this person sees."""
    if known(slug, str(data.get("user_id", ""))) is None:
        return error(65302, "there is no such user")
    buttons = seen_by(slug, str(data["user_id"]))
    return JsonResponse({"button": _shown(buttons)}) if buttons else error(46003, "menu no exist")


def seen_by(slug: str, openid: str) -> list[dict[str, Any]]:
    """Return the buttons that somebody sees: the newest conditional menu that fits, else the default one."""
    here, follower = state.of(slug), state.of(slug).followers.get(openid)
    tags = {str(one) for one in follower.tags} if follower else set()
    for one in reversed(here.conditional.values()):
        if str(one["matchrule"].get("tag_id", "")) in tags:
            return list(one["button"])
    return list(here.menu["button"]) if here.menu else []


@reading
def current(slug: str) -> JsonResponse:
    """GET /cgi-bin/get_current_selfmenu_info: what was set by API, else what the console holds."""
    here = state.of(slug)
    if here.menu is None:
        return JsonResponse(
            {"is_menu_open": 1, "selfmenu_info": here.console_menu} if here.console_menu else {"is_menu_open": 0}
        )
    buttons = [
        {"name": one["name"], "sub_button": {"list": one["sub_button"]}} if one.get("sub_button") else one
        for one in here.menu["button"]
    ]
    return JsonResponse({"is_menu_open": 1, "selfmenu_info": {"button": buttons}})


@reading
def replies(slug: str) -> JsonResponse:
    """GET /cgi-bin/get_current_autoreply_info: only what was set in the console."""
    return JsonResponse({"is_add_friend_reply_open": 0, "is_autoreply_open": 0, **state.of(slug).console_replies})
