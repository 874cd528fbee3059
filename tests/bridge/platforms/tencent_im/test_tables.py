"""Tencent IM's protocol at its edges, value by value: keys and lanes, elements, what callbacks say, and what is sent."""

from __future__ import annotations

import hashlib
import json

import pytest

from bridge.platforms.tencent_im import crypto, elements, parse, protocol, render
from bridge.values.content import (
    Face,
    File,
    Forward,
    Image,
    Location,
    Notice,
    Text,
    Typing,
    Unsupported,
    Video,
    Voice,
)

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]


# Keys and lanes


@pytest.mark.parametrize(
    ("command", "data", "key"),
    [
        ("C2C.CallbackAfterSendMsg", {"From_Account": "a", "To_Account": "b", "MsgKey": "k"}, "im:msg:a:b:k"),
        ("C2C.CallbackAfterSendMsg", {"From_Account": "a", "To_Account": "b", "MsgSeq": 1, "MsgRandom": 2, "MsgTime": 3}, "im:msg:a:b:1_2_3"),
        ("State.StateChange", {"Info": {"To_Account": "a", "Action": "Login", "Reason": "R"}, "EventTime": 5}, "im:state:a:Login:R:5"),
        ("Other", {"b": 1, "a": 2}, "im:Other:" + hashlib.sha256(b'{"a": 2, "b": 1}').hexdigest()),
        ("C2C.CallbackAfterSendMsg", {"From_Account": "a", "To_Account": "b", "MsgKey": "k" * 112}, "im:msg:a:b:" + "k" * 112),
        ("C2C.CallbackAfterSendMsg", {"From_Account": "a", "To_Account": "b", "MsgKey": "k" * 113},
         "im:" + hashlib.sha256(b"msg:a:b:" + b"k" * 113).hexdigest()),
        ("C2C.CallbackAfterSendMsg", {"From_Account": "你", "To_Account": "b", "MsgKey": "k"}, "im:" + hashlib.sha256("msg:你:b:k".encode()).hexdigest()),
        ("C2C.CallbackAfterSendMsg", {"From_Account": "a\n", "To_Account": "b", "MsgKey": "k"}, "im:" + hashlib.sha256(b"msg:a\n:b:k").hexdigest()),
    ],
)  # fmt: skip
def test_keys(command, data, key):
    assert protocol.dedup_key(command, data) == key


@pytest.mark.parametrize(
    ("command", "data", "lane"),
    [
        ("C2C.CallbackAfterSendMsg", {"From_Account": "a", "To_Account": "b"}, "b"),
        ("C2C.CallbackAfterMsgWithDraw", {"From_Account": "a", "To_Account": "b"}, "b"),
        ("C2C.CallbackAfterMsgReport", {"Report_Account": "a", "Peer_Account": "b"}, "b"),
        ("State.StateChange", {"Info": {"To_Account": "a"}}, "seat:a"),
        ("Other", {}, "im"),
        ("C2C.CallbackAfterSendMsg", {"From_Account": "a", "To_Account": "b" * 70}, "b" * 70),
        ("C2C.CallbackAfterSendMsg", {"From_Account": "a", "To_Account": "b" * 71}, hashlib.sha256(b"b" * 71).hexdigest()),
        ("C2C.CallbackAfterMsgReport", {"Peer_Account": "b" * 70}, "b" * 70),
        ("C2C.CallbackAfterMsgReport", {"Peer_Account": "b" * 71}, hashlib.sha256(b"b" * 71).hexdigest()),
        ("State.StateChange", {"Info": {"To_Account": "a" * 64}}, "seat:" + "a" * 64),
        ("State.StateChange", {"Info": {"To_Account": "a" * 65}}, "seat:" + hashlib.sha256(b"a" * 65).hexdigest()),
    ],
)  # fmt: skip
def test_lanes(command, data, lane):
    assert protocol.lane_of(command, data) == lane


@pytest.mark.parametrize(
    ("command", "data", "why"),
    [
        ("C2C.CallbackAfterSendMsg", {"To_Account": "b"}, "no From_Account"),
        ("C2C.CallbackAfterSendMsg", {"From_Account": "a"}, "no To_Account"),
        ("C2C.CallbackAfterMsgReport", {"Peer_Account": None}, "no Peer_Account"),
        ("C2C.CallbackAfterMsgReport", {"Peer_Account": ["a"]}, "a field of the wrong type"),
        ("C2C.CallbackAfterMsgReport", {"Peer_Account": {}}, "a field of the wrong type"),
        ("State.StateChange", {"Info": []}, "Info is not an object"),
        ("State.StateChange", {}, "no To_Account"),
    ],
)
def test_what_has_no_lane(command, data, why):
    with pytest.raises(protocol.MalformedError, match=why):
        protocol.lane_of(command, data)


@pytest.mark.parametrize(
    ("body", "why"), [(b"{", "not JSON"), (b"[1]", "not a JSON object"), (b"null", "not a JSON object")]
)
def test_what_is_no_callback(body, why):
    with pytest.raises(protocol.MalformedError, match=f"^{why}$"):
        protocol.parse_json(body)


@pytest.mark.parametrize(
    ("platform", "name"),
    [
        ("", ""),
        ("RESTAPI", ""),
        ("Unknown", ""),
        ("iPhone", "im:ios"),
        ("iOS", "im:ios"),
        ("Web", "im:web"),
        ("x" * 31, "im:" + "x" * 30),
    ],
)
def test_names_of_clients(platform, name):
    assert protocol.client_name(platform) == name


def test_signatures_of_callbacks():
    sign = hashlib.sha256(b"token123").hexdigest()
    assert crypto.callback_signature_matches(sign, "token", "123")
    assert not crypto.callback_signature_matches(sign, "token", "124")
    assert not crypto.callback_signature_matches(sign, "other", "123")


# Elements


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3),
        (2.4, 2),
        (2.6, 3),
        ("7", 7),
        (0, 0),
        (-1, 0),
        (-0.4, 0),
        (2**53 - 1, 2**53 - 1),
        (2**53, 0),
        (float(2**53), 0),
        (1e300, 0),
        (None, 0),
        ("x", 0),
    ],
)
def test_numbers_that_count_something(value, number):
    assert elements.number_of(value) == number


PICTURES = [{"Type": 3, "URL": "thumb"}, {"Type": 1, "URL": "original", "Width": 4, "Height": 3, "Size": 9}]


@pytest.mark.parametrize(
    ("kind", "fields", "content"),
    [
        ("TIMTextElem", {"Text": "a"}, Text("a")),
        ("TIMTextElem", {"Text": 7}, Text("7")),
        ("TIMFaceElem", {"Index": 3, "Data": "d"}, Face(3, "d")),
        ("TIMImageElem", {"ImageInfoArray": PICTURES}, Image(url="original", width=4, height=3, size=9)),
        ("TIMImageElem", {"ImageInfoArray": PICTURES[:1]}, Image(url="thumb")),
        ("TIMImageElem", {"ImageInfoArray": [PICTURES[0], {"Type": 2, "URL": "large"}]}, Image(url="thumb")),
        ("TIMImageElem", {"ImageInfoArray": ["x"]}, Image()),
        ("TIMImageElem", {}, Image()),
        ("TIMSoundElem", {"Url": "u", "Second": 3}, Voice(url="u", seconds=3)),
        ("TIMVideoFileElem", {"VideoUrl": "u", "ThumbUrl": "t", "VideoSecond": 3}, Video(url="u", thumb_url="t", seconds=3)),
        ("TIMFileElem", {"FileName": "f", "Url": "u", "FileSize": 3}, File("f", "u", 3)),
        ("TIMLocationElem", {"Latitude": 90, "Longitude": -180, "Desc": "d"}, Location(90, -180, "d")),
        ("TIMLocationElem", {"Latitude": -90, "Longitude": 180}, Location(-90, 180)),
        ("TIMLocationElem", {"Latitude": 90.1, "Longitude": 0, "Desc": "d"}, Unsupported("Location", "d")),
        ("TIMLocationElem", {"Latitude": -90.1, "Longitude": 0}, Unsupported("Location")),
        ("TIMLocationElem", {"Latitude": 0, "Longitude": 180.1}, Unsupported("Location")),
        ("TIMLocationElem", {"Latitude": 0, "Longitude": -180.1}, Unsupported("Location")),
        ("TIMLocationElem", {"Latitude": "1.5"}, Location(1.5, 0)),
        ("TIMRelayElem", {"Title": " t ", "AbstractList": ["a\n b", "", 7]}, Forward("t", "a b\n7")),
        ("TIMRelayElem", {"Title": "t"}, Forward("t", "")),
        ("TIMRelayElem", {"AbstractList": ["a"]}, Forward("", "a")),
        ("TIMRelayElem", {"Title": "t" * 201, "AbstractList": ["a" * 201] * 21}, Forward("t" * 200, "\n".join(["a" * 200] * 20))),
        ("TIMNewElem", {}, Unsupported("Message of type TIMNewElem")),
    ],
)  # fmt: skip
def test_what_an_element_says(kind, fields, content):
    assert elements.content_of(kind, fields) == content


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        ("TIMTextElem", {"Text": ["a"]}, "Text"), ("TIMTextElem", {"Text": {}}, "Text"), ("TIMTextElem", {"Text": True}, "Text"),
        ("TIMLocationElem", {"Latitude": "x"}, "Latitude"), ("TIMLocationElem", {"Longitude": True}, "Longitude"), ("TIMLocationElem", {"Latitude": None}, "Latitude"),
        ("TIMLocationElem", {"Latitude": 10**400}, "Latitude"), ("TIMImageElem", {"ImageInfoArray": {}}, "ImageInfoArray"), ("TIMRelayElem", {}, "Title, AbstractList"),
        ("TIMRelayElem", {"AbstractList": [" "]}, "Title, AbstractList"),
    ],
)  # fmt: skip
def test_what_is_not_written_as_tencent_writes_it(kind, fields, field):
    with pytest.raises(elements.ElementError) as caught:
        elements.content_of(kind, fields)
    assert str(caught.value) == f"{kind} is not written as Tencent IM writes it ({field})"


@pytest.mark.parametrize(
    ("element", "kind"),
    [
        ({"MsgType": "TIMTextElem", "MsgContent": {"Text": "a"}}, ("TIMTextElem", {"Text": "a"})),
        ({"MsgType": "New" * 30}, (("New" * 30)[:60], {})),
        ({"MsgType": "New", "MsgContent": []}, ("New", {})),
        ({"MsgType": "TIMTextElem"}, None),
        ({"MsgType": "TIMCustomElem", "MsgContent": "x"}, None),
        ({"MsgContent": {}}, None),
        ("x", None),
    ],
)
def test_kinds_of_elements(element, kind):
    if kind:
        assert elements.kind_of(element) == kind
    else:
        with pytest.raises(elements.ElementError):
            elements.kind_of(element)


# Callbacks


def said(command: str, **data):
    return parse.parse(command, json.dumps(data))


def sent(*body, **data):
    given = {"From_Account": "a", "To_Account": "b", "MsgBody": list(body), **data}
    return said("C2C.CallbackAfterSendMsg", **given)


def element(kind: str, **fields):
    return {"MsgType": f"TIM{kind}Elem", "MsgContent": fields}


HELLO = element("Text", Text="hello")
MUTE = element("Custom", Data="{}", Desc="")
APP_ONLY = "Not sent: this message holds only data for an app. With a description (Desc) that would be sent."


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"OptPlatform": "RestApi"}, "sent through the REST API: our own echo"),
        ({"SendMsgResult": 20001}, "Tencent IM did not send it (20001)"),
        ({"SendMsgResult": "x" * 30}, f"Tencent IM did not send it ({'x' * 20})"),
        ({"SendMsgResult": 0}, ""),
        ({"SendMsgResult": None}, ""),
        ({"OptPlatform": "Web"}, ""),
    ],
)
def test_what_is_not_relayed(data, why):
    incoming = sent(HELLO, **data)
    assert incoming.ignored == why
    assert incoming.contents == (() if why else (Text("hello"),))


@pytest.mark.parametrize(
    ("body", "contents", "refusals"),
    [
        ([HELLO], (Text("hello"),), []),
        ([HELLO, element("Face", Index=1, Data="d")], (Text("hello"), Face(1, "d")), []),
        ([], (), []),
        ([MUTE], (), [APP_ONLY]),
        ([MUTE, HELLO], (Text("hello"),), []),
        ([MUTE, element("Text", Text=[])], (), ["Not sent: TIMTextElem is not written as Tencent IM writes it (Text)"]),
    ],
)
def test_what_a_message_holds(body, contents, refusals):
    incoming = sent(*body)
    assert (incoming.side, incoming.sender, incoming.recipient) == ("seat", "a", "b")
    assert (incoming.contents, incoming.facts) == (contents, {"refusals": refusals})


def test_a_quote_stands_above_the_first_words():
    picture, words, more = Image(url="u"), Text("a"), Text("b")
    assert parse._with_quote([picture, words, more], "q") == [picture, Text("a", quote="q"), more]
    assert parse._with_quote([picture], "q") == [picture]
    assert parse._with_quote([words], "") == [words]


def test_a_body_that_is_no_list():
    incoming = said("C2C.CallbackAfterSendMsg", From_Account="a", To_Account="b", MsgBody="x")
    assert incoming.facts == {"refusals": ["Not sent: MsgBody is not written as Tencent IM writes it (str)"]}


@pytest.mark.parametrize(
    ("flag", "body", "ignored"),
    [(1, [element("Face", Index=1)], True), (0, [element("Face", Index=1)], False), (1, [HELLO], False)],
)
def test_what_is_only_for_whoever_is_online(flag, body, ignored):
    incoming = sent(*body, OnlineOnlyFlag=flag)
    assert incoming.ignored == ("a message only for whoever is online now" if ignored else "")


@pytest.mark.parametrize(
    ("time", "at"),
    [
        (0, 0),
        (1764000000, 1764000000),
        ("7", 7),
        (2**33 - 1, 2**33 - 1),
        (2**33, None),
        (-1, None),
        (True, None),
        (None, None),
    ],
)
def test_read_reports(time, at):
    incoming = said("C2C.CallbackAfterMsgReport", Report_Account="a", Peer_Account="b", LastReadTime=time)
    assert (incoming.sender, incoming.recipient) == ("a", "b")
    assert (incoming.event, incoming.facts) == (("read", {"at": at}) if at is not None else ("", {}))
    assert incoming.ignored == ("" if at is not None else "a read report without a time")


@pytest.mark.parametrize(
    ("action", "online"), [("Login", True), ("Logout", False), ("Disconnect", False), ("Other", None)]
)
def test_presence(action, online):
    incoming = said("State.StateChange", Info={"To_Account": "a", "Action": action}, OptPlatform="iPhone")
    assert (incoming.side, incoming.sender, incoming.event) == ("presence", "a", action)
    assert incoming.facts == ({} if online is None else {"online": online, "client": "im:ios"})
    assert incoming.ignored == ("state Other says nothing about presence" if online is None else "")


def test_other_callbacks():
    recall = said("C2C.CallbackAfterMsgWithDraw", From_Account="a", To_Account="b", MsgKey="k")
    assert (recall.event, recall.facts) == ("recall", {"dedup": "im:msg:a:b:k"})
    assert said("Other").ignored == "Other is not a message"


# What is sent


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (Text("a"), ["a"]), (Text(""), []), (Notice("n"), ["[System] n"]), (Typing(), []), (Voice(url="u"), [None]), (Voice(media=1), [None]), (Voice(media_id="m"), [None]),
        (Voice(url="u", recognition="r"), [None, "[Recognized] r"]), (Image(url="u"), [None]), (Image(media_id="m"), [None]), (Image(media=1), [None]),
        (Video(media=1), [None]), (File("f", url="u"), [None]), (File("f", media=1), [None]), (Text("a" * 11001), ["a" * 11000, "a"]), (Text("a\x00b"), ["ab"]),
    ],
)  # fmt: skip
def test_what_is_sent(content, words):
    assert render.render(content) == [one and render.text_body(one) for one in words]


def test_what_has_no_file_is_said_in_words():
    for content in (Image(), Video(), Voice(), File("f")):
        (body,) = render.render(content)
        assert render.words_of(body)


def test_places_and_words():
    (named,) = render.render(Location(1.5, 2.5, "here"))
    assert named == {
        "MsgBody": [{"MsgType": "TIMLocationElem", "MsgContent": {"Desc": "here", "Latitude": 1.5, "Longitude": 2.5}}]
    }
    (bare,) = render.render(Location(1.5, 2.5))
    assert bare["MsgBody"][0]["MsgContent"]["Desc"].startswith("http")
    assert [render.words_of(one) for one in (render.text_body("a"), named, {})] == ["a", "", ""]
