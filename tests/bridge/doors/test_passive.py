"""Passive replies: a notice that is ready in time answers the push itself, and costs nothing."""

from __future__ import annotations

import hashlib
import re
import time
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
import redis
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import to_text

from bridge import worker
from bridge.base import clock
from bridge.base.redis import client
from bridge.doors import entrance, passive
from bridge.models import Customer, Delivery, InboundEvent
from bridge.platforms.wechat import door as wechat_door
from bridge.platforms.wechat import replies
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.incoming import Push
from tests.support.actors import AES_KEY, APP_ID, OPENID, TOKEN, text_xml

pytestmark = pytest.mark.once


def begin(dedup: str) -> passive.PendingReply | None:
    return passive.begin(dedup, 1, Push(text="hello"))


@pytest.fixture
def every(settings):
    """Doors wait for an answer to every push."""
    settings.PASSIVE_REPLY_SECONDS, settings.PASSIVE_REPLIES_TO = 0.5, "all"


@pytest.fixture
def swift(site, settings, monkeypatch):
    """A worker so swift that it is done before the door has looked."""
    settings.PASSIVE_REPLY_SECONDS, settings.PASSIVE_REPLIES_TO = 0.5, "all"
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
    assert message.content.startswith("当前咨询较多")
    assert platforms.to_customer() == []
    delivery = Delivery.objects.get(direction="customer")
    assert (delivery.state, delivery.code) == ("done", "passive")
    assert Customer.objects.get().window_left == 5


def test_it_is_taken_even_where_the_count_is_used_up(swift, platforms):
    WeChatAccount.objects.update(window_rules={"message": [1, 3600]})
    assert "当前咨询较多" in opened(swift.customer_says("hello"))


def test_in_plain_mode_it_is_plain(swift):
    WeChatAccount.objects.update(encryption="plain")
    wechat_door.accounts.forget()
    timestamp = str(int(time.time()))
    signature = hashlib.sha1("".join(sorted([TOKEN, timestamp, "n"])).encode()).hexdigest()
    query = urlencode({"signature": signature, "timestamp": timestamp, "nonce": "n"})
    response = swift.client.post(f"/callbacks/wechat/shop/?{query}", text_xml("hi"), content_type="text/xml")
    assert parse_message(response.content).content.startswith("当前咨询较多")


def test_an_answer_of_a_person_is_never_passive_and_nobody_waits_for_one(swift, platforms):
    swift.login("alice")
    assert swift.customer_says("hello").content == b"success"
    assert platforms.to_seat("alice") == ["hello"]


def test_only_what_answers_its_push_may_be_the_answer(site, every):
    site.customer_says("hello")
    site.work()
    delivery = Delivery.objects.get(direction="customer")
    dedup = InboundEvent.objects.get().dedup
    assert delivery.passive_for == dedup
    assert not passive.is_awaited(delivery)
    pending = begin(dedup)
    assert passive.is_awaited(delivery)
    delivery.passive_for = ""
    assert not passive.is_awaited(delivery)
    assert pending.end(stored=False) == ""


def test_a_mini_program_gets_none(swift, platforms):
    """It takes no passive replies: the notice goes out as a message."""
    WeChatAccount.objects.update(kind=WeChatAccount.Kind.MINI_PROGRAM)
    wechat_door.accounts.forget()
    assert swift.customer_says("hello").content == b"success"
    (notice,) = platforms.to_customer()
    assert notice.startswith("当前咨询较多")


def test_a_repeat_is_acknowledged(swift):
    swift.customer_says("hello", msg_id=7)
    assert swift.customer_says("hello", msg_id=7).content == b"success"


def test_too_late_means_as_usual(site, platforms, settings):
    settings.PASSIVE_REPLY_SECONDS, settings.PASSIVE_REPLIES_TO = 0.05, "all"
    assert site.customer_says("hello").content == b"success"
    site.work()
    assert len(platforms.to_customer()) == 1
    assert Customer.objects.get().window_left == 4


def test_only_one_side_decides(settings, db):
    settings.PASSIVE_REPLY_SECONDS, settings.PASSIVE_REPLIES_TO = 0.05, "all"
    waiting = begin("k")
    assert waiting
    assert passive.hand_over("k", "text")
    assert not passive.hand_over("k", "again")
    assert waiting.end(stored=True) == "text"
    waiting = begin("k")
    assert waiting
    assert waiting.end(stored=True) == ""
    assert not passive.hand_over("k", "too late")


def test_what_a_door_and_a_worker_leave_in_redis_goes_by_itself(settings, db):
    """Either may die before it has taken it away."""
    settings.PASSIVE_REPLY_SECONDS, settings.PASSIVE_REPLIES_TO = 0.5, "all"
    door = begin("key")
    assert 0 < client().pttl(passive._word("key")) <= 1500
    assert passive.hand_over("key", "words")
    assert 0 < client().ttl(passive._hand("key")) <= passive.KEPT_SECONDS
    assert door.end(stored=True) == "words"


def test_what_is_handed_over_as_the_door_gives_up_is_still_the_answer(settings, db, monkeypatch):
    settings.PASSIVE_REPLY_SECONDS, settings.PASSIVE_REPLIES_TO = 0.1, "all"
    door, redis_ = begin("key"), client()

    class Redis:
        """A worker takes the word just before the door does."""

        blpop = staticmethod(redis_.blpop)

        @staticmethod
        def delete(key: str) -> int:
            with monkeypatch.context() as patched:
                patched.setattr(passive, "client", lambda: redis_)
                assert passive.hand_over("key", "words")
            return int(redis_.delete(key))

    monkeypatch.setattr(passive, "client", Redis)
    assert door.end(stored=True) == "words"


def test_a_repeat_holds_no_thread(settings, db, monkeypatch):
    settings.PASSIVE_REPLY_SECONDS, settings.PASSIVE_REPLIES_TO = 2, "all"
    door = begin("key")
    redis_ = client()
    waits = SimpleNamespace(delete=redis_.delete, blpop=lambda *_what, **_how: pytest.fail("it waits"))
    monkeypatch.setattr(passive, "client", lambda: waits)
    assert door.end(stored=False) == ""


def test_half_of_the_threads_stay_free(settings):
    settings.PASSIVE_REPLY_SECONDS, settings.PASSIVE_REPLIES_TO = 0.05, "all"
    taken = [begin(str(number)) for number in range(settings.WEB_THREADS)]
    waiting = [one for one in taken if one]
    assert len(waiting) == settings.WEB_THREADS // 2
    for one in waiting:
        one.end(stored=False)


def test_redis_that_is_away_takes_no_places(settings, db, monkeypatch):
    settings.PASSIVE_REPLY_SECONDS, settings.PASSIVE_REPLIES_TO = 0.1, "all"

    def away() -> None:
        raise redis.ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(passive, "client", away)
        assert {begin(f"key {number}") for number in range(settings.WEB_THREADS)} == {None}
    door = begin("key")
    assert door
    assert door.end(stored=True) == ""


def test_a_door_waits_no_longer_than_wechat_does(settings, db):
    settings.PASSIVE_REPLY_SECONDS, settings.PASSIVE_REPLIES_TO = 60, "all"
    door = begin("key")
    assert door.seconds == passive.MAX_SECONDS
    door.end(stored=False)


def test_a_push_that_is_refused_gives_its_place_back(site, settings, monkeypatch):
    settings.PASSIVE_REPLY_SECONDS, settings.PASSIVE_REPLIES_TO = 0.05, "all"

    def full(event):
        raise entrance.Refused(503, "try again later")

    with monkeypatch.context() as patch:
        patch.setattr(entrance, "keep", full)
        statuses = {site.customer_says("hello").status_code for _try in range(settings.WEB_THREADS)}
    assert statuses == {503}
    waiting = begin("k")
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
    body = {"msgtype": "text", "text": {"content": "a]]></Content><X>1</X>\x00b"}}
    reply = replies.passive_reply("to", "from", body, 1)
    assert parse_message(reply).content == "a]]></Content><X>1</X>b"
