"""Tags of followers: at most 100 in an account, 30 bytes each, 20 on a follower; 0 to 2 are WeChat's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import JsonResponse

from sandbox.wechat import state
from sandbox.wechat.answers import done, error, reading, with_json
from sandbox.wechat.users import known, paged
from sandbox.world import world

TAGS, NAME_BYTES, TAGS_OF_ONE, AT_ONCE = 100, 30, 20, 50
OWN = (0, 1, 2)


def _tag(data: dict[str, Any]) -> dict[str, Any]:
    return data["tag"] if isinstance(data.get("tag"), dict) else {}


def _number(value: Any) -> int:
    return int(value) if str(value).isdecimal() else -1


def _name_refused(slug: str, name: str) -> tuple[int, str]:
    if not name or name in state.of(slug).tags.values():
        return 45157, "invalid tag name"
    return (45158, "tag name length over 30 bytes") if len(name.encode()) > NAME_BYTES else (0, "")


@with_json
def create(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/tags/create: {tag: {name}}"""
    here, name = state.of(slug), str(_tag(data).get("name", ""))
    code, message = _name_refused(slug, name)
    if not code and len(here.tags) >= TAGS:
        code, message = 45056, "too many tags"
    if code:
        return error(code, message)
    number = next(here.numbers)
    here.tags[number] = name
    return JsonResponse({"tag": {"id": number, "name": name}})


@reading
def listed(slug: str) -> JsonResponse:
    """GET /cgi-bin/tags/get"""
    here = state.of(slug)
    counted = {number: sum(number in one.tags for one in here.followers.values()) for number in here.tags}
    return JsonResponse(
        {"tags": [{"id": number, "name": name, "count": counted[number]} for number, name in here.tags.items()]}
    )


@with_json
def update(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/tags/update: {tag: {id, name}}"""
    number, name = _number(_tag(data).get("id")), str(_tag(data).get("name", ""))
    code, message = _changing_refused(slug, number)
    if not code and state.of(slug).tags[number] != name:
        code, message = _name_refused(slug, name)
    if code:
        return error(code, message)
    state.of(slug).tags[number] = name
    return done()


@with_json
def delete(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/tags/delete: {tag: {id}}; followers lose it."""
    number, here = _number(_tag(data).get("id")), state.of(slug)
    code, message = _changing_refused(slug, number)
    if code:
        return error(code, message)
    del here.tags[number]
    for follower in here.followers.values():
        follower.tags = [one for one in follower.tags if one != number]
    return done()


def _changing_refused(slug: str, number: int) -> tuple[int, str]:
    if number in OWN:
        return 45058, "system tag can not be modified"
    return (0, "") if number in state.of(slug).tags else (45159, "invalid tag")


def _members(change: Callable[[state.Follower, int], None]) -> Any:
    @with_json
    def changed(slug: str, data: dict[str, Any]) -> JsonResponse:
        openids, number = data.get("openid_list"), _number(data.get("tagid"))
        if not isinstance(openids, list) or not 0 < len(openids) <= AT_ONCE:
            return error(40032, "invalid openid list size")
        if number not in state.of(slug).tags:
            return error(45159, "invalid tag")
        followers = [known(slug, str(openid)) for openid in openids]
        if any(follower is None for follower in followers):
            return error(40003, "invalid openid")
        if change is _add and any(len({*one.tags, number}) > TAGS_OF_ONE for one in followers if one):
            return error(45059, "fans over the tag limit")
        for follower in followers:
            if follower:
                change(follower, number)
        world().menu_changed()
        return done()

    return changed


def _add(follower: state.Follower, number: int) -> None:
    if number not in follower.tags:
        follower.tags.append(number)


def _remove(follower: state.Follower, number: int) -> None:
    follower.tags = [one for one in follower.tags if one != number]


tag_members = _members(_add)
untag_members = _members(_remove)


@with_json
def of_one(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/tags/getidlist: {openid}"""
    follower = known(slug, str(data.get("openid", "")))
    return JsonResponse({"tagid_list": follower.tags}) if follower else error(40003, "invalid openid")


@with_json
def members(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/user/tag/get: {tagid, next_openid}"""
    number = _number(data.get("tagid"))
    if number not in state.of(slug).tags:
        return error(45159, "invalid tag")
    tagged = [openid for openid, one in state.of(slug).followers.items() if number in one.tags and one.follows]
    return JsonResponse(paged(tagged, str(data.get("next_openid", ""))))
