"""Parsing of what platforms send: properties, and what must never get through."""

from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bridge.platforms.tencent_im import protocol as im
from bridge.platforms.wechat import protocol
from bridge.values.lanes import lane_of_customer
from tests.support import words

OPENID = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", min_size=28, max_size=28)


@given(st.text(words.ANY, max_size=300))
def test_xml_comes_back_as_it_was_but_for_what_no_text_may_hold(text):
    escaped = f"<xml><Content>{escape(text)}</Content></xml>".encode("utf-8", "surrogatepass")
    assert protocol.parse_xml(escaped) == {"Content": words.left_of(text)}
    assert protocol.parse_xml(words.xml({"Content": text})) == {"Content": words.left_of(text)}


@given(words.WORDS)
def test_what_well_formed_xml_says_is_what_is_read(text):
    """Where the strict reader and ours both read a document that can be read in one way only, they read the same."""
    kept = words.left_of(text).replace("]]>", "")
    body = words.xml({"Title": kept, "Url": "https://x/", "Description": "d", "MsgId": 7})
    strict = {child.tag: child.text or "" for child in etree.fromstring(body)}
    assert protocol.parse_xml(body) == strict


@given(st.binary(max_size=300))
def test_noise_is_malformed_and_nothing_else(noise):
    with pytest.raises(protocol.MalformedError):
        protocol.parse_xml(noise)
    with pytest.raises(protocol.MalformedError):
        protocol.cut_ciphertext(noise)


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE xml [<!ENTITY a "b">]><xml><Content>&a;</Content></xml>',
        b'<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml><Content>x</Content></xml>',
        b"<html><Content>x</Content></html>",
        b"<xml><Content>x</Content>",
        b"<xml>words</xml>",
    ],
)
def test_document_types_and_what_is_no_envelope_is_refused(body):
    with pytest.raises(protocol.MalformedError):
        protocol.parse_xml(body)


def test_a_reference_stands_for_a_character_or_for_itself():
    body = (
        b"<xml><Content>&lt;a&gt; &#20320;&#x597d; &undefined; &#27;&#xD83D;&#xDE00;&#xD83D; &#9999999;</Content></xml>"
    )
    assert protocol.parse_xml(body) == {"Content": "<a> 你好 &undefined; 😀\ufffd &#9999999;"}


def test_what_a_customer_writes_cannot_pose_as_a_field():
    text = "]]&gt;<MsgId>1</MsgId>"
    body = (
        f"<xml><Content><![CDATA[</Content><MsgId>666</MsgId>]]></Content><MsgId>{7}</MsgId><Note>{text}</Note></xml>"
    )
    assert protocol.parse_xml(body.encode())["MsgId"] == "7"


def test_two_ciphertexts_are_one_too_many():
    part = b"<Encrypt><![CDATA[AAAA]]></Encrypt>"
    with pytest.raises(protocol.MalformedError):
        protocol.cut_ciphertext(b"<xml>" + part + part + b"</xml>")
    assert protocol.cut_ciphertext(b"<xml><Encrypt>QUJD</Encrypt></xml>") == "QUJD"


@given(st.integers(1, 36**3 - 1), OPENID)
def test_a_customers_im_account_fits_and_holds_the_openid(account, openid):
    im_id = lane_of_customer(account, openid)
    assert len(im_id.encode()) <= 32
    assert im_id.isascii()
    assert im_id.endswith("." + openid)


@given(st.integers(1, 10**6), st.integers(1, 10**6), OPENID, OPENID)
def test_no_two_customers_share_a_lane(one, other, openid, another):
    if (one, openid) != (other, another):
        assert lane_of_customer(one, openid) != lane_of_customer(other, another)


def test_keys_of_messages_and_events():
    message = {"MsgType": "text", "MsgId": "42", "FromUserName": "o", "CreateTime": "1"}
    assert protocol.dedup_key(1, message) == protocol.dedup_key(1, {**message, "CreateTime": "2"})
    assert protocol.dedup_key(1, message) != protocol.dedup_key(2, message)
    event = {"MsgType": "event", "Event": "CLICK", "EventKey": "a", "FromUserName": "o", "CreateTime": "1"}
    assert protocol.dedup_key(1, event) == protocol.dedup_key(1, dict(event))
    for change in ({"EventKey": "b"}, {"CreateTime": "2"}, {"Event": "VIEW"}, {"FromUserName": "p"}):
        assert protocol.dedup_key(1, event) != protocol.dedup_key(1, {**event, **change})
    # What a customer can do several times in a second.
    plain = {"MsgType": "text", "FromUserName": "o", "CreateTime": "1"}
    for name in ("Event", "EventKey", "MsgID", "ScanResult"):
        assert protocol.dedup_key(1, {**event, name: "x"}) != protocol.dedup_key(1, {**event, name: "y"}), name
    for name in ("Content", "MediaId", "MsgType"):
        assert protocol.dedup_key(1, {**plain, name: "x"}) != protocol.dedup_key(1, {**plain, name: "y"}), name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.sampled_from([im.AFTER_SEND, im.STATE_CHANGE, im.AFTER_READ, "Any.Thing"]),
    st.dictionaries(st.sampled_from(["From_Account", "To_Account", "MsgKey", "Info", "MsgBody", "EventTime"]), JSON),
)
def test_any_json_gives_keys_that_fit_or_is_malformed(command, data):
    try:
        key, lane = im.dedup_key(command, data), im.lane_of(command, data)
    except im.MalformedError:
        return
    assert len(key) <= 128
    assert len(lane) <= 80
    assert (key + lane).isascii()


def test_half_a_surrogate_pair_does_not_get_in():
    assert im.parse_json(rb'{"Text": "\ud83d bad \ud83d\ude00"}') == {"Text": "\ufffd bad \U0001f600"}
