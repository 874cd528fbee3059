"""A push whose signature is right but which nobody can read: kept, acknowledged, alarmed, replayed after a fix."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.urls import reverse
from django.utils.translation import gettext as _
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bridge.base import clock
from bridge.inbox import storing
from bridge.live import parameters as live
from bridge.models import Customer, InboundEvent
from bridge.platforms.wechat import crypto, envelope, protocol
from bridge.platforms.wechat import door as wechat_door
from bridge.platforms.wechat.models import WeChatAccount
from bridge.privacy import retention
from bridge.values.incoming import UNREADABLE
from bridge.values.lanes import lane_of_customer
from tests.support.actors import AES_KEY, APP_ID, OPENID, TOKEN, encrypted_push, text_xml

pytestmark = pytest.mark.once

ACK = (200, b"success")
State = InboundEvent.State


def sealed(client, content: bytes):
    """Push bytes inside a good envelope."""
    timestamp = str(int(time.time()))
    ciphertext = crypto.encrypt(content, crypto.decode_key(AES_KEY), APP_ID)
    signature = crypto.signature(TOKEN, timestamp, "n", ciphertext)
    query = f"timestamp={timestamp}&nonce=n&encrypt_type=aes&msg_signature={signature}"
    body = f"<xml><Encrypt><![CDATA[{ciphertext}]]></Encrypt></xml>"
    return client.post(f"/callbacks/wechat/shop/?{query}", body, content_type="text/xml")


def plain(client, content: bytes, nonce: str = "n"):
    timestamp = str(int(time.time()))
    signature = crypto.signature(TOKEN, timestamp, nonce)
    query = f"signature={signature}&timestamp={timestamp}&nonce={nonce}"
    return client.post(f"/callbacks/wechat/shop/?{query}", content, content_type="text/xml")


def said(answer) -> tuple[int, bytes]:
    return answer.status_code, answer.content


@pytest.fixture
def blind(monkeypatch):
    """The reader has a fault for now; call it to mend it."""
    read = envelope.read

    def fails(text):
        raise envelope.MalformedError("a fault of ours")

    monkeypatch.setattr(envelope, "read", fails)
    return lambda: monkeypatch.setattr(envelope, "read", read)


@pytest.mark.parametrize("error", [IndexError, KeyError, RecursionError, AttributeError, TypeError])
def test_a_mistake_of_ours_loses_no_push(talking, client, monkeypatch, platforms, error):
    read = protocol.read_push

    def fails(text):
        raise error

    monkeypatch.setattr(protocol, "read_push", fails)
    assert said(sealed(client, text_xml("mine").encode())) == ACK
    talking.work()
    event = InboundEvent.objects.get(kind=UNREADABLE)
    assert (event.state, event.reason) == (State.FAILED, f"无法读取：{error.__name__}")
    monkeypatch.setattr(protocol, "read_push", read)
    storing.replay([event.pk])
    talking.work()
    assert platforms.to_seat("alice")[-1] == "mine"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=300))
@example(b"")
@example(b"[" * 31_000)
@example(b'{"a":' * 9_000)
@example(b"{" + b'"MsgId":1,' * 9_000 + b'"x":1}')
@example(b"<xml>" + b"<ScanCodeInfo>" * 4_000 + b"</xml>")
@example(b"<xml><FromUserName><![CDATA[not an openid!]]></FromUserName><MsgType>text</MsgType></xml>")
@example(f"<xml><FromUserName>{OPENID}</FromUserName></xml>".encode())
@example(f"<xml><FromUserName>{OPENID}</FromUserName><MsgType>unreadable</MsgType></xml>".encode())
@example(b"\xff\xfe<\x00x\x00m\x00l\x00>\x00")
def test_noise_inside_a_good_envelope_is_kept_once(site, client, content):
    InboundEvent.objects.all().delete()
    assert said(sealed(client, content)) == ACK
    assert said(sealed(client, content)) == ACK
    event = InboundEvent.objects.get()
    assert (event.kind, event.platform, event.account_id) == (UNREADABLE, "wechat", site.account.pk)
    assert event.lane == protocol.unreadable_lane(site.account.pk)
    site.work()
    event.refresh_from_db()
    assert event.state == State.FAILED


def test_it_fails_at_once_where_people_see_it_and_are_told(site, platforms, admin_client):
    site.sales.supervisors.add(site.alice)
    body = "<oops><secret>hidden</secret><Content>the words</Content></oops>"
    assert said(site.push_xml(body)) == ACK
    assert said(site.push_xml(body + " another")) == ACK
    site.work()
    one, _other = InboundEvent.objects.filter(kind=UNREADABLE).order_by("pk")
    assert (one.state, one.reason) == (State.FAILED, "无法读取：not a WeChat document")
    assert "the words" in one.body
    assert "hidden" not in one.body
    told = [text for text in platforms.to_seat("alice") if "无法读取" in text]
    assert len(told) == 1, "within an hour the same is not said again"
    assert f"事件 {one.pk}" in told[0]
    page = admin_client.get(reverse("admin:bridge_inboundevent_changelist"), {"state__exact": 3}).content.decode()
    assert "无法读取" in page
    shown = admin_client.get(reverse("admin:bridge_inboundevent_change", args=[one.pk])).content.decode()
    assert "the words" in shown


def test_two_that_differ_in_what_is_hidden_are_two(site):
    for secret in ("one", "two", "two"):
        assert said(site.push_xml(f"<oops><secret>{secret}</secret></oops>")) == ACK
    assert [event.body.count("***") for event in InboundEvent.objects.filter(kind=UNREADABLE)] == [1, 1]


def replay(admin_client, *events: InboundEvent) -> None:
    data = {"action": "replay_selected", "_selected_action": [event.pk for event in events], "confirm": "yes"}
    assert admin_client.post(reverse("admin:bridge_inboundevent_changelist"), data).status_code == 302


def test_after_a_fix_it_goes_to_its_customer(talking, platforms, admin_client, blind):
    other = "oAnotherCustomer000000000000"
    assert said(talking.customer_says("mine")) == ACK
    assert said(talking.customer_says("another's", other)) == ACK
    talking.work()
    events = list(InboundEvent.objects.filter(kind=UNREADABLE))
    assert [event.state for event in events] == [State.FAILED] * 2
    replay(admin_client, *events)
    talking.work()
    assert [event.state for event in InboundEvent.objects.filter(kind=UNREADABLE)] == [State.FAILED] * 2
    assert platforms.to_seat("alice")[-1] != "mine"
    blind()
    replay(admin_client, *events)
    talking.work()
    for event, openid in zip(events, (OPENID, other), strict=True):
        event.refresh_from_db()
        assert (event.state, event.body) == (State.DONE, "")
        moved = InboundEvent.objects.filter(lane=lane_of_customer(talking.account.pk, openid)).last()
        assert (moved.kind, moved.state) == ("text", State.DONE)
    sent = [body for body in platforms.bodies("openim/sendmsg") if "mine" in str(body) or "another" in str(body)]
    assert [(body["From_Account"], body["MsgBody"][0]["MsgContent"]["Text"]) for body in sent] == [
        (talking.im_id(OPENID), "mine"), (talking.im_id(other), "another's"),
    ]  # fmt: skip


def test_what_nobody_could_read_of_who_is_erased_goes_too(talking, admin_client, blind):
    other = "oAnotherCustomer000000000000"
    mine, theirs = encrypted_push(text_xml("my words")), encrypted_push(text_xml("another's", other))
    send = lambda push: talking.client.post(f"/callbacks/wechat/shop/?{push[0]}", push[1], content_type="text/xml")  # noqa: E731
    assert [said(send(push)) for push in (mine, theirs)] == [ACK] * 2
    talking.work()
    customer = Customer.objects.get(openid=OPENID)
    admin_client.post(reverse("admin:bridge_customer_changelist") + f"{customer.pk}/erase/", {"confirm": "yes"})
    talking.work()
    assert not Customer.objects.filter(openid=OPENID).exists()
    assert not InboundEvent.objects.filter(body__contains=OPENID).exists()
    assert InboundEvent.objects.filter(kind=UNREADABLE, state=State.FAILED).get().body.count("another's") == 1
    assert said(send(mine)) == ACK, "its key is there still"
    assert not InboundEvent.objects.filter(body__contains=OPENID).exists()


def test_what_came_again_after_the_fix_is_not_doubled(talking, platforms, admin_client, blind):
    query, body = encrypted_push(text_xml("once", msg_id=77))
    url = f"/callbacks/wechat/shop/?{query}"
    assert said(talking.client.post(url, body, content_type="text/xml")) == ACK
    talking.work()
    blind()
    assert said(talking.customer_says("once", msg_id=77)) == ACK
    replay(admin_client, *InboundEvent.objects.filter(kind=UNREADABLE))
    talking.work()
    assert platforms.to_seat("alice").count("once") == 1
    assert InboundEvent.objects.get(kind=UNREADABLE).state == State.FILTERED


def test_with_the_account_gone_it_fails_again(site, admin_client, blind):
    site.customer_says("x")
    WeChatAccount.objects.all().delete()
    blind()
    site.work()
    event = InboundEvent.objects.get()
    assert (event.state, event.reason) == (State.FAILED, _("the account is gone"))


def test_plain_mode_cannot_fill_the_table(site, client, monkeypatch):
    monkeypatch.setattr(wechat_door, "MOST_UNREADABLE", 3)
    WeChatAccount.objects.update(encryption="plain")
    wechat_door.accounts.forget()
    answers = [plain(client, b"noise %d" % number).status_code for number in range(5)]
    assert answers == [200, 200, 200, 400, 400]
    assert InboundEvent.objects.count() == 3
    assert plain(client, text_xml("words").encode()).status_code == 200
    site.work()
    assert plain(client, b"more").status_code == 400, "failed, they still wait for somebody"
    InboundEvent.objects.filter(kind=UNREADABLE).delete()
    assert plain(client, b"more").status_code == 200
    # What is signed with its body is never counted.
    WeChatAccount.objects.update(encryption="secure")
    wechat_door.accounts.forget()
    assert [sealed(client, b"noise %d" % number).status_code for number in range(5)] == [200] * 5


def test_without_the_database_wechat_tries_a_plain_one_again(site, client, monkeypatch):
    WeChatAccount.objects.update(encryption="plain")
    wechat_door.accounts.forget()

    def away(lane):
        raise OperationalError("gone away")

    assert plain(client, text_xml("warm").encode()).status_code == 200
    monkeypatch.setattr(wechat_door.InboundEvent.objects, "filter", lambda **_how: away(""))
    assert plain(client, b"noise").status_code == 503


@pytest.mark.parametrize(("days", "kept"), [(-1, 10_000), (0, 7), (30, 30)])
def test_its_words_go_with_all_others(site, days, kept):
    site.push_xml("<oops>words</oops>")
    site.work()
    live.stored.remember({"BODY_DAYS": days})
    retention.run(clock.now() + timedelta(days=kept, hours=-1))
    assert InboundEvent.objects.filter(kind=UNREADABLE).exists()
    retention.run(clock.now() + timedelta(days=kept, hours=1))
    assert InboundEvent.objects.filter(kind=UNREADABLE).exists() == (days == -1)
