"""Odd messages, as people really send them: what they type and paste, what the platforms cut, what clients send besides.

WeChat escapes nothing that stands in CDATA, so a push may be no XML; each goes out as raw as WeChat writes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt

from sandbox import play, pushing, settings
from sandbox.control import data_of
from sandbox.wechat.events import fields, next_number
from sandbox.world import FOLLOW_COUNT, FOLLOW_SECONDS, WINDOW_SECONDS, Entry, world
from sandbox.wrong import Wrong

One = TypeVar("One")
Fields = dict[str, Any]
Elements = list[dict[str, Any]]
HALF = "\ud83d"  # the first half of an emoji: its second one was cut off
FORGED = "x]]></Content><MsgId>1</MsgId><bizmsgmenuid>101</bizmsgmenuid><Content><![CDATA[y"
PASTED = "报错内容 <xml><status><![CDATA[ok]]></status></xml> 怎么办"


@dataclass(frozen=True)
class Odd:
    """One odd message of a customer. `fields` are the push's own; bytes go out as they are. `body` is sent instead of XML."""

    title: Any
    fields: Fields
    body: bytes = b""
    copies_of_id: int = 1  # of how many customers the same MsgId comes


@dataclass(frozen=True)
class OddSeat:
    """One odd message of a seat: its elements, and what the client sends beside them."""

    title: Any
    elements: Elements
    custom_data: str = ""


def _said(words: str | bytes) -> Fields:
    return {"MsgType": "text", "Content": words}


def _did(event: str, key: str, **more: Any) -> Fields:
    return {"MsgType": "event", "Event": event, "EventKey": key, **more}


def _scan(kind: str, result: str) -> Fields:
    return {"ScanCodeInfo": {"ScanType": kind, "ScanResult": result}}


CUSTOMER: dict[str, Odd] = {
    "control": Odd(_("A control character"), _said("请看订单\x1d 谢谢")),
    "escape": Odd(_("A terminal's colours (ESC)"), _said("\x1b[31m红色\x1b[0m")),
    "nul": Odd(_("A NUL"), _said("前\x00后")),
    "cdata": Odd(_("Pasted XML with its own CDATA"), _said(PASTED)),
    "cdata_end": Odd(_("The end of CDATA, ]]>"), _said("数组写法 a[b[1]]>2 对吗")),
    "fields": Odd(_("Words that look like fields"), _said(FORGED)),
    "markup": Odd(_("Markup and references"), _said("a < b && c > d <br> &#27; &lt; &#xD83D;")),
    "half_emoji": Odd(_("Half an emoji"), _said(f"好的{HALF}")),
    "half_character": Odd(_("Half a character in UTF-8"), _said("你好".encode()[:-1])),
    "noncharacter": Odd(_("A code point that XML forbids"), _said("甲\ufffe乙\uffff")),
    "line_ends": Odd(_("Line ends of Windows"), _said("第一行\r\n第二行\r第三行")),
    "blank": Odd(_("An empty message"), _said("")),
    "same_id": Odd(_("The same MsgId from two customers"), _said("同一个 MsgId"), copies_of_id=2),
    "label": Odd(
        _("A place's name, cut"),
        {
            "MsgType": "location",
            "Location_X": 31.2304,
            "Location_Y": 121.4737,
            "Scale": 16,
            "Label": "人民广场".encode()[:-2],
        },
    ),
    "title": Odd(
        _("A link whose title holds ]]>"),
        {"MsgType": "link", "Title": "a]]>b", "Description": "", "Url": "https://example.com/"},
    ),
    "barcode": Odd(
        _("A scanned bar code"), _did("scancode_waitmsg", "scan", **_scan("barcode", "EAN_13,6901234567892"))
    ),
    "qrcode": Odd(
        _("A scanned QR code"), _did("scancode_waitmsg", "scan", **_scan("qrcode", "https://example.com/?a=]]>"))
    ),
    "lower_case": Odd(_("An event's name in lower case"), _did("click", "SERVICE")),
    "paid": Odd(_("Follows after a payment"), _did("subscribe", "last_trade_no_4200000001202511260000000001")),
    "device": Odd(
        _("A device's event"), {"MsgType": "device_event", "Event": "bind", "DeviceType": "1", "DeviceID": "1"}
    ),
    "unreadable": Odd(_("No message at all, but signed"), {}, body=b"<oops>\xff</oops>"),
}


def _text(words: str) -> dict[str, Any]:
    return {"MsgType": "TIMTextElem", "MsgContent": {"Text": words}}


def _custom(data: Any, desc: str = "") -> dict[str, Any]:
    said = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return {"MsgType": "TIMCustomElem", "MsgContent": {"Data": said, "Desc": desc, "Ext": "", "Sound": ""}}


_FORWARD = {
    "Title": "座席和客户的聊天记录", "AbstractList": ["客户: 想退货", "座席: 好的"], "CompatibleText": "请升级最新版本",
    "MsgNum": 2, "LayersOverLimit": 0, "JsonMsgKey": "k",
}  # fmt: skip
_QUOTE = {
    "messageReply": {
        "messageID": "144115225971632901-1764000100-1", "messageAbstract": "还有货吗", "messageSender": "客户",
        "messageType": 1, "version": 1,
    },
}  # fmt: skip
_CALL = {"businessID": 1, "inviteID": "1", "inviter": "alice", "actionType": 1, "data": "{}", "timeout": 30}

SEAT: dict[str, OddSeat] = {
    "vertical_tab": OddSeat(_("A vertical tab and ESC"), [_text("第一行\x0b第二行\x1b[0m完")]),
    "half_emoji": OddSeat(_("Half an emoji"), [_text(f"好的{HALF}")]),
    "forward": OddSeat(_("A merged forward"), [{"MsgType": "TIMRelayElem", "MsgContent": _FORWARD}]),
    "quote": OddSeat(_("A quote"), [_text("有货的")], json.dumps(_QUOTE, ensure_ascii=False)),
    "text_and_custom": OddSeat(
        _("Text with a custom element of data"), [_text("这是您的订单"), _custom({"orderNo": "A1"})]
    ),
    "custom": OddSeat(_("A custom element of data alone"), [_custom({"orderNo": "A1"})]),
    "call": OddSeat(_("The signals of a call"), [_custom(_CALL)]),
    "wrong_types": OddSeat(
        _("Elements of the wrong types"),
        [
            {"MsgType": "TIMImageElem", "MsgContent": {"ImageInfoArray": 5}},
            {"MsgType": "TIMTextElem", "MsgContent": []},
        ],
    ),
    "blank": OddSeat(_("An empty message"), [_text("")]),
}


@csrf_exempt
def odd(request: HttpRequest) -> JsonResponse:
    """GET lists the odd messages; POST sends one: {name, account, openid} or {name, seat, to}; answers `number`, `key`."""
    if request.method == "GET":
        with override("en"):
            customer = {name: str(one.title) for name, one in CUSTOMER.items()}
            return JsonResponse({"customer": customer, "seat": {name: str(one.title) for name, one in SEAT.items()}})
    data = data_of(request)
    return _from_seat(data) if "seat" in data else _from_customer(data)


def _named(known: Mapping[str, One], name: str) -> One:
    if name not in known:
        raise Wrong(f"there is no odd message `{name}`; GET /play/odd lists them")
    return known[name]


def _from_customer(data: dict[str, Any]) -> JsonResponse:
    slug, message, number = data["account"], _named(CUSTOMER, data["name"]), next_number()
    entry = None
    for openid in [data["openid"], str(data["openid"])[::-1]][: message.copies_of_id]:
        entry = _show(slug, openid, message)
        own = {"MsgId": number} if message.fields.get("MsgType") not in ("event", "device_event") else {}
        pushed = fields(openid, **message.fields, **own)
        pushing.wechat_push(slug, pushed, entry, body=message.body)
    return JsonResponse({"number": entry.number if entry else 0})


def _show(slug: str, openid: str, message: Odd) -> Entry:
    """Show the message on the phone as a reader that forgives would, and open the window that it opens."""
    own, here = message.fields, world()
    words = next((own[name] for name in ("Content", "Label", "Title", "EventKey") if name in own), message.body)
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    is_event = "Event" in own
    with here.lock:
        opens = (FOLLOW_SECONDS, FOLLOW_COUNT) if is_event else (WINDOW_SECONDS, settings.WINDOW_COUNT)
        here.window(slug, openid).opened(here.now(), *opens)
        kind = str(own.get("Event") or own.get("MsgType") or "text")
        return here.add("phone", account=slug, openid=openid, mine=True, kind=kind, text=text, state="sending")


def _from_seat(data: dict[str, Any]) -> JsonResponse:
    message = _named(SEAT, data["name"])
    return play.from_seat(data, message.elements, message.custom_data)
