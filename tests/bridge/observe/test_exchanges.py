"""The exchange log: everything in and out, without secrets, beside the event or delivery it belongs to; and cheap."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from bridge import http, worker
from bridge.base import subject
from bridge.http import calls
from bridge.inbox import storing
from bridge.live import parameters as live
from bridge.models import Delivery, Exchange, InboundEvent
from bridge.observe import exchanges
from bridge.observe.redaction import HIDDEN, LONGEST
from bridge.values.outcomes import DeliveryError
from tests.support.actors import SDK_APP_ID

SECRET = "s3cr3t-value-of-something"


class Reply:
    def __init__(self, body: dict[str, Any], status: int = 200) -> None:
        self.status_code, self.content = status, json.dumps(body).encode()
        self.headers: dict[str, str] = {}


@pytest.fixture
def wire(monkeypatch):
    """Stands where requests is, below the recorder."""
    replies: list[Any] = []

    def answer(self: Any, method: str, url: str, **words: Any) -> Any:
        reply = replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    monkeypatch.setattr(requests.Session, "request", answer)
    return replies


def kept() -> list[Exchange]:
    exchanges.recorder.flush()
    return list(Exchange.objects.order_by("pk"))


@pytest.mark.django_db
def test_a_call_is_kept_without_its_secrets(wire):
    wire.append(Reply({"access_token": SECRET, "expires_in": 7200}))
    http.post_json("https://api.weixin.qq.com/cgi-bin/stable_token", {}, {"appid": "wx1", "secret": SECRET})
    wire.append(Reply({"errcode": 45015, "errmsg": "response out of time limit"}))
    with subject.about(delivery_id=7, lane="wx_a", account_id=3):
        http.post_json(
            "https://api.weixin.qq.com/cgi-bin/message/custom/send",
            {"access_token": SECRET},
            {"text": {"content": "你好"}},
        )
    wire.append(Reply({"ActionStatus": "OK", "ErrorCode": 0}))
    http.post_json(
        "https://console.tim.qq.com/v4/openim/sendmsg", {"usersig": SECRET, "identifier": "admin"}, {"MsgBody": []}
    )
    token, sent, im = kept()
    assert (token.platform, token.failed, token.status, token.direction) == ("wechat", False, 200, "out")
    assert (sent.code, sent.failed, sent.delivery_id, sent.lane, sent.account_id) == ("45015", True, 7, "wx_a", 3)
    assert "你好" in sent.request
    assert (im.platform, im.code) == ("tencent_im", "")
    assert "identifier=admin" in im.address
    for one in (token, sent, im):
        assert SECRET not in json.dumps([one.address, one.request, one.answer])
        assert HIDDEN in one.address + one.request


@pytest.mark.django_db
def test_no_answer_is_kept_as_well(wire):
    wire.append(requests.exceptions.ReadTimeout())
    with pytest.raises(DeliveryError):
        http.post_json("https://api.weixin.qq.com/cgi-bin/message/custom/send", {"access_token": SECRET}, {})
    wire.append(Reply({}, 502))
    with pytest.raises(DeliveryError):
        http.get_json("https://api.weixin.qq.com/cgi-bin/user/info", {"openid": "o1"})
    timeout, broken = kept()
    assert (timeout.code, timeout.status, timeout.failed) == ("timeout", 0, True)
    assert (broken.code, broken.status) == ("502", 502)


def test_callbacks_are_kept_and_lead_to_their_events(site, admin_client):
    site.customer_says("hello")
    answer = site.client.post(
        "/callbacks/wechat/shop/?timestamp=1&nonce=2&signature=nope", b"<xml>a</xml>", content_type="text/xml"
    )
    assert answer.status_code >= 400
    data = {"CallbackCommand": "State.StateChange", "Info": {"Action": "Login", "To_Account": "alice"}, "EventTime": 1}
    site.im_callback("State.StateChange", data)
    came, refused, im = kept()
    event = InboundEvent.objects.get(lane=came.lane)
    assert (came.dedup, came.account_id, came.status, came.failed) == (event.dedup, site.account.pk, 200, False)
    assert came.request == ""
    assert f"msg_signature={HIDDEN}" in came.address
    assert (refused.failed, refused.request) == (True, "<xml>a</xml>")
    assert f"Sign={HIDDEN}" in im.address
    assert str(SDK_APP_ID) in im.address
    page = admin_client.get(f"/admin/bridge/exchange/{came.pk}/change/").content.decode()
    assert "hello" in page
    assert f"/admin/bridge/inboundevent/{event.pk}/change/" in page
    page = admin_client.get(f"/admin/bridge/inboundevent/{event.pk}/change/").content.decode()
    assert f"/admin/bridge/exchange/{came.pk}/change/" in page
    assert admin_client.get("/admin/bridge/exchange/?failed__exact=1").status_code == 200


def test_a_delivery_leads_to_its_exchanges(talking, wire, monkeypatch, admin_client):
    for name in ("post_json", "get_json"):
        monkeypatch.setattr(http, name, getattr(calls, name))
    wire += [Reply({"errcode": 40003, "errmsg": "invalid openid"})]
    wire += [Reply({"ActionStatus": "OK", "ErrorCode": 0})] * 6
    talking.seat_says("hi")
    talking.work()
    failed = Delivery.objects.get(state=Delivery.State.FAILED)
    mine = [one for one in kept() if one.delivery_id == failed.pk]
    (one,) = mine
    assert one.address.split("?")[0].endswith("/message/custom/send")
    assert one.code == "40003"
    page = admin_client.get(f"/admin/bridge/delivery/{failed.pk}/change/").content.decode()
    assert f"/admin/bridge/exchange/{one.pk}/change/" in page
    assert "access_token=token" not in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "rows"),
    [
        ({}, 2),
        ({"EXCHANGE_DAYS": 0}, 1),
        ({"EXCHANGE_DAYS": 0, "EXCHANGE_FAILED_DAYS": 0}, 0),
        ({"EXCHANGE_PER_SECOND": 0}, 1),
    ],
)
def test_what_is_kept_is_a_parameter(wire, values, rows):
    live.stored.remember(values)
    wire += [Reply({"errcode": 0}), Reply({"errcode": 1})]
    for _call in range(2):
        http.post_json("https://api.weixin.qq.com/cgi-bin/x", {}, {})
    assert len(kept()) == rows


@pytest.mark.parametrize("seconds", [1, 2])
def test_strangers_cannot_fill_the_log(site, monkeypatch, seconds):
    for second in range(seconds):
        monkeypatch.setattr(exchanges.time, "perf_counter", lambda second=second: 1000.5 + second)
        for _try in range(exchanges.REFUSALS + 5):
            address = "/callbacks/wechat/shop/?timestamp=1&nonce=2&signature=nope"
            site.client.post(address, b"x", content_type="text/xml")
    assert len(kept()) == seconds * exchanges.REFUSALS


@pytest.mark.parametrize(("failed", "fine"), [(True, 20), (False, 7)])
@pytest.mark.parametrize("direction", ["in", "out"])
def test_only_so_many_are_kept_of_a_second(db, direction, failed, fine):
    """What fails on the way out is kept in any case: that is what people look for."""
    live.stored.remember({"EXCHANGE_PER_SECOND": 7})
    for second in (100.0, 101.0):
        for _call in range(40):
            said = exchanges.OpenExchange(direction, "POST", "/", failed=failed)
            said.began = second
            exchanges.recorder.keep(said)
    exchanges.recorder.flush()
    assert Exchange.objects.count() == 2 * (40 if failed and direction == "out" else fine)


@pytest.mark.django_db
def test_more_than_can_be_written_is_dropped_and_said(wire, monkeypatch, caplog):
    monkeypatch.setattr(exchanges, "MOST", 3)
    wire += [Reply({"errcode": 0})] * 5
    for _call in range(5):
        http.post_json("https://api.weixin.qq.com/cgi-bin/x", {}, {})
    with caplog.at_level(logging.WARNING):
        assert len(kept()) == 3
    assert "2 exchanges were dropped" in caplog.text


NAMES = ("access_token", "secret", "AppSecret", "usersig", "session_key", "msg_signature")
WORD = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=12, max_size=40)


@given(
    name=st.sampled_from(NAMES),
    depth=st.integers(0, 4),
    shape=st.sampled_from(["json", "query", "xml", "loose"]),
    filler=st.text(max_size=30),
)
def test_a_secret_is_found_in_any_depth_and_shape(name, depth, shape, filler):
    hide = exchanges.redactor()
    data: Any = {name: SECRET}
    for _level in range(depth):
        data = {"a": [data, filler]}
    if shape == "json" and name not in ("msg_signature",):
        said = hide.body(json.dumps(data))
    elif shape == "xml":
        said = hide.body(f"<xml><{name}><![CDATA[{SECRET}]]></{name}><{name}>{SECRET}</{name}>{filler}</xml>")
    elif shape == "loose":
        said = hide.body(f"{filler} {name}={SECRET}&x=1 '{name}': '{SECRET}'")
    else:
        said = hide.address(f"https://x.example/cgi-bin/a?{name}={SECRET}", [(name.upper(), SECRET)])
        if name in ("AppSecret", "session_key"):
            return
    assert SECRET not in said


@given(st.text(max_size=500))
def test_any_body_is_taken_and_cut(text):
    assert len(exchanges.redactor().body(text * 40)) <= LONGEST


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://bridge:secret@proxy.example:8443/cgi-bin/a", "https://***@proxy.example:8443/cgi-bin/a"),
        ("https://secret@proxy.example/a?b=1", "https://***@proxy.example/a?b=1"),
        ("https://a:se%40c@ret@[::1]/", "https://***@[::1]/"),
        ("https://proxy.example/a@b", "https://proxy.example/a@b"),
        ("/wechat/shop/a@b", "/wechat/shop/a@b"),
    ],
)
def test_the_login_in_an_address_is_a_secret(url, shown):
    """That of a proxy before a platform, or of wherever a stranger's file is."""
    assert exchanges.redactor().address(url) == shown


def test_replay_drop_and_resend_ask_first(talking, admin_client, platforms):
    platforms.answer("message/custom/send", {"errcode": 40003, "errmsg": "no"}, {"errcode": 40003, "errmsg": "no"})
    for text in ("one", "two"):
        talking.seat_says(text)
        talking.work()
    first, second = Delivery.objects.filter(state=Delivery.State.FAILED).order_by("pk")
    address = "/admin/bridge/delivery/"
    asked = admin_client.post(address, {"action": "drop_selected", "_selected_action": [first.pk]})
    assert "确定" in asked.content.decode()
    asked = admin_client.post(
        address, {"action": "drop_selected", "_selected_action": [first.pk], "confirm": "yes", "reason": " "}
    )
    assert "请填写原因" in asked.content.decode()
    talking.work()
    first.refresh_from_db()
    assert first.state == Delivery.State.FAILED
    both = {"_selected_action": [first.pk], "confirm": "yes", "reason": "wrong customer"}
    admin_client.post(address, {"action": "drop_selected", **both})
    admin_client.post(address, {"action": "resend_selected", "_selected_action": [second.pk], "confirm": "yes"})
    talking.work()
    first.refresh_from_db()
    assert (first.state, first.reason) == (Delivery.State.DROPPED, "admin: wrong customer")
    assert platforms.to_customer()[-1] == "two"
    assert platforms.to_customer().count("one") == 1


def test_a_failed_event_is_worked_on_again_and_a_done_one_is_not(site, admin_client, monkeypatch):
    real = worker.apply_event

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr(worker, "apply_event", broken)
    site.customer_says("hello")
    site.work()
    event = InboundEvent.objects.get(platform="wechat")
    assert event.state == InboundEvent.State.FAILED
    monkeypatch.setattr(worker, "apply_event", real)
    data = {"action": "replay_selected", "_selected_action": [event.pk], "confirm": "yes"}
    admin_client.post("/admin/bridge/inboundevent/", data)
    site.work()
    event.refresh_from_db()
    assert (event.state, event.tries) == (InboundEvent.State.DONE, 0)
    assert storing.replay([event.pk]) == 0
