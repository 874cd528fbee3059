"""A notice as WeChat is sent it, and which call takes it. No Django, no I/O.

Source: developers.weixin.qq.com, "发送模板消息" (message/template/send), "发送订阅通知" (message/subscribe/bizsend) and, of mini
programs, "发送订阅消息" (message/subscribe/send).
"""

from __future__ import annotations

from typing import Any

from bridge.values.content import TemplateMessage

TEMPLATE_SEND, BIZSEND = "/cgi-bin/message/template/send", "/cgi-bin/message/subscribe/bizsend"
SUBSCRIBE_SEND = "/cgi-bin/message/subscribe/send"
TEMPLATE, SUBSCRIPTION = "template", "subscription"  # names of what a delivery's payload holds


def payload(notice: TemplateMessage) -> dict[str, Any]:
    """Return the payload of a delivery that carries the notice."""
    data = {name: {"value": value} for name, value in notice.values.items()}
    body: dict[str, Any] = {"template_id": notice.remote_id, "data": data}
    if notice.app_id:
        body["miniprogram"] = {"appid": notice.app_id, "pagepath": notice.path}
    if notice.url:
        # An empty address leads nowhere on iOS, so none is sent.
        body["page" if notice.subscribed else "url"] = notice.url
    return {SUBSCRIPTION if notice.subscribed else TEMPLATE: body}


def call_of(payload: dict[str, Any], number: int, *, mini: bool) -> tuple[str, dict[str, Any]]:
    """Return path and body of the call that sends the delivery with this number; `mini`: the account is a mini program.

    Of template messages WeChat sends the same `client_msg_id` once within ten minutes.
    """
    if TEMPLATE in payload:
        return TEMPLATE_SEND, {**payload[TEMPLATE], "client_msg_id": f"d{number}"}
    body = dict(payload[SUBSCRIPTION])
    if not mini:
        return BIZSEND, body
    program = body.pop("miniprogram", {})
    return SUBSCRIBE_SEND, {**body, **({"page": program["pagepath"]} if program.get("pagepath") else {})}
