"""Passive replies: a notice that is ready in time answers the push itself, and costs nothing."""

from __future__ import annotations

import hashlib
import re
import time
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import to_text

from bridge import worker
from bridge.base import clock
from bridge.doors import entrance, passive
from bridge.models import Customer, Delivery, InboundEvent
from bridge.platforms.wechat import door as wechat_door
from bridge.platforms.wechat import protocol
from bridge.platforms.wechat.models import WeChatAccount
from tests.support.actors import AES_KEY, APP_ID, OPENID, TOKEN, text_xml


@pytest.fixture
def swift(site, settings, monkeypatch):
    """A worker so swift that it is done before the door has looked."""
    settings.PASSIVE_REPLY_SECONDS = 0.5
    keep = entrance.keep

    def kept(event):
        stored = keep(event)
        worker.work_all()
        return stored

    monkeypatch.setattr(entrance, "keep", kept)
    return site


def opened(response) -> str:
    """Return the text of an encrypted reply, as wechatpy opens it."""
    body = to_text(response.content)
    nonce = re.search(r"<Nonce><!\[CDATA\[(.*?)\]\]>", body)[1]
    timestamp = re.search(r"<TimeStamp>(\d+)<", body)[1]
    signature = re.search(r"<MsgSignature><!\[CDATA\[(.*?)\]\]>", body)[1]
    return WeChatCrypto(TOKEN, AES_KEY, APP_ID).decrypt_message(body, signature, timestamp, nonce)


def test_a_notice_is_the_answer(swift, platforms):
    response = swift.customer_says("hello")  # nobody is online: the queue's notice
    message = parse_message(opened(response))
    assert message.target == OPENID
    assert message.content.startswith("客服正忙")
    assert platforms.to_customer() == []
    delivery = Delivery.objects.get(direction="customer")
    assert (delivery.state, delivery.code) == ("done", "passive")
    assert Customer.objects.get().window_left == 5


def test_it_is_taken_even_where_the_count_is_used_up(swift, platforms):
    WeChatAccount.objects.update(window_rules={"message": [1, 3600]})
    assert "客服正忙" in opened(swift.customer_says("hello"))


def test_in_plain_mode_it_is_plain(swift):
    WeChatAccount.objects.update(encryption="plain")
    wechat_door.accounts.forget()
    timestamp = str(int(time.time()))
    signature = hashlib.sha1("".join(sorted([TOKEN, timestamp, "n"])).encode()).hexdigest()
    query = urlencode({"signature": signature, "timestamp": timestamp, "nonce": "n"})
    response = swift.client.post(f"/callbacks/wechat/shop/?{query}", text_xml("hi"), content_type="text/xml")
    assert parse_message(response.content).content.startswith("客服正忙")


def test_an_answer_of_a_person_is_never_passive_and_nobody_waits_for_one(swift, platforms):
    swift.login("alice")
    assert swift.customer_says("hello").content == b"success"
    assert platforms.to_seat("alice") == ["hello"]


def test_only_a_notice_may_be_the_answer(site, settings):
    site.customer_says("hello")
    site.work()
    delivery = Delivery.objects.get(direction="customer")
    dedup = InboundEvent.objects.get().dedup
    settings.PASSIVE_REPLY_SECONDS = 0.5
    assert passive.is_awaited(delivery) == ""
    pending = passive.begin(dedup)
    assert passive.is_awaited(delivery) == dedup
    delivery.notice = False
    assert passive.is_awaited(delivery) == ""
    assert pending.end(stored=False) == ""


def test_a_mini_program_gets_none(swift, platforms):
    """It takes no passive replies: the notice goes out as a message."""
    WeChatAccount.objects.update(kind=WeChatAccount.Kind.MINI_PROGRAM)
    wechat_door.accounts.forget()
    assert swift.customer_says("hello").content == b"success"
    (notice,) = platforms.to_customer()
    assert notice.startswith("客服正忙")


def test_a_repeat_is_acknowledged(swift):
    swift.customer_says("hello", msg_id=7)
    assert swift.customer_says("hello", msg_id=7).content == b"success"


def test_too_late_means_as_usual(site, platforms, settings):
    settings.PASSIVE_REPLY_SECONDS = 0.05
    assert site.customer_says("hello").content == b"success"
    site.work()
    assert len(platforms.to_customer()) == 1
    assert Customer.objects.get().window_left == 4


def test_only_one_side_decides(settings, db):
    settings.PASSIVE_REPLY_SECONDS = 0.05
    waiting = passive.begin("k")
    assert waiting
    assert passive.hand_over("k", "text")
    assert not passive.hand_over("k", "again")
    assert waiting.end(stored=True) == "text"
    waiting = passive.begin("k")
    assert waiting
    assert waiting.end(stored=True) == ""
    assert not passive.hand_over("k", "too late")


def test_half_of_the_threads_stay_free(settings):
    settings.PASSIVE_REPLY_SECONDS = 0.05
    taken = [passive.begin(str(number)) for number in range(settings.WEB_THREADS)]
    waiting = [one for one in taken if one]
    assert len(waiting) == settings.WEB_THREADS // 2
    for one in waiting:
        one.end(stored=False)


def test_a_push_that_is_refused_gives_its_place_back(site, settings, monkeypatch):
    settings.PASSIVE_REPLY_SECONDS = 0.05

    def full(event):
        raise entrance.Refused(503, "try again later")

    with monkeypatch.context() as patch:
        patch.setattr(entrance, "keep", full)
        statuses = {site.customer_says("hello").status_code for _try in range(settings.WEB_THREADS)}
    assert statuses == {503}
    waiting = passive.begin("k")
    assert waiting
    waiting.end(stored=False)


def test_a_crash_after_handing_over_does_not_say_it_twice(swift, platforms, monkeypatch):
    original, calls = passive.hand_over, []

    def crash(dedup, text):
        original(dedup, text)
        if text:
            calls.append(text)
            raise KeyboardInterrupt
        return True

    monkeypatch.setattr(passive, "hand_over", crash)
    with pytest.raises(KeyboardInterrupt):
        swift.customer_says("hello")
    assert len(calls) == 1
    assert Delivery.objects.get(direction="customer").state == "sending"
    monkeypatch.setattr(passive, "hand_over", original)
    later = clock.now() + timedelta(seconds=60)
    with clock.fixed(lambda: later):
        swift.work()
    assert platforms.to_customer() == []
    assert Delivery.objects.get(direction="customer").state == "unknown"


def test_a_text_cannot_break_out_of_its_reply():
    reply = protocol.text_reply("to", "from", "a]]></Content><X>1</X>\x00b", 1)
    assert parse_message(reply).content == "a]]></Content><X>1</X>b"
