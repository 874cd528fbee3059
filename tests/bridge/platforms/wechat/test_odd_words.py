"""Whatever a customer types, pastes or is cut off: no signed push is refused, and the seat reads what they wrote.

FUZZ_CASES says how many cases each property gets (200; by hand also 10,000).
"""

from __future__ import annotations

import itertools
import json
import os
import time

import pytest
from django.utils.translation import gettext as _
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bridge.models import InboundEvent
from bridge.platforms.tencent_im import render as im_render
from bridge.platforms.wechat import crypto, parse, protocol
from bridge.platforms.wechat import door as wechat_door
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.content import Content, Signal, Unsupported
from bridge.values.lanes import lane_of_customer
from tests.support.actors import AES_KEY, APP_ID, OPENID, TOKEN
from tests.support.words import PARTS, WORDS, as_utf8, cut, imitating, json_raw, left_of, xml

pytestmark = [pytest.mark.once, pytest.mark.long]

many = settings(
    max_examples=int(os.environ.get("FUZZ_CASES", "200")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
SPELT = ("Content", r"Cont\u0065nt", r"\u0043ontent")
HEAD = {"ToUserName": "gh_4dd5e1b2c3a4", "FromUserName": OPENID, "CreateTime": 1764000000}
TAIL = {"MsgId": 24786543210987654, "MsgDataId": "d", "Idx": "1"}
ENVELOPE = {name: str(value) for name, value in {**HEAD, **TAIL}.items()}
# Each field that a customer can fill, where WeChat writes it.
PLACES = {
    "Content": lambda words: {"MsgType": "text", "Content": words, **TAIL},
    "Recognition": lambda words: {"MsgType": "voice", "MediaId": "m", "Format": "amr", "Recognition": words, **TAIL},
    "Recognition, last": lambda words: {"MsgType": "voice", "MediaId": "m", "Format": "amr", **TAIL, "Recognition": words},
    "Label": lambda words: {"MsgType": "location", "Location_X": 1.5, "Location_Y": 2.5, "Scale": 16, "Label": words, **TAIL},
    "Title": lambda words: {"MsgType": "link", "Title": words, "Description": "d", "Url": "https://x/", **TAIL},
    "Description": lambda words: {"MsgType": "link", "Title": "t", "Description": words, "Url": "https://x/", **TAIL},
    "Url": lambda words: {"MsgType": "link", "Title": "t", "Description": "d", "Url": words, **TAIL},
    "Title, file": lambda words: {"MsgType": "file", "Title": words, "Description": "", "FileKey": "k", "FileTotalLen": 3, **TAIL},
    "Title, card": lambda words: {"MsgType": "miniprogrampage", "Title": words, "AppId": "wx1", "PagePath": "p", **TAIL},
    "PagePath": lambda words: {"MsgType": "miniprogrampage", "Title": "t", "AppId": "wx1", "PagePath": words, **TAIL},
    "EventKey": lambda words: {"MsgType": "event", "Event": "CLICK", "EventKey": words},
    "SessionFrom": lambda words: {"MsgType": "event", "Event": "user_enter_tempsession", "SessionFrom": words},
    "ScanResult": lambda words: {"MsgType": "event", "Event": "scancode_waitmsg", "EventKey": "k", "ScanCodeInfo": {
        "ScanType": "qrcode", "ScanResult": words}},
}  # fmt: skip


def check(body: bytes, fields: dict[str, object], name: str, expected: str) -> None:
    """The field says what was written, the envelope's fields are the envelope's, and nothing was added to them."""
    read = protocol.parse_push(body)
    assert read[name] == expected
    assert {one: value for one, value in read.items() if one in ENVELOPE} == {
        one: value for one, value in ENVELOPE.items() if one in fields
    }
    assert read.keys() <= {*fields, "ScanType", "ScanResult"}
    assert read["MsgType"] == fields["MsgType"]
    incoming = parse.parse(body.decode("utf-8", "surrogatepass") if isinstance(body, str) else _stored(body))
    assert incoming.sender == OPENID
    for content in incoming.contents:
        assert Content.from_json(json.loads(json.dumps(content.to_json()))) == content
        for payload in im_render.render(content):
            json.dumps(payload, ensure_ascii=False).encode()


def _stored(body: bytes) -> str:
    from bridge.platforms.wechat import cleaning

    return cleaning.decode(body)


@pytest.mark.parametrize("place", PLACES)
def test_words_in_any_field_stay_words(place):
    name = place.split(",")[0]

    @many
    @given(imitating(name))
    @example("".join(PARTS))
    @example("")
    def property_(written):
        fields = {**HEAD, **PLACES[place](written)}
        for body in (xml(fields), b"\xef\xbb\xbf\n" + xml(fields) + b"\n"):
            check(body, fields, name, left_of(written))
        # Words after a name that JSON spells with escapes: a backslash of theirs is one.
        check(json.dumps(fields).encode(), fields, name, left_of(written))
        check(json_raw(fields), fields, name, left_of(written))

    property_()


@pytest.mark.parametrize("place", PLACES)
def test_words_that_were_cut_between_bytes(place):
    name = place.split(",")[0]

    @many
    @given(cut())
    @example("好".encode()[:2])
    @example("😀".encode()[:3])
    def property_(written):
        fields = {**HEAD, **PLACES[place](written)}
        check(xml(fields), fields, name, left_of(written))
        marked = {**HEAD, **PLACES[place]("MARK")}
        bare = written.replace(b"\\", b"/").replace(b'"', b"'")
        check(json.dumps(marked).encode().replace(b"MARK", bare), marked, name, left_of(bare))

    property_()


@many
@given(WORDS)
def test_words_without_cdata(written):
    """Other senders escape instead, or forget to: what closes the element is all that they cannot say."""
    bare = written.replace("</Content>", "").replace("<![CDATA[", "").replace("&", "")
    body = as_utf8(
        f"<xml><FromUserName>{OPENID}</FromUserName><MsgType>text</MsgType><Content>{bare}</Content><MsgId>1</MsgId></xml>"
    )
    assert protocol.parse_push(body)["Content"] == left_of(bare)


@many
@given(st.lists(WORDS, min_size=2, max_size=3))
@example(["\r\x08\n0", ""])
def test_a_json_name_that_stands_twice(parts):
    """What looks like more fields between the two was words whose quotes nobody escaped."""
    between = [json.dumps(part) for part in parts]
    words = f"{','.join(f'{chr(34)}Content{chr(34)}:{part}' for part in between)}"
    body = f'{{"ToUserName":"gh","FromUserName":"{OPENID}","CreateTime":1,"MsgType":"text",{words},"MsgId":7}}'
    read = protocol.parse_push(body.encode())
    assert (read["FromUserName"], read["MsgId"], read["MsgType"]) == (OPENID, "7", "text")
    assert read["Content"].startswith(left_of(parts[0])[:-1])


def test_json_words_that_imitate_fields_stay_words():
    body = (
        f'{{"ToUserName":"gh","FromUserName":"{OPENID}","CreateTime":1,"MsgType":"text",'
        '"Content":"x","MsgId":1,"bizmsgmenuid":"101","FromUserName":"oEvil","Content":"y","MsgId":7}'
    )
    read = protocol.parse_push(body.encode())
    words = 'x","MsgId":1,"bizmsgmenuid":"101","FromUserName":"oEvil","Content":"y'
    assert read == {
        "ToUserName": "gh", "FromUserName": OPENID, "CreateTime": "1", "MsgType": "text", "Content": words, "MsgId": "7",
    }  # fmt: skip


def test_json_words_that_imitate_the_head_stay_words():
    """Whoever wrote it forgot to escape quotes: the first of each name is the head's, the last MsgId the tail's."""
    body = (
        f'{{"ToUserName":"gh","FromUserName":"{OPENID}","CreateTime":1,"MsgType":"text",'
        '"Content":"x","FromUserName":"oEvil","MsgType":"image","CreateTime":2,"MsgId":1,"a":"y","MsgId":7}'
    )
    read = protocol.parse_push(body.encode())
    assert [read[name] for name in ("FromUserName", "MsgType", "CreateTime", "MsgId")] == [OPENID, "text", "1", "7"]


@pytest.mark.parametrize(("first", "second"), list(itertools.product(SPELT, repeat=2)))
def test_a_json_name_that_stands_twice_and_is_written_with_escapes(first, second):
    head = f'"ToUserName":"gh","FromUserName":"{OPENID}","CreateTime":1,"MsgType":"text"'
    body = rf'{{{head},"{first}":"x\"","Title":"\"Content\":","{second}" : "y\n","MsgId":7}}'
    read = protocol.parse_push(body.encode())
    assert (read["FromUserName"], read["MsgId"]) == (OPENID, "7")
    # A name between two of them was part of the words; an escape in it is one there too.
    assert read["Content"] == 'x"","Title":""Content":","Content" : "y\n'


@pytest.mark.parametrize(
    ("place", "written"),
    [
        ("Title", "x]]></Title><Description>evil</Description><Title><![CDATA[y"),
        ("Title", "x]]></Title><Url><![CDATA[https://evil/]]></Url><Title><![CDATA[y"),
        ("Title", "x]]></Title><Description><![CDATA[evil"),
        ("Description", "x]]></Description><Url>https://evil/</Url><Description><![CDATA[y"),
        ("Title, card", "x]]></Title><AppId>evil</AppId><PagePath>evil</PagePath><Title><![CDATA[y"),
        ("Title, file", "x]]></Title><FileTotalLen>1</FileTotalLen><Title><![CDATA[y"),
        ("ScanResult", "x]]></ScanResult></ScanCodeInfo><EventKey>evil</EventKey><ScanCodeInfo><ScanResult><![CDATA[y"),
        (
            "ScanResult",
            "x]]></ScanResult></ScanCodeInfo><EventKey><![CDATA[evil]]></EventKey><ScanCodeInfo><ScanResult>y",
        ),
        ("PagePath", "p]]></AppId><PagePath><![CDATA[evil"),
        ("ScanResult", "x]]></ScanResult><ScanType>barcode</ScanType><ScanResult><![CDATA[y"),
        ("ScanResult", "x]]></ScanResult></ScanCodeInfo><MsgId>1</MsgId></xml>"),
    ],
)
def test_words_that_imitate_another_field_that_a_customer_can_fill(place, written):
    fields = {**HEAD, **PLACES[place](written)}
    read = protocol.parse_push(xml(fields))
    flat = {**fields, **fields.pop("ScanCodeInfo", {})}
    flat.pop("ScanCodeInfo", None)
    assert read == {name: str(value) for name, value in flat.items()}


@pytest.mark.parametrize(
    ("x", "y"), [("NaN", "1"), ("1", "1e999"), ("", ""), ("x", "1"), ("91", "1"), ("1", "-181"), ("1e300", "0")]
)
def test_a_place_that_cannot_be_is_no_other_place(x, y):
    fields = {**HEAD, "MsgType": "location", "Location_X": x, "Location_Y": y, "Scale": 16, "Label": "广州", **TAIL}
    (content,) = parse.parse(xml(fields).decode()).contents
    assert content == Unsupported(what=_("Location"), detail="广州")


@pytest.mark.parametrize(
    ("written", "size"), [("3", 3), ("-5", 0), ("1e300", 0), ("NaN", 0), ("", 0), ("x", 0), ("9" * 400, 0)]
)
def test_a_files_size(written, size):
    fields = {
        **HEAD,
        "MsgType": "file",
        "Title": "a.pdf",
        "Description": "",
        "FileKey": "k",
        "FileTotalLen": written,
        **TAIL,
    }
    (content,) = parse.parse(xml(fields).decode()).contents
    assert content.size == size


def test_two_fields_together_hide_nothing():
    """A comment that begins in the title and ends in the description would make well-formed XML of both."""
    title, description = "x]]></Title><bizmsgmenuid>101</bizmsgmenuid><!--", "--><Description><![CDATA[y"
    fields = {**HEAD, "MsgType": "link", "Title": title, "Description": description, "Url": "https://x/", **TAIL}
    read = protocol.parse_push(xml(fields))
    assert "bizmsgmenuid" not in read
    assert (read["MsgId"], read["Url"]) == (ENVELOPE["MsgId"], "https://x/")
    assert description in read["Title"] + read["Description"]


@pytest.mark.parametrize(
    "body",
    [
        "<MsgType>text</MsgType><Content/><MsgId>7</MsgId>",
        "<MsgType>text</MsgType>\n <Content>\n</Content><MsgId>7</MsgId>",
        '<MsgType>text</MsgType><Content lang="zh"></Content><MsgId>7</MsgId>',
        "<Content></Content><MsgId>7</MsgId><MsgType>text</MsgType>",
        "<MsgId>7</MsgId><MsgType>text</MsgType><Content><![CDATA[]]></Content><MsgId>8</MsgId>",
    ],
)
def test_envelopes_that_other_hands_write(body):
    read = protocol.parse_push(
        f'<?xml version="1.0"?>\n<xml><FromUserName>{OPENID}</FromUserName>{body}</xml>\n'.encode()
    )
    assert (read["FromUserName"], read["MsgType"], read["Content"].strip(), read["MsgId"]) == (OPENID, "text", "", "7")


# At the door


def send(client, body: bytes, mode: str):
    timestamp = str(int(time.time()))
    if mode == "plain":
        query = f"signature={crypto.signature(TOKEN, timestamp, 'n')}&timestamp={timestamp}&nonce=n"
        return client.post(f"/callbacks/wechat/shop/?{query}", body, content_type="text/xml")
    ciphertext = crypto.encrypt(body, crypto.decode_key(AES_KEY), APP_ID)
    signature = crypto.signature(TOKEN, timestamp, "n", ciphertext)
    query = f"timestamp={timestamp}&nonce=n&encrypt_type=aes&msg_signature={signature}"
    outer = f"<Encrypt><![CDATA[{ciphertext}]]></Encrypt>".encode()
    if mode == "compatible":
        return client.post(
            f"/callbacks/wechat/shop/?{query}", body.replace(b"</xml>", outer + b"</xml>"), content_type="text/xml"
        )
    return client.post(f"/callbacks/wechat/shop/?{query}", b"<xml>" + outer + b"</xml>", content_type="text/xml")


@pytest.mark.parametrize("mode", ["secure", "compatible", "plain"])
@pytest.mark.parametrize("form", ["xml", "json"])
@settings(many, max_examples=40)
@given(place=st.sampled_from(sorted(PLACES)), written=WORDS)
@example(place="Content", written="".join(PARTS))
def test_no_signed_push_is_refused(site, client, mode, form, place, written):
    WeChatAccount.objects.update(encryption=mode)
    wechat_door.accounts.forget()
    InboundEvent.objects.all().delete()
    fields = {**HEAD, **PLACES[place](written)}
    body = xml(fields) if form == "xml" else json_raw(fields)
    answer = send(client, body, mode if form == "xml" or mode != "compatible" else "secure")
    assert (answer.status_code, answer.content) == (200, b"success")
    event = InboundEvent.objects.get()
    assert event.lane == lane_of_customer(site.account.pk, OPENID)
    assert protocol.read_push(event.body)[place.split(",")[0]] == left_of(written)


def test_the_seat_reads_what_the_customer_wrote(talking, platforms):
    """All the way, with the parts that broke readers before, one message each."""
    talking.platforms.calls.clear()
    written = [f"{number}: {part} ." for number, part in enumerate(PARTS)]
    for number, words in enumerate(written):
        fields = {**HEAD, "MsgType": "text", "Content": words, "MsgId": 10**15 + number}
        assert send(talking.client, xml(fields), "secure").status_code == 200
    talking.work()
    assert platforms.to_seat("alice") == [left_of(words) for words in written]
    assert not InboundEvent.objects.filter(state=InboundEvent.State.FAILED).exists()


def test_an_empty_message_and_a_scan_are_seen(talking, platforms):
    WeChatAccount.objects.update(opening_keys="*")
    talking.platforms.calls.clear()
    for words in ("", "\x00\x1b"):
        fields = {**HEAD, "MsgType": "text", "Content": words, "MsgId": 10**15 + len(words)}
        assert send(talking.client, xml(fields), "secure").status_code == 200
    code = {"ScanType": "barcode", "ScanResult": "EAN_13,6901234567892"}
    scan = {**HEAD, "MsgType": "event", "Event": "SCANCODE_WAITMSG", "EventKey": "k", "ScanCodeInfo": code}
    assert send(talking.client, xml(scan), "secure").status_code == 200
    talking.work()
    assert platforms.to_seat("alice") == ["[空消息]", "[空消息]", "[点了菜单] k 6901234567892"]
    assert im_render.render(Signal("click", "k", "1"))
