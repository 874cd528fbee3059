"""What seats' clients send that no customer can read, and what is taken out on the way to WeChat and Tencent IM.

FUZZ_CASES says how many cases each reader gets (200; by hand also 10,000).
"""

from __future__ import annotations

import contextlib
import json
import xml.etree.ElementTree as ET

import pytest
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge import worker
from bridge.inbox import storing
from bridge.inbox.events import Written
from bridge.models import InboundEvent, Message
from bridge.platforms.tencent_im import elements
from bridge.platforms.tencent_im import parse as im
from bridge.platforms.tencent_im import protocol as im_protocol
from bridge.platforms.tencent_im import render as im_render
from bridge.platforms.wechat import client as wechat_client
from bridge.platforms.wechat import render as wechat_render
from bridge.platforms.wechat import replies
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.agents import Author
from bridge.values.characters import clean
from bridge.values.content import File, Link, Menu, MiniProgram, Notice, Text
from bridge.values.incoming import INTERNAL
from bridge.values.text import json_size, split_text, utf8_size
from tests.bridge.platforms.test_fuzz import ANYTHING, ELEMENT, can_go_on, fuzz, objects
from tests.bridge.platforms.test_odd_answers import RAW
from tests.support.actors import payload, seat_message

pytestmark = pytest.mark.once

AFTER_SEND = "C2C.CallbackAfterSendMsg"
ALL_OF_THEM = (
    "".join(map(chr, range(0x20))) + "".join(map(chr, range(0x7F, 0xA0))) + "\ud83d\udc00\ufffe\uffff\u2028\u2029"
)


def says(site, body: list, **more) -> None:
    """A seat's message of these elements, as Tencent IM delivers it."""
    data = {**seat_message("alice", site.im_id(), ""), "MsgBody": body, **more}
    assert site.im_callback(AFTER_SEND, data).status_code == 200
    site.work()


def text(words) -> dict:
    return {"MsgType": "TIMTextElem", "MsgContent": {"Text": words}}


def custom(data, **more) -> dict:
    return {
        "MsgType": "TIMCustomElem",
        "MsgContent": {"Data": data if isinstance(data, str) else json.dumps(data), **more},
    }


def told(platforms) -> list[str]:
    return [words for words in platforms.to_seat("alice") if words.startswith("【系统】")]


# To WeChat


def test_what_wechat_refuses_is_taken_out_and_what_breaks_a_line_breaks_it():
    assert clean("a" + ALL_OF_THEM + "b") == "a\t\n\n\n\n\n\n\nb"
    assert clean("一\r\n二\r三\x0b四\x0c五\x85六\u2028七") == "一\n二\n三\n四\n五\n六\n七"
    assert clean("家👨‍👩‍👧 \u200b\ufeff\U0001fffe é") == "家👨‍👩‍👧 \u200b\ufeff\U0001fffe é"


def test_it_is_taken_out_of_every_field_of_every_content():
    dirty = "x\x00\x1b\ud83dy"
    menu = Menu(dirty, ({"id": dirty, "text": dirty},), dirty)
    assert wechat_render.render(menu)[0]["msgmenu"] == {
        "head_content": "xy", "list": [{"id": "xy", "content": "xy"}], "tail_content": "xy",
    }  # fmt: skip
    assert wechat_render.clean_content(Link(dirty, dirty, dirty, dirty)) == Link("xy", "xy", "xy", "xy")
    assert wechat_render.clean_content(MiniProgram(dirty, dirty, dirty)) == MiniProgram("xy", "xy", "xy")
    assert wechat_render.clean_content(File(dirty)) == File("xy")
    assert wechat_render.render(Text("\x00\x1b \ud83d")) == []


def test_every_call_of_wechats_api_is_clean(site, platforms):
    wechat_client.call(WeChatAccount.objects.get(), "/cgi-bin/any", {"a": ["x\x0b\x00", {"b": "\ud83d"}], "n": 5})
    assert platforms.bodies("/cgi-bin/any") == [{"a": ["x\n", {"b": ""}], "n": 5}]


def test_a_vertical_tab_of_a_seat_reaches_the_customer_as_a_line_break(talking, platforms):
    body = json.loads(payload("tencent_im/text_vertical_tab.json"))["MsgBody"]
    says(talking, body)
    assert platforms.to_customer() == ["第一行\n第二行[0m完"]


def test_what_is_written_elsewhere_than_on_im_is_clean_too(talking, platforms):
    """The desk, the API and the bots write without Tencent IM's door."""
    written = Written(Author(talking.alice.as_agent(), False, False), (Text("one\x0btwo\x1b\x00\ud83d"),))
    body = json.dumps(written.to_json())
    storing.store(storing.NewEvent(talking.im_id(), INTERNAL, None, Written.kind, "internal:test", body))
    talking.work()
    assert platforms.to_customer() == ["one\ntwo"]


def test_a_passive_reply_is_clean():
    (body,) = wechat_render.render(Notice("one\x0btwo\x1b\x00\ud83d\ufffe"))
    reply = replies.passive_reply("o", "gh", body, 1)
    assert ET.fromstring(reply).findtext("Content") == "one\ntwo"


# Measured as the platform measures


@pytest.mark.parametrize("sign", ['"', "\\", "\n", "你", "é", "😀", "a", "\t"])
def test_a_message_to_a_seat_stays_under_12_kb_however_json_is_written(sign):
    said = sign * 12_000
    bodies = im_render.render(Text(said))
    assert "".join(body["MsgBody"][0]["MsgContent"]["Text"] for body in bodies) == said
    around = 600  # sender, recipient, numbers
    for body in bodies:
        for ascii_only in (True, False):
            assert len(json.dumps(body, ensure_ascii=ascii_only).encode()) + around <= 12 * 1024
    assert len(bodies) <= 15


def test_a_text_to_wechat_has_2048_bytes_of_utf8():
    bodies = wechat_render.render(Text('你"\\\n' * 1000))
    sizes = [len(body["text"]["content"].encode()) for body in bodies]
    assert max(sizes) <= 2048
    assert len(sizes) == 3


@fuzz
@given(st.text(max_size=60), st.integers(12, 40), st.sampled_from([utf8_size, json_size]))
def test_pieces_are_whole_and_small(words, limit, size_of):
    pieces = split_text(words, limit, size_of)
    assert "".join(pieces) == words
    assert all(size_of(piece) <= limit for piece in pieces)


# From Tencent IM


def test_a_merged_forward_is_its_title_and_its_lines(talking, platforms):
    says(talking, json.loads(payload("tencent_im/forward.json"))["MsgBody"])
    assert platforms.to_customer() == ["[聊天记录] 座席和客户的聊天记录\n客户: 想退货\n座席: 好的"]


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ({"Title": "#close", "AbstractList": ["#close"]}, ["[聊天记录] #close\n#close"]),
        ({"Title": 5, "AbstractList": [None, 7, ["x"], "a\nb[TUIEmoji_Smile]"]}, ["[聊天记录] 5\n7\na b[微笑]"]),
        ({"Title": "", "AbstractList": ["only lines"]}, ["[聊天记录]\nonly lines"]),
        (
            {"Title": "t", "AbstractList": ["", *"abcdefghijklmnopqrstuvwxyz"]},
            ["[聊天记录] t\n" + "\n".join("abcdefghijklmnopqrst")],
        ),
        ({"Title": "t" * 201, "AbstractList": ["l" * 201]}, [f"[聊天记录] {'t' * 200}\n{'l' * 200}"]),
        ({"Title": "t", "AbstractList": "x"}, []),
        ({"Title": ["t"], "AbstractList": ["x"]}, []),
        ({"CompatibleText": "update your app"}, []),
        ({}, []),
    ],
)
def test_merged_forwards_of_all_kinds(talking, platforms, content, shown):
    says(talking, [{"MsgType": "TIMRelayElem", "MsgContent": content}])
    assert platforms.to_customer() == shown
    assert len(told(platforms)) == (0 if shown else 1)


def quote(reply, **more) -> str:
    return json.dumps({"messageReply": reply, **more})


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (
            quote({"messageAbstract": "two\nlines[TUIEmoji_Smile]", "messageSender": "secret remark"}),
            "「two lines[微笑]」\nyes",
        ),
        (quote({"messageAbstract": "x" * 100}), "「" + "x" * 100 + "」\nyes"),
        (quote({"messageAbstract": "x" * 101}), "「" + "x" * 99 + "…」\nyes"),
        (quote({"messageAbstract": "x" * 300}), "「" + "x" * 99 + "…」\nyes"),
        (quote({"messageAbstract": "", "messageType": 3}), "「[图片]」\nyes"),
        (quote({"messageAbstract": None, "messageType": "TIMSoundElem"}), "「[语音]」\nyes"),
        (quote({"messageAbstract": "", "messageType": 2}), "yes"),
        (quote({"messageAbstract": ["x"], "messageType": {"a": 1}}), "yes"),
        (json.dumps({"messageReply": json.dumps({"messageAbstract": "inner"})}), "「inner」\nyes"),
        (json.dumps({"messageReply": 5}), "yes"),
        (json.dumps({"messageFeature": {"needTyping": 1}}), "yes"),
        ("{", "yes"),
        ("[1]", "yes"),
        ({"messageReply": {"messageAbstract": "an object"}}, "「an object」\nyes"),
        (5, "yes"),
        (None, "yes"),
        ("[" * 5000, "yes"),
    ],
)
def test_quotes(talking, platforms, data, shown):
    says(talking, [text("yes")], CloudCustomData=data)
    assert platforms.to_customer() == [shown]


def test_a_quote_in_english():
    with override("en"):
        assert wechat_render.render(Text("yes", quote="no?"))[0]["text"]["content"] == "“no?”\nyes"


def test_a_command_that_quotes_is_a_command_and_reaches_no_customer(talking, platforms):
    says(talking, [text("#close")], CloudCustomData=quote({"messageAbstract": "hello"}))
    assert not [said for said in platforms.to_customer() if "#close" in said or "hello" in said]
    assert not Message.objects.filter(preview__contains="#close").exists()


def test_a_picture_that_quotes_goes_without_and_words_behind_it_with(talking, platforms):
    said = im.parse(AFTER_SEND, json.dumps({
        **seat_message("alice", "1.o", ""), "CloudCustomData": quote({"messageAbstract": "q"}),
        "MsgBody": [{"MsgType": "TIMImageElem", "MsgContent": {"ImageInfoArray": [{"URL": "https://x/1"}]}},
                    {"MsgType": "TIMFaceElem", "MsgContent": {"Index": 1, "Data": "[TUIEmoji_Smile]"}}],
    }))  # fmt: skip
    assert said.contents[1] == Text("[微笑]", quote="q")


def test_data_for_apps_beside_a_text_are_dropped(talking, platforms):
    says(talking, json.loads(payload("tencent_im/text_with_extension.json"))["MsgBody"])
    assert platforms.to_customer() == ["这是您的订单"]
    assert told(platforms) == []


@pytest.mark.parametrize("desc", ["", None, "  ", ["x"], {"a": 1}, "\x00\x1b"])
def test_data_for_apps_alone_do_not_go_out_and_the_seat_reads_why(talking, platforms, desc):
    says(talking, [custom({"orderNo": "A1"}, Desc=desc)])
    assert platforms.to_customer() == []
    (words,) = told(platforms)
    assert "描述" in words


def test_data_with_a_description_go_out_as_that(talking, platforms):
    says(talking, [custom({"orderNo": "A1"}, Desc="优惠券"), text("给您")])
    assert platforms.to_customer() == ["[自定义消息] 优惠券", "给您"]


@pytest.mark.parametrize("platform", ["RESTAPI", "RestAPI", "restapi"])
def test_an_echo_of_our_own_is_known_in_any_case(talking, platforms, platform):
    data = {**seat_message("alice", talking.im_id(), ""), "MsgBody": [text("said by us")]}
    talking.im_callback(AFTER_SEND, data, platform=platform)
    talking.work()
    assert platforms.to_customer() == []
    assert told(platforms) == []


AV = {"businessID": "av_call", "call_type": 1, "room_id": 5, "version": 4}


def signal(action, inner=AV) -> dict:
    return {"actionType": action, "businessID": 1, "data": json.dumps(inner), "inviteID": "i", "inviter": "alice"}


# a call's signals in order, and how often the seat is told
CALLS = {
    "taken back": ([signal(1), signal(2)], 1),
    "not answered": ([signal(1), signal(5)], 1),
    "hung up": ([signal(1, {**AV, "call_end": 12, "data": {"cmd": "hangup"}})], 0),
    "over, without a word": ([signal(1, {**AV, "call_end": 12})], 0),
    "over, by its length alone": ([{"businessID": "rtc_call", "call_end": 12, "callId": "x"}], 0),
    "hung up, by its word alone": ([signal(1, {**AV, "data": {"cmd": "hangup"}})], 0),
    "half a signal": ([{"inviteID": "i", "businessID": "av_call"}], 1),
    "of today's kit": ([{"businessID": "rtc_call", "cmd": "videoCall", "callId": "x"}], 1),
    "its end": ([{"businessID": "rtc_call", "cmd": "hangup", "callId": "x"}], 0),
    "of the old kit": ([{"version": 3, "call_id": "c", "action": 1, "call_type": 2, "room_id": 5}], 1),
    "its refusal": ([{"version": 3, "call_id": "c", "action": 4, "call_type": 2}], 0),
    "odd": ([{"inviteID": 5, "actionType": ["x"], "data": [1]}, signal("1", {**AV, "call_end": None})], 1),
}


@pytest.mark.parametrize("online", [0, 1])
@pytest.mark.parametrize("name", CALLS)
def test_a_call_costs_the_customer_no_message(talking, platforms, name, online):
    signals, notices = CALLS[name]
    for one in signals:
        says(talking, [custom(one, Desc="[call]")], OnlineOnlyFlag=online)
    assert platforms.to_customer() == []
    assert len(told(platforms)) == notices
    assert all("通话" in words for words in told(platforms))
    assert not InboundEvent.objects.filter(state=InboundEvent.State.FAILED).exists()


# elements of the wrong type; the text beside each of them arrives, and the seat reads what did not go out
WRONG = {
    "image": {"MsgType": "TIMImageElem", "MsgContent": {"ImageInfoArray": 5}},
    "image of objects": {"MsgType": "TIMImageElem", "MsgContent": {"ImageInfoArray": {"URL": "x"}}},
    "address": {"MsgType": "TIMImageElem", "MsgContent": {"ImageInfoArray": [{"Type": 1, "URL": ["x"]}]}},
    "text": {"MsgType": "TIMTextElem", "MsgContent": {"Text": ["x"]}},
    "content": {"MsgType": "TIMTextElem", "MsgContent": ["x"]},
    "no content": {"MsgType": "TIMSoundElem"},
    "null": {"MsgType": "TIMFileElem", "MsgContent": None},
    "sound": {"MsgType": "TIMSoundElem", "MsgContent": {"Url": {"a": 1}}},
    "film": {"MsgType": "TIMVideoFileElem", "MsgContent": {"VideoUrl": True}},
    "file": {"MsgType": "TIMFileElem", "MsgContent": {"FileName": ["a"], "Url": "https://x/y"}},
    "place": {"MsgType": "TIMLocationElem", "MsgContent": {"Latitude": "north", "Longitude": [1]}},
    "face": {"MsgType": "TIMFaceElem", "MsgContent": {"Index": "x", "Data": {"a": 1}}},
    "no type": {"MsgContent": {"Text": "x"}},
    "a word": "TIMTextElem",
    "a number": 5,
    "nothing": None,
    "a list": [text("x")],
    "an empty menu": custom({"msgtype": "msgmenu", "msgmenu": {"head_content": "h", "list": []}}),
    "a menu of 21": custom({"msgtype": "msgmenu", "msgmenu": {"list": [{"id": "1", "content": "x"}] * 21}}),
    "a menu": custom({"msgtype": "msgmenu", "msgmenu": {"list": [{"id": ["x"], "content": None}]}}),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_element_of_the_wrong_type_is_told_and_what_is_beside_it_arrives(talking, platforms, name):
    says(talking, [WRONG[name], text("beside")])
    assert platforms.to_customer() == ["beside"]
    (words,) = told(platforms)
    assert "未发送" in words
    assert InboundEvent.objects.latest("pk").tries == 0


@pytest.mark.parametrize("body", [5, "x", {"MsgType": "TIMTextElem"}, None, True])
def test_a_message_without_a_list_of_elements_is_told(talking, platforms, body):
    says(talking, body)
    assert platforms.to_customer() == []
    assert len(told(platforms)) == 1
    assert InboundEvent.objects.latest("pk").tries == 0


@pytest.mark.parametrize(
    ("value", "number"),
    [(5, 5), ("7", 7), (3.6, 4), (10**400, 0), ("x", 0), (None, 0), ([1], 0), (float("nan"), 0), (float("inf"), 0), (-1e300, 0), (-3, 0), ("-1", 0)],
)  # fmt: skip
def test_numbers_of_any_kind(value, number):
    assert elements.number_of(value) == number


@pytest.mark.parametrize("degrees", [True, [], {}, "north", None])
def test_a_place_that_is_none_is_told(talking, platforms, degrees):
    says(talking, [{"MsgType": "TIMLocationElem", "MsgContent": {"Latitude": 1.5, "Longitude": degrees, "Desc": "x"}}])
    assert platforms.to_customer() == []
    assert len(told(platforms)) == 1


def test_numbers_written_as_text_and_deep_nesting_arrive(talking, platforms):
    nested: list = []
    for _level in range(500):
        nested = [nested]
    says(talking, [text(12345), {**text("deep"), "Extra": nested}], CloudCustomData="", More=nested, SendMsgResult="0")
    assert platforms.to_customer() == ["12345", "deep"]


@pytest.mark.parametrize("typing", [1, "1", 1.0])
def test_typing_of_any_type(typing):
    data = {
        **seat_message("alice", "1.o", ""),
        "MsgBody": [custom({"businessID": "user_typing_status", "typingStatus": typing})],
    }
    assert im.parse(AFTER_SEND, json.dumps(data)).facts == {"typing": True}


@pytest.mark.parametrize("typing", [0, "0", None, ["x"], {"a": 1}, "x", False])
def test_no_typing_of_any_type(typing):
    data = {
        **seat_message("alice", "1.o", ""),
        "MsgBody": [custom({"businessID": "user_typing_status", "typingStatus": typing})],
    }
    assert im.parse(AFTER_SEND, json.dumps(data)).facts == {"typing": False}


@pytest.mark.parametrize(("at", "read"), [(1764000204, True), ("1764000204", True), (True, False), (None, False), ([1], False), (-1, False), (10**30, False), ("x", False)])  # fmt: skip
def test_read_reports_of_any_type(at, read):
    data = {"Report_Account": "alice", "Peer_Account": "1.o", "LastReadTime": at}
    incoming = im.parse("C2C.CallbackAfterMsgReport", json.dumps(data))
    assert (incoming.event == "read", bool(incoming.ignored)) == (read, not read)


@fuzz
@given(st.lists(ELEMENT | ANYTHING | RAW.map(text), max_size=4) | ANYTHING, objects("OnlineOnlyFlag", "SendMsgResult", "OptPlatform"), ANYTHING | RAW)  # fmt: skip
def test_callbacks_of_any_kind(body, more, cloud):
    data = {"From_Account": "alice", "To_Account": "1.o", **more, "MsgBody": body, "CloudCustomData": cloud}
    with contextlib.suppress(im_protocol.MalformedError):
        incoming = im.parse(AFTER_SEND, json.dumps(data, ensure_ascii=False))
        json.dumps(dict(incoming.facts)).encode()
        can_go_on(incoming)


@fuzz
@given(st.sampled_from([im_protocol.STATE_CHANGE, im_protocol.AFTER_READ, im_protocol.AFTER_RECALL]), objects("From_Account", "To_Account", "Info", "Report_Account", "Peer_Account", "LastReadTime"), RAW)  # fmt: skip
def test_reports_of_any_kind(command, data, words):
    body = json.dumps({**data, words: words}, ensure_ascii=False).encode("utf-8", "surrogatepass")
    with contextlib.suppress(im_protocol.MalformedError):
        read = im_protocol.parse_json(body + b" ")
        im_protocol.dedup_key(command, read).encode("ascii")
        im_protocol.lane_of(command, read).encode("ascii")
        im.parse(command, json.dumps(read))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=RAW)
def test_what_the_seat_wrote_is_what_the_customer_reads_up_to_what_is_taken_out(talking, platforms, words):
    before = len(platforms.to_customer())
    written = "said " + words
    data = {**seat_message("alice", talking.im_id(), ""), "MsgBody": [text(written)]}
    talking.im_callback(AFTER_SEND, data)
    talking.customer_says("go on")  # so that the window never closes
    worker.work_all(limit=1000)
    halves_replaced = written.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert "".join(platforms.to_customer()[before:]).replace("\ufffd", "") == clean(halves_replaced).replace(
        "\ufffd", ""
    )
    assert not InboundEvent.objects.filter(state=InboundEvent.State.FAILED).exists()
