"""What reaches people outside the window: template messages, and subscription notices of which each needs an acceptance."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.http import JsonResponse

from sandbox import pushing
from sandbox.wechat import state
from sandbox.wechat.answers import done, error, reading, with_json
from sandbox.wechat.events import fields
from sandbox.wechat.users import known
from sandbox.world import world

TEMPLATES = 25
SAME_SECONDS = 600
_NAMES = re.compile(r"\{\{(\w+)\.DATA\}\}")
# What a value of each type may be; the type is the name without its number.
VALUES: dict[str, Callable[[str], object]] = {
    "thing": lambda text: len(text) <= 20,
    "phrase": re.compile(r"[\u4e00-\u9fff]{1,5}").fullmatch,
    "character_string": re.compile(r"[\x21-\x7e]{1,32}").fullmatch,
    "number": re.compile(r"[0-9.]{1,32}").fullmatch,
    "letter": re.compile(r"[A-Za-z]{1,32}").fullmatch,
    "symbol": lambda text: len(text) <= 5,
    "name": re.compile(r"[\u4e00-\u9fff·]{1,10}|[A-Za-z .]{1,20}").fullmatch,
    "phone_number": re.compile(r"[0-9+-]{1,17}").fullmatch,
    "car_number": lambda text: len(text) <= 8,
}


@reading
def templates(slug: str) -> JsonResponse:
    """GET /cgi-bin/template/get_all_private_template"""
    lasting = [one for one in state.of(slug).templates.values() if one["kind"] == "template"]
    names = ("template_id", "title", "primary_industry", "deputy_industry", "content", "example")
    return JsonResponse({"template_list": [{name: one.get(name, "") for name in names} for one in lasting]})


@with_json
def add_template(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/template/api_add_template: {template_id_short}; the words are the sandbox's own."""
    here, short = state.of(slug), str(data.get("template_id_short", ""))
    if not short:
        return error(40037, "invalid template_id")
    if len(here.templates) >= TEMPLATES:
        return error(45026, "template num exceeds limit")
    made = f"{short}_{next(here.numbers)}"
    put(slug, made, f"Template {short}", "{{first.DATA}}\n{{keyword1.DATA}}")
    return done(template_id=made)


def put(slug: str, template_id: str, title: str, content: str, kind: str = "template") -> None:
    """Give an account a template: "template" or "subscription"."""
    made = {"template_id": template_id, "title": title, "content": content, "example": "", "kind": kind}
    state.of(slug).templates[template_id] = made


@with_json
def delete_template(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/template/del_private_template: {template_id}"""
    gone = state.of(slug).templates.pop(str(data.get("template_id", "")), None)
    return done() if gone else error(40037, "invalid template_id")


@with_json
def send(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/message/template/send: {touser, template_id, data, url, miniprogram, client_msg_id}

    The same openid and client_msg_id within ten minutes is sent once. What came of it follows as an event.
    """
    here, openid = state.of(slug), str(data.get("touser", ""))
    template, follower = here.templates.get(str(data.get("template_id", ""))), known(slug, openid)
    if template is None or template["kind"] != "template":
        return error(40037, "invalid template_id")
    if follower is None:
        return error(40003, "invalid openid")
    if not follower.follows:
        return error(43004, "require subscribe")
    once = (openid, str(data.get("client_msg_id", "")))
    at, number = here.sent.get(once, (0.0, 0))
    if once[1] and at > world().now() - SAME_SECONDS:
        return done(msgid=number)
    number = next(here.numbers)
    here.sent[once] = (world().now(), number)
    _show(slug, openid, template, data)
    more = {"MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgID": number, "Status": "success"}
    pushing.wechat_push(slug, fields(openid, **more))
    return done(msgid=number)


def _show(slug: str, openid: str, template: dict[str, Any], data: dict[str, Any]) -> None:
    given = data.get("data")
    values = given if isinstance(given, dict) else {}

    def value(match: re.Match[str]) -> str:
        one = values.get(match[1])
        return str(one.get("value", "")) if isinstance(one, dict) else ""

    text = f"{template['title']}\n{_NAMES.sub(value, template['content']).strip()}"
    address = str(data.get("url") or data.get("page") or "")
    world().add("phone", account=slug, openid=openid, kind="notice", text=text, url=address)


@reading
def subscriptions(slug: str) -> JsonResponse:
    """GET /wxaapi/newtmpl/gettemplate"""
    lasting = [one for one in state.of(slug).templates.values() if one["kind"] == "subscription"]
    data = [{"priTmplId": one["template_id"], "type": 2, **one} for one in lasting]
    return done(data=[{key: one[key] for key in ("priTmplId", "title", "content", "example", "type")} for one in data])


@with_json
def send_of_mini_program(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/message/subscribe/send: the same of a mini program."""
    return _sent(slug, data)


@with_json
def send_subscription(slug: str, data: dict[str, Any]) -> JsonResponse:
    """POST /cgi-bin/message/subscribe/bizsend: {touser, template_id, data, page}; one for each acceptance."""
    return _sent(slug, data)


def _sent(slug: str, data: dict[str, Any]) -> JsonResponse:
    here, openid = state.of(slug), str(data.get("touser", ""))
    template = here.templates.get(str(data.get("template_id", "")))
    if template is None or template["kind"] != "subscription":
        return error(40037, "invalid template_id")
    if known(slug, openid) is None:
        return error(40003, "invalid openid")
    if wrong := _wrong_value(template, data.get("data")):
        return error(47003, f"argument invalid! data.{wrong}.value invalid")
    if here.accepted.get((openid, template["template_id"]), 0) <= 0:
        return error(43101, "user refuse to accept the msg")
    here.accepted[openid, template["template_id"]] -= 1
    _show(slug, openid, template, data)
    number = next(here.numbers)
    sent = {"TemplateId": template["template_id"], "MsgID": number, "ErrorCode": 0, "ErrorStatus": "success"}
    more = {"MsgType": "event", "Event": "subscribe_msg_sent_event", "SubscribeMsgSentEvent": {"List": sent}}
    pushing.wechat_push(slug, fields(openid, **more))
    return done(msgid=number)


def _wrong_value(template: dict[str, Any], data: Any) -> str:
    """Return the name of the first value that does not fit, or nothing."""
    for name in _NAMES.findall(template["content"]):
        given = data.get(name) if isinstance(data, dict) else None
        text = str(given.get("value", "")) if isinstance(given, dict) else ""
        fits = VALUES.get(name.rstrip("0123456789"), bool)
        if not text or not fits(text):
            return str(name)
    return ""
