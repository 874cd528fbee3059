"""Whatever a platform sends, a parser answers with a value or with its own typed error, and what it made can be sent on.

FUZZ_CASES says how many cases each parser gets (200; by hand also 10,000).
"""

from __future__ import annotations

import base64
import contextlib
import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.conversation.preview import in_words
from bridge.media.sniff import sniff
from bridge.platforms.tencent_im import custom
from bridge.platforms.tencent_im import elements as im_elements
from bridge.platforms.tencent_im import faces as im_faces
from bridge.platforms.tencent_im import parse as im
from bridge.platforms.tencent_im import protocol as im_protocol
from bridge.platforms.tencent_im import render as im_render
from bridge.platforms.wechat import crypto, faces
from bridge.platforms.wechat import parse as wechat
from bridge.platforms.wechat import protocol as wechat_protocol
from bridge.platforms.wechat import render as wechat_render
from bridge.values.content import Content
from bridge.values.incoming import Incoming
from tests.support.words import WORDS, json_raw, xml

pytestmark = [pytest.mark.once, pytest.mark.long]
fuzz = settings(
    max_examples=int(os.environ.get("FUZZ_CASES", "200")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40), WORDS,
    st.sampled_from(["", "event", "text", "CLICK", "1e999", "-1", "NaN", "[微笑]", "/::)", "\ud800", "https://x/", "0" * 400]),
)  # fmt: skip
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4), max_leaves=8)  # fmt: skip


def objects(*names: str):
    """Objects with some of the known fields, whatever is in them."""
    return st.dictionaries(st.sampled_from(names) | st.text(max_size=8), ANYTHING, max_size=len(names))


WECHAT_FIELDS = ("ToUserName", "FromUserName", "CreateTime", "MsgType", "Content", "MsgId", "Event", "EventKey", "PicUrl",
                 "MediaId", "ThumbMediaId", "Format", "Recognition", "Location_X", "Location_Y", "Label", "Title", "Url",
                 "Description", "FileTotalLen", "AppId", "PagePath", "ThumbUrl", "SessionFrom", "bizmsgmenuid")  # fmt: skip
KINDS = [*wechat.CONTENT, "event", "hologram", ""]
IM_KINDS = [*im_elements.ELEMENTS, "TIMNew", ""]
IM_CONTENT = objects("Text", "Index", "Data", "Desc", "Ext", "ImageInfoArray", "Url", "Second", "VideoUrl", "ThumbUrl",
                     "VideoSecond", "FileName", "FileSize", "Latitude", "Longitude", "Size")  # fmt: skip
ELEMENT = st.fixed_dictionaries({}, optional={"MsgType": st.sampled_from(IM_KINDS) | ANYTHING, "MsgContent": IM_CONTENT | ANYTHING})  # fmt: skip
NEWS = objects("title", "url", "description", "picurl")
CUSTOM = st.one_of(
    objects("msgtype", "news", "msgmenu", "miniprogrampage", "businessID", "typingStatus"),
    st.fixed_dictionaries({"msgtype": st.just("news"), "news": st.fixed_dictionaries({"articles": st.lists(NEWS, max_size=2)}) | ANYTHING}),
    st.fixed_dictionaries({"msgtype": st.just("msgmenu"), "msgmenu": st.fixed_dictionaries(
        {"list": st.lists(objects("id", "content"), max_size=3) | ANYTHING}, optional={"head_content": ANYTHING, "tail_content": ANYTHING})}),
    st.fixed_dictionaries({"msgtype": st.just("miniprogrampage"), "miniprogrampage": objects(
        "title", "appid", "pagepath", "thumb_url", "thumb_media_id") | ANYTHING}),
)  # fmt: skip


def can_go_on(incoming: Incoming) -> None:
    """Every content travels through the database and is taken by both platforms."""
    for content in incoming.contents:
        again = Content.from_json(json.loads(json.dumps(content.to_json())))
        assert again == content or content != content  # NaN equals nothing
        assert isinstance(in_words(content), str)
        for render in (wechat_render.render, im_render.render):
            for body in render(content):
                json.dumps(body, ensure_ascii=False).encode()


@fuzz
@given(st.dictionaries(st.sampled_from(WECHAT_FIELDS), WORDS | st.sampled_from(["1e999", "NaN", "-7", "/:,@-D/::)"]), max_size=12), st.sampled_from(KINDS))  # fmt: skip
def test_wechats_xml(fields, kind):
    fields = {"FromUserName": "oGZUI0egBJY1zhBYw2KhdUfwVJJE", **fields, "MsgType": kind}
    with contextlib.suppress(wechat_protocol.MalformedError):
        can_go_on(wechat.parse(xml(fields).decode("utf-8", "surrogatepass")))
        wechat_protocol.dedup_key(1, wechat_protocol.parse_push(xml(fields))).encode("ascii")


@fuzz
@given(objects(*WECHAT_FIELDS), st.sampled_from(KINDS))
def test_wechats_json(fields, kind):
    fields = {"FromUserName": "oGZUI0egBJY1zhBYw2KhdUfwVJJE", **fields, "MsgType": kind}
    try:
        can_go_on(wechat.parse(json.dumps(fields)))
        can_go_on(wechat.parse(json_raw(fields).decode("utf-8", "surrogatepass")))
        parsed = wechat_protocol.parse_push(json.dumps(fields).encode())
        wechat_protocol.event_kind(parsed)
        wechat_protocol.dedup_key(1, parsed).encode()
    except wechat_protocol.MalformedError:
        pass


@fuzz
@given(
    st.binary(max_size=300)
    | WORDS.map(lambda text: f"<xml>{text}</xml>".encode("utf-8", "surrogatepass"))
    | st.binary(max_size=99).map(lambda part: b"<xml><Content><![CDATA[" + part + b"]]></Content></xml>")
)
def test_wechats_bytes(body):
    for read in (wechat_protocol.parse_push, wechat_protocol.cut_ciphertext):
        with contextlib.suppress(wechat_protocol.MalformedError):
            read(body)


@fuzz
@given(st.binary(max_size=400), st.binary(min_size=32, max_size=32))
def test_wechats_ciphertexts(body, key):
    for ciphertext in (body, base64.b64encode(body)):
        with contextlib.suppress(crypto.CryptoError):
            crypto.decrypt(ciphertext, key, "wx1")


@fuzz
@given(
    st.lists(ELEMENT | ANYTHING, max_size=4) | ANYTHING,
    objects("OnlineOnlyFlag", "SendMsgResult", "OptPlatform", "MsgKey"),
)
def test_tencents_messages(elements, more):
    data = {"From_Account": "alice", "To_Account": "1.o", **more, "MsgBody": elements}
    with contextlib.suppress(im_protocol.MalformedError):
        can_go_on(im.parse("C2C.CallbackAfterSendMsg", json.dumps(data)))


@fuzz
@given(
    st.sampled_from(
        ["State.StateChange", "C2C.CallbackAfterMsgReport", "C2C.CallbackAfterMsgWithDraw", "Group.New", ""]
    ),
    objects(
        "From_Account", "To_Account", "Info", "EventTime", "Report_Account", "Peer_Account", "LastReadTime", "MsgKey"
    )
    | st.fixed_dictionaries({"Info": objects("Action", "To_Account", "Reason")}),
)
def test_tencents_events(command, data):
    try:
        parsed = im_protocol.parse_json(json.dumps(data))
        im_protocol.dedup_key(command, parsed).encode("ascii")
        im_protocol.lane_of(command, parsed).encode("ascii")
        im.parse(command, json.dumps(data))
    except im_protocol.MalformedError:
        pass


@fuzz
@given(CUSTOM | ANYTHING)
def test_custom_elements(data):
    try:
        content = custom.parse({"Data": json.dumps(data), "Desc": "x"})
    except custom.CustomError:
        return
    can_go_on(Incoming("seat", contents=(content,)))


@fuzz
@given(st.text(max_size=200) | st.text("/:[]()@,-|<>'微笑OKTUIEmoji_Smile", max_size=60))
def test_faces(text):
    names = faces.to_names(text)
    assert faces.to_names(names) == names or "/:" in names
    im_faces.to_names(im_faces.to_codes(text)).encode("utf-8", "replace")


@fuzz
@given(st.binary(max_size=600))
def test_first_bytes(head):
    assert sniff(head).kind in ("image", "voice", "video", "file")
