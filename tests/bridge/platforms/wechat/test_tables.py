"""WeChat's protocol at its edges, value by value: ciphertexts, envelopes, what pushes say, and what is sent."""

from __future__ import annotations

import base64
import struct

import pytest
from Crypto.Cipher import AES
from django.utils.translation import override
from lxml import etree

from bridge.platforms.wechat import crypto, envelope, parse, protocol, render, replies
from bridge.values.content import (
    File,
    Image,
    Link,
    Location,
    Menu,
    MiniProgram,
    Notice,
    Text,
    Typing,
    Unsupported,
    Video,
    Voice,
)
from bridge.values.incoming import Incoming

pytestmark = pytest.mark.once

KEY = bytes(range(32))
APP = "wxapp"


def sealed(plain: bytes, pad: int | None = None) -> bytes:
    """Return what our key opens; `pad` is what the last bytes say, where that is not the truth."""
    missing = 32 - len(plain) % 32
    padded = plain + bytes([missing if pad is None else pad]) * missing
    return base64.b64encode(AES.new(KEY, AES.MODE_CBC, KEY[:16]).encrypt(padded))


def message(said: bytes = b"hello", length: int | None = None, app: bytes = b"wxapp") -> bytes:
    return b"r" * 16 + struct.pack(">I", len(said) if length is None else length) + said + app


def test_a_message_is_between_its_length_and_the_app():
    assert crypto.decrypt(sealed(message()), KEY, APP) == b"hello"
    assert crypto.decrypt(sealed(message(b"")), KEY, APP) == b""
    assert crypto.decrypt(sealed(message(b"x" * 7)), KEY, APP) == b"x" * 7, "as much padding as there can be"
    assert crypto.decrypt(sealed(b"r" * 16 + bytes(4)), KEY, "") == b""


@pytest.mark.parametrize(
    ("ciphertext", "why"),
    [
        (b"", "bad padding"),
        ("not base64", "not a ciphertext"),
        (sealed(message())[:8] + b"!" + sealed(message())[8:], "not a ciphertext"),
        (base64.b64encode(b"x" * 17), "not a ciphertext"),
        (sealed(message(), 0), "bad padding"),
        (sealed(message(), 33), "bad padding"),
        (sealed(b"", 32), "bad padding"),
        (sealed(b"r" * 19), "too short"),
        (sealed(message(length=11)), "the length points behind the end"),
        (sealed(message(length=10)), "made for another app id"),
        (sealed(message(app=b"wxother")), "made for another app id"),
        (sealed(message(app=b"")), "made for another app id"),
    ],
)
def test_what_is_no_message(ciphertext, why):
    with pytest.raises(crypto.CryptoError, match=f"^{why}$"):
        crypto.decrypt(ciphertext, KEY, APP)


def test_what_we_seal():
    sealed_by_us = crypto.encrypt(b"hello", KEY, APP, b"r" * 16)
    assert sealed_by_us == sealed(message()).decode()
    assert len(base64.b64decode(crypto.encrypt(b"x" * 7, KEY, APP))) == 64
    assert crypto.encrypt(b"", KEY, APP) != crypto.encrypt(b"", KEY, APP)
    assert crypto.signature("b", "a") == crypto.signature("a", "b") == "da23614e02469a0d7c7bd1bdab5c9c474b1904dc"
    assert crypto.signature_matches(crypto.signature("a", "b"), "b", "a")
    assert not crypto.signature_matches(crypto.signature("a", "b"), "b", "c")


@pytest.mark.parametrize("why", ["not base64", "32 bytes"])
def test_what_is_no_key(why):
    with pytest.raises(crypto.CryptoError, match=why):
        crypto.decode_key("*" * 43 if "base64" in why else "A" * 39)


ENCRYPT = b"<Encrypt><![CDATA[%s]]></Encrypt>"


def test_which_ciphertext_is_taken():
    def bodies(*texts: bytes) -> bytes:
        return b"<xml>" + b"".join(ENCRYPT % text for text in texts) + b"</xml>"

    assert protocol.cut_ciphertext(bodies(b"AAAA")) == "AAAA", "one needs no signature"
    many = [b"A%03d" % number for number in range(120)]
    tried: list[str] = []
    with pytest.raises(protocol.MalformedError):
        protocol.cut_ciphertext(bodies(*many), tried.append)
    assert tried == [text.decode() for text in many[:50] + many[70:]]
    for wanted in ("A000", "A049", "A070", "A119"):
        assert protocol.cut_ciphertext(bodies(*many), lambda text, wanted=wanted: text == wanted) == wanted
    tried.clear()
    with pytest.raises(protocol.MalformedError):
        protocol.cut_ciphertext(bodies(*many[:60]), tried.append)
    assert len(tried) == len(set(tried)) == 60
    assert protocol.cut_ciphertext(b'{"Encrypt": " QUJD "}') == "QUJD"
    with pytest.raises(protocol.MalformedError, match="no Encrypt"):
        protocol.cut_ciphertext(b"<xml><A>1</A></xml>")


def test_replies():
    reply = replies.passive_reply("o", "gh", {"msgtype": "text", "text": {"content": "a]]>b\x00c"}}, 7)
    strict = {child.tag: child.text for child in etree.fromstring(reply)}
    assert strict == {
        "ToUserName": "o", "FromUserName": "gh", "CreateTime": "7", "MsgType": "text", "Content": "a]]>bc",
    }  # fmt: skip
    fields = envelope.read(protocol.sealed_reply(reply, "token", KEY, APP, 7).decode())
    assert crypto.decrypt(fields["Encrypt"], KEY, APP) == reply
    assert fields["TimeStamp"] == "7"
    assert len(fields["Nonce"]) == 16
    assert fields["MsgSignature"] == crypto.signature("token", "7", fields["Nonce"], fields["Encrypt"])


@pytest.mark.parametrize("openid", ["", "a b", "a" * 65, "a\n", "你"])
def test_what_is_no_openid(openid):
    with pytest.raises(protocol.MalformedError, match="not an openid"):
        protocol.check_openid(openid)


def test_keys():
    assert protocol.check_openid("a" * 64) == "a" * 64
    assert [protocol.event_kind(one) for one in ({"MsgType": "text"}, {"MsgType": "Event", "Event": "X"}, {"MsgType": "event"})] == [
        "text", "event:X", "event:",
    ]  # fmt: skip
    with pytest.raises(protocol.MalformedError, match="no MsgType"):
        protocol.event_kind({})
    assert protocol.unreadable_lane(3) == "wechat:unreadable:3"
    assert (
        protocol.unreadable_key(3, "a")
        == "wx:3:unreadable:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    )
    same = {"MsgId": "1", "FromUserName": "a", "MsgType": "text"}
    assert protocol.dedup_key(1, same) != protocol.dedup_key(1, {**same, "FromUserName": "b"})
    assert protocol.dedup_key(1, same) != protocol.dedup_key(1, {**same, "MsgId": "2"})
    event = {**same, "MsgType": "Event"}
    assert protocol.dedup_key(1, event) != protocol.dedup_key(1, {**event, "CreateTime": "2"})
    assert protocol.dedup_key(1, {"MsgID": "1", "CreateTime": "1"}) == protocol.dedup_key(
        1, {"MsgID": "1", "CreateTime": "2"}
    )


# Envelopes


def xml(inner: str) -> str:
    return f"<xml>{inner}</xml>"


HEAD = "<FromUserName>o</FromUserName>"
TAIL = "<MsgId>7</MsgId>"


@pytest.mark.parametrize(
    ("inner", "fields"),
    [
        (HEAD, {"FromUserName": "o"}),
        ("<A><![CDATA[ a ]]></A>\n <B>b</B>", {"A": " a ", "B": "b"}),
        ("<A>1</A><A>2</A>", {"A": "1"}),
        (HEAD + "<Content>a</Content>" + TAIL, {"FromUserName": "o", "Content": "a", "MsgId": "7"}),
        (HEAD + "<Content></b></Content>" + TAIL, {"FromUserName": "o", "Content": "</b>", "MsgId": "7"}),
        (HEAD + "<Content><![CDATA[</Content><MsgId>6</MsgId>]]></Content>" + TAIL,
         {"FromUserName": "o", "Content": "</Content><MsgId>6</MsgId>", "MsgId": "7"}),
        ("<Title><![CDATA[a]]></Title><Url><![CDATA[b]]></Url>" + TAIL, {"Title": "a", "Url": "b", "MsgId": "7"}),
        ("<Title><![CDATA[a]]></Title><Url>x]]></Title><Url>y]]></Url>" + TAIL, None),
        ("<Content>&lt;&#65;&#x42;&amp;&quot;&apos;&gt;&#1114112;&#1114111;&no;</Content>", {"Content": "<AB&\"'>&#1114112;\U0010ffff&no;"}),
        ("<ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>a</ScanResult></ScanCodeInfo>", {"ScanType": "qrcode", "ScanResult": "a"}),
        ("<ScanCodeInfo><ScanResult><![CDATA[</ScanResult>]]></ScanResult><ScanType>qrcode</ScanType></ScanCodeInfo>",
         {"ScanType": "qrcode", "ScanResult": "</ScanResult>"}),
        ("<ScanCodeInfo><Zoom>1</Zoom><ScanResult><![CDATA[</ScanResult>]]></ScanResult></ScanCodeInfo>", {"ScanResult": "</ScanResult>"}),
        ("<SendPicsInfo><Count>1</Count></SendPicsInfo>" + TAIL, {"MsgId": "7"}),
    ],
)  # fmt: skip
def test_what_an_envelope_holds(inner, fields):
    if fields is not None:
        assert envelope.read(xml(inner)) == fields
        assert envelope.read(f"\ufeff <?xml version='1.0'?> {xml(inner)} \n") == fields
    else:
        assert envelope.read(xml(inner))["MsgId"] == "7"


@pytest.mark.parametrize("text", ["", "<xml>", "<xml></xml", "x<xml></xml>", "<xml>a</xml>", "<xml></A></xml>"])
def test_what_is_no_envelope(text):
    with pytest.raises(envelope.MalformedError):
        envelope.read(text)


# What pushes say


def push(kind: str, **fields: str) -> Incoming:
    given = {"FromUserName": "o", "ToUserName": "gh", "MsgType": kind, **fields}
    with override("en"):
        return parse.parse(xml("".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in given.items())))


@pytest.mark.parametrize(
    ("kind", "fields", "content"),
    [
        ("text", {"Content": "a"}, Text("a")),
        ("TEXT", {"Content": "a"}, Text("a")),
        ("text", {"Content": "", "bizmsgmenuid": "1"}, Text("", menu_id="1")),
        ("text", {"Content": "a", "bizmsgmenuid": "1"}, Text("a", menu_id="1")),
        ("text", {"Content": ""}, Unsupported(what="Empty message")),
        ("image", {"PicUrl": "u", "MediaId": "m"}, Image(url="u", media_id="m")),
        ("voice", {"MediaId": "m", "Format": "amr", "Recognition": "r"}, Voice(media_id="m", format="amr", recognition="r")),
        ("shortvideo", {"MediaId": "m", "ThumbMediaId": "t"}, Video(media_id="m", thumb_media_id="t")),
        ("location", {"Location_X": "90", "Location_Y": "-180", "Label": "l"}, Location(90, -180, "l")),
        ("location", {"Location_X": "-90", "Location_Y": "180"}, Location(-90, 180)),
        ("location", {"Location_X": "90.1", "Location_Y": "0", "Label": "l"}, Unsupported("Location", "l")),
        ("location", {"Location_X": "0", "Location_Y": "180.1"}, Unsupported("Location")),
        ("location", {"Location_X": "0"}, Unsupported("Location")),
        ("location", {"Location_Y": "0"}, Unsupported("Location")),
        ("location", {"Location_X": "nan", "Location_Y": "0"}, Unsupported("Location")),
        ("link", {"Title": "t", "Url": "u", "Description": "d"}, Link("t", "u", "d")),
        ("file", {"Title": "t", "FileTotalLen": "7"}, File("t", size=7)),
        ("file", {"Title": "t", "FileTotalLen": "0"}, File("t")),
        ("file", {"Title": "t", "FileTotalLen": "-1"}, File("t")),
        ("file", {"Title": "t", "FileTotalLen": "x"}, File("t")),
        ("file", {"Title": "t", "FileTotalLen": str(2**53)}, File("t")),
        ("file", {"Title": "t", "FileTotalLen": str(2**53 - 1)}, File("t", size=2**53 - 1)),
        ("miniprogrampage", {"Title": "t", "AppId": "a", "PagePath": "p", "ThumbUrl": "u", "ThumbMediaId": "m"},
         MiniProgram("t", "a", "p", "u", "m")),
        ("new", {"MsgId": "1"}, Unsupported("Message of type new")),
    ],
)  # fmt: skip
def test_contents(kind, fields, content):
    assert push(kind, **fields) == Incoming("customer", "o", "gh", contents=(content,), trigger="message")


@pytest.mark.parametrize(
    ("kind", "fields", "why"),
    [
        ("new", {}, "type new is not a message"),
        ("new", {"MsgId": "1", "Event": "x"}, "type new is not a message"),
        ("device_text", {"MsgId": "1"}, "type device_text is not a message"),
        ("hardware", {"MsgId": "1"}, "type hardware is not a message"),
        ("n" * 70, {}, f"type {'n' * 60} is not a message"),
        ("event", {"Event": "MASSSENDJOBFINISH"}, "event MASSSENDJOBFINISH is not a message"),
        ("event", {"Event": "e" * 70}, f"event {'e' * 60} is not a message"),
    ],
)
def test_what_is_of_no_use(kind, fields, why):
    assert push(kind, **fields).ignored == why


@pytest.mark.parametrize(
    ("fields", "event", "facts"),
    [
        ({"Event": "CLICK", "EventKey": "k"}, "click", {"key": "k"}),
        ({"Event": "subscribe", "EventKey": "qrscene_k"}, "follow", {"key": "k"}),
        ({"Event": "subscribe", "EventKey": "last_trade_no_1"}, "follow", {"key": ""}),
        ({"Event": "unsubscribe"}, "unfollow", {"key": ""}),
        (
            {"Event": "scancode_waitmsg", "EventKey": "k", "ScanType": "barcode", "ScanResult": "EAN_13,42,1"},
            None,
            "42,1",
        ),
        ({"Event": "scancode_waitmsg", "EventKey": "k", "ScanType": "qrcode", "ScanResult": "a,b"}, None, "a,b"),
        ({"Event": "user_enter_tempsession", "SessionFrom": "s"}, None, None),
    ],
)
def test_events(fields, event, facts):
    said = push("event", **fields)
    if event:
        assert (said.event, said.facts) == (event, facts)
        assert bool(said.trigger) is (event != "unfollow")
    elif facts:
        assert said.facts == {"key": "k", "scanned": facts}
    else:
        assert said.facts == {"key": "s"}


# What is sent


@pytest.mark.parametrize(
    ("content", "bodies"),
    [
        (Text("a\x00b"), [render.text_body("ab")]),
        (Text(" "), []),
        (Notice("n"), [render.text_body("n")]),
        (Image(url="u"), [None]),
        (Link("t", "u"), [None]),
        (Typing(True), [{"command": "Typing"}]),
        (Typing(False), [{"command": "CancelTyping"}]),
        (Menu("h", ({"id": "1", "text": "one"},), "t"),
         [{"msgtype": "msgmenu", "msgmenu": {"head_content": "h", "list": [{"id": "1", "content": "one"}], "tail_content": "t"}}]),
    ],
)  # fmt: skip
def test_what_is_sent(content, bodies):
    assert render.render(content) == bodies


@pytest.mark.parametrize(
    ("first", "second", "joins"),
    [
        ("a", "b", True), ("a", "b" * 600, True), ("a", "b" * 601, False), ("a", "", False), ("", "b", False), ("你", "你" * 200, True),
        ("a" * (2048 - 601), "b" * 600, True), ("a" * (2048 - 600), "b" * 600, False),
    ],
)  # fmt: skip
def test_which_texts_are_joined(first, second, joins):
    joined = render.join(render.text_body(first), render.text_body(second))
    assert joined == (render.text_body(f"{first}\n{second}") if joins else None)
    assert render.join({"msgtype": "image"}, render.text_body("b")) is None


def test_where_cdata_ends_only_its_own_end_counts():
    for text, in_cdata, in_words in (("a</Title><Url>", False, True), ("a]]></Title> <Url>", True, True)):
        assert bool(envelope._closings("Title", cdata=True).search(text)) is in_cdata
        assert bool(envelope._closings("Title", cdata=False).search(text)) is in_words
