"""Automatic answers go out as passive replies, and spend none of the count; a door waits only where one is expected."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from wechatpy import parse_message

from bridge import worker
from bridge.doors import entrance, passive
from bridge.media.reception import receive
from bridge.media.store import draft
from bridge.models import AutoAnswer, Customer, Delivery, Message
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.auto_answers import menu_of
from bridge.values.content import Image, Link
from bridge.values.incoming import Push
from chatbots import expecting
from chatbots.models import FaqEntry, Welcome
from tests.bridge.doors.test_passive import opened
from tests.support.actors import OPENID, payload
from tests.support.samples import picture

pytestmark = pytest.mark.once

FOLLOW = payload("wechat/event_subscribe.xml")


@pytest.fixture
def asking(site, monkeypatch):
    """A site whose account answers keywords, with a worker so swift that it is done before the door has looked."""
    WeChatAccount.objects.update(bots=[{"name": "faq", "on": True}])
    keep = entrance.keep

    def kept(event):
        stored = keep(event)
        worker.work_all()
        return stored

    monkeypatch.setattr(entrance, "keep", kept)
    return site


@pytest.fixture
def waits(monkeypatch):
    """Return the pushes for which a door has waited."""
    found = []
    begin = passive.begin

    def noted(dedup, account_id, push):
        pending = begin(dedup, account_id, push)
        found.extend([push] if pending else [])
        return pending

    monkeypatch.setattr(passive, "begin", noted)
    return found


def xml(name: str) -> str:
    """Return a payload of our test customer."""
    return re.sub(r"<FromUserName>.*?</FromUserName>", f"<FromUserName><![CDATA[{OPENID}]]></FromUserName>", name)


def test_a_keyword_is_answered_passively_and_the_count_stays(asking, platforms):
    FaqEntry.objects.create(keywords="营业", answer=AutoAnswer.of("9:00-18:00"))
    reply = parse_message(opened(asking.customer_says("几点营业")))
    assert (reply.content, reply.target) == ("9:00-18:00", OPENID)
    assert platforms.to_customer() == []
    assert Customer.objects.get().window_left == 5
    assert Message.objects.filter(side="bot").count() == 1


def test_a_welcome_is_the_answer_to_the_follow(asking, platforms):
    Welcome.objects.create(answer=AutoAnswer.of("欢迎关注"))
    reply = parse_message(opened(asking.push_xml(xml(FOLLOW))))
    assert reply.content == "欢迎关注"
    assert platforms.to_customer() == []
    assert Customer.objects.get().window_left == 3
    assert not Customer.objects.get().conversations.exists()


def test_a_card_is_an_article(asking, platforms):
    Welcome.objects.create(answer=AutoAnswer.keep(Link("到店路线", "https://shop.example/map", "地铁二号线")))
    reply = ElementTree.fromstring(opened(asking.push_xml(xml(FOLLOW))))
    assert (reply.findtext("MsgType"), reply.findtext("ArticleCount")) == ("news", "1")
    names = ("Title", "Description", "PicUrl", "Url")
    said = [reply.findtext(f"Articles/item/{name}") for name in names]
    assert said == ["到店路线", "地铁二号线", "", "https://shop.example/map"]


def test_a_picture_is_uploaded_and_then_the_answer(asking, platforms):
    with draft() as drafted:
        drafted.path.write_bytes(picture())
        media = receive(drafted, Image)
    Welcome.objects.create(answer=AutoAnswer.keep(Image(media=media.pk, name="map.png")))
    reply = opened(asking.push_xml(xml(FOLLOW)))
    assert re.search(r"<Image><MediaId><!\[CDATA\[up-\d+\]\]></MediaId></Image>", reply)
    assert Delivery.objects.get().code == "passive"


def test_a_menu_cannot_be_passive_and_goes_as_a_message_at_once(asking, platforms):
    FaqEntry.objects.create(keywords="帮助", answer=AutoAnswer.keep(menu_of("哪方面？", ["售前", "售后"])))
    assert asking.customer_says("帮助").content == b"success"
    assert platforms.to_customer() == ["(msgmenu)"]
    assert Customer.objects.get().window_left == 4


def test_a_door_waits_only_where_an_answer_is_expected(asking, platforms, waits):
    asking.login("alice")
    FaqEntry.objects.create(keywords="营业", answer=AutoAnswer.of("9:00-18:00"))
    assert asking.customer_says("请问有货吗").content == b"success"
    assert waits == []
    asking.customer_says("营业")
    assert waits == [Push(text="营业")]


def test_a_keyword_that_a_seat_answers_is_acknowledged_without_waiting_out_the_time(asking, platforms, settings):
    settings.PASSIVE_REPLY_SECONDS = 2.5
    asking.login("alice")
    FaqEntry.objects.create(keywords="营业", answer=AutoAnswer.of("9:00-18:00"))
    asking.customer_says("人工")
    assert asking.customer_says("营业时间").content == b"success"
    assert platforms.to_seat("alice")[-1] == "营业时间"


@pytest.mark.parametrize(
    ("bots", "push", "waited"),
    [
        (["faq"], Push(text="营业时间"), True),
        (["faq"], Push(text="人工"), False),
        ([], Push(text="营业时间"), False),
        ([], Push("follow", "poster"), True),
        ([], Push("unfollow"), False),
        ([], Push("click", "营业"), False),
        ([], Push(), False),
    ],
)
def test_what_is_expected(site, bots, push, waited):
    WeChatAccount.objects.update(bots=[{"name": name, "on": True} for name in bots])
    FaqEntry.objects.create(keywords="营业", answer=AutoAnswer.of("9:00-18:00"))
    Welcome.objects.create(answer=AutoAnswer.of("欢迎"))
    assert expecting.is_expected(site.account.pk, push) is waited
    assert not expecting.is_expected(0, push)


def test_too_late_means_as_usual_within_the_count(site, platforms, settings):
    settings.PASSIVE_REPLY_SECONDS = 0.05
    WeChatAccount.objects.update(bots=[{"name": "faq", "on": True}])
    FaqEntry.objects.create(keywords="营业", answer=AutoAnswer.of("9:00-18:00"))
    assert site.customer_says("营业").content == b"success"
    site.work()
    assert platforms.to_customer() == ["9:00-18:00"]
    assert Customer.objects.get().window_left == 4
