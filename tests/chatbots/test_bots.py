"""Chatbots account by account: order, switches, settings; and the page that shows which of them would answer, and why."""

from __future__ import annotations

import pytest

from bridge.models import AutoAnswer, Conversation, Delivery
from bridge.pipeline.bots import greeters
from bridge.platforms.wechat.models import WeChatAccount
from chatbots.models import FaqEntry
from chatbots.tryout import try_out
from tests.support.routing import conversation, owner, someone

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("stored", "first", "met"),
    [
        ([], "transform", ["transform"]),
        ([], "faq", ["faq", "transform"]),
        ([], "stack", ["stack"]),
        ([{"name": "faq", "on": True}], "transform", ["faq", "transform"]),
        ([{"name": "faq", "on": False}], "faq", ["transform"]),
        ([{"name": "gone", "on": True}, {"name": "faq", "on": True}], "stack", ["faq", "stack"]),
        ([], "gone", ["gone"]),
    ],
)
def test_who_greets(stored, first, met):
    assert greeters(stored, first) == met


@pytest.fixture
def asking(day):
    FaqEntry.objects.create(keywords="营业 时间", answer=AutoAnswer.of("9:00-18:00"))
    FaqEntry.objects.create(keywords="发票", answer=AutoAnswer.of("在订单里下载"), account=day.site.account, position=1)
    day.site.login("alice")
    return day


def bots_of(day, **settings: int) -> None:
    day.site.account.bots = [{"name": "faq", "on": True, "settings": settings}]
    day.site.account.save()


def test_after_so_many_answers_comes_a_person(asking):
    bots_of(asking, most=2)
    asking.arrive(1, text="几点营业")
    asking.arrive(1, text="发票")
    assert asking.told(1) == ["9:00-18:00", "在订单里下载"]
    assert owner(1) == Conversation.Status.BOT
    asking.arrive(1, text="营业")
    assert owner(1) == "alice"
    assert len(asking.told(1)) == 2


def test_without_a_limit_it_answers_for_ever(asking):
    bots_of(asking)
    for _round in range(4):
        asking.arrive(1, text="营业")
    assert len(asking.told(1)) == 4
    asking.arrive(1, text="人工")
    assert owner(1) == "alice"


def test_an_account_with_the_bot_switched_off(asking):
    asking.site.account.first_mode = "faq"
    asking.site.account.bots = [{"name": "faq", "on": False}]
    asking.site.account.save()
    asking.arrive(1, text="营业")
    assert owner(1) == "alice"


def test_the_form_keeps_order_switch_and_settings(asking, admin_client):
    account = asking.site.account
    address = f"/admin/bridge/wechataccount/{account.pk}/change/"
    form = admin_client.get(address).context["adminform"].form
    data = {
        name: form[name].value()
        for name in form.fields
        if form[name].value() is not None and form[name].value() is not False
    }
    data |= {"bot_faq_on": "on", "bot_faq_position": "1", "bot_faq_most": "3"}
    answer = admin_client.post(address, data)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert WeChatAccount.objects.get().bots == [{"name": "faq", "on": True, "settings": {"most": 3}}]
    form = admin_client.get(address).context["adminform"].form
    assert (form["bot_faq_on"].value(), form["bot_faq_most"].value()) == (True, 3)
    page = admin_client.post(address, {**data, "bot_faq_most": "1000"})
    assert page.status_code == 200


def test_trying_out_says_who_would_answer_and_why_and_sends_nothing(asking, admin_client, platforms):
    bots_of(asking)
    account = asking.site.account
    (answered,) = try_out(account, "请问营业到几点")
    assert (answered.kind, answered.said) == ("good", "9:00-18:00")
    assert "营业" in answered.why
    handed, seat = try_out(account, "我要投诉")
    assert (handed.kind, seat.kind) == ("wait", "stop")
    (command,) = try_out(account, "#quit")
    assert "#quit" in command.text
    calls = len(platforms.calls)
    page = admin_client.get("/admin/chatbots/faqentry/try/", {"account": account.pk, "text": "发票怎么开"})
    assert "在订单里下载" in page.content.decode()
    assert not Conversation.objects.exists()
    assert not Delivery.objects.filter(recipient=someone(1)).exists()
    assert len(platforms.calls) == calls
    asking.arrive(1, text="请问营业到几点")
    assert asking.told(1) == [answered.said], "the page says what happens"
    assert conversation(1).mode == "faq"
