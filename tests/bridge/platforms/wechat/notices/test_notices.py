"""Notices by template: sent by a seat, by the API and by themselves when answers wait; what became of each; and the way back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from bridge.base import clock
from bridge.inbox import storing
from bridge.inbox.events import AnswerHeld
from bridge.models import (
    Acceptance,
    Account,
    Conversation,
    Customer,
    Delivery,
    InboundEvent,
    Lane,
    Message,
    Template,
)
from bridge.outbox import templates, waiting
from bridge.outbox.deliveries import copy_of
from bridge.platforms.wechat.models import WeChatAccount
from tests.support.actors import OPENID, network_error, payload

pytestmark = pytest.mark.once

BODY = "回复内容：{{thing1.DATA}}\n会话：{{character_string2.DATA}}\n时间：{{time3.DATA}}"
WORDS = {"thing1": "{reason}", "character_string2": "#{conversation}", "time3": "{time}"}
SEND, BIZSEND = "message/template/send", "message/subscribe/bizsend"
State = Delivery.State


@pytest.fixture
def template(talking):
    return Template.objects.create(
        account=talking.account, remote_id="T1", title="客服回复提醒", body=BODY, words=WORDS, for_seats=True,
        when_held=True, blanks=["thing1", "character_string2", "time3"], fetched_at=clock.now(),
    )  # fmt: skip


@pytest.fixture
def late(talking, template):
    """The customer's 48 hours are over."""
    Customer.objects.update(window_until=clock.now() - timedelta(hours=1))
    return talking


def say(site, words: str) -> None:
    site.seat_says(words)
    site.work()


def sets(**own) -> None:
    account = Account.objects.get()
    Account.objects.update(parameters={**account.parameters, **own})


def closed_days_ago(site) -> None:
    say(site, "#close")
    Conversation.objects.update(closed_at=clock.now() - timedelta(days=3))


def notice() -> Delivery:
    return Delivery.objects.get(needs_window=False)


def came(site, number: str, status: str = "success") -> None:
    body = payload("wechat/event_template_finish.xml").replace("200163836", number).replace("success", status)
    site.push_xml(body.replace("1764000090", str(int(clock.now().timestamp()))))
    site.work()


def test_a_seat_calls_the_customer_back_and_says_why(late, platforms):
    platforms.answer(SEND, {"errcode": 0, "msgid": 200163836})
    say(late, "#通知 -n 客服回复提醒 退款已到账")
    (body,) = platforms.bodies(SEND)
    number = Conversation.objects.get().pk
    assert body["touser"] == OPENID
    assert body["data"]["thing1"] == {"value": "退款已到账"}
    assert body["data"]["character_string2"] == {"value": f"#{number}"}
    assert "url" not in body
    assert body["client_msg_id"] == f"d{notice().pk}"
    assert (notice().state, notice().remote_id) == (State.DONE, "200163836")
    assert "通知已发送" in platforms.to_seat("alice")[-1]
    said = Message.objects.get(content__type="TemplateMessage")
    assert (said.author, said.content["reason"]) == ("notices alice", "退款已到账")


def test_it_is_no_message_of_the_window(late, platforms):
    """It is not counted, and tells nothing of the window."""
    Customer.objects.update(window_left=0, window_until=clock.now() + timedelta(hours=1))
    say(late, "#notice -n 客服回复提醒 退款已到账")
    assert len(platforms.bodies(SEND)) == 1
    assert Customer.objects.get().window_left == 0


@pytest.mark.parametrize(("change", "word"), [
    ({"window_until": timedelta(hours=1), "window_left": 3}, "窗口期还没结束"),
    ({"subscribed": False}, "没有关注"),
    ({"blocked_at": timedelta(0)}, "被拉黑"),
])  # fmt: skip
def test_who_cannot_be_reached_or_need_not_is_said(late, platforms, change, word):
    fields = {name: clock.now() + one if isinstance(one, timedelta) else one for name, one in change.items()}
    Customer.objects.update(**fields)
    say(late, "#notice -n 客服回复提醒 退款已到账")
    assert platforms.bodies(SEND) == []
    assert word in platforms.to_seat("alice")[-1]


@pytest.mark.parametrize("change", [{"words": {"thing1": "x"}}, {"gone": True}, {"for_seats": False}])
def test_a_template_that_is_not_ready_sends_nothing(late, template, platforms, change):
    Template.objects.update(**change)
    say(late, "#notice -n 客服回复提醒 退款已到账")
    assert platforms.bodies(SEND) == []
    assert "没有可用的通知" in platforms.to_seat("alice")[-1]


def test_the_limit_of_a_day_holds(late, platforms):
    sets(TEMPLATES_PER_DAY=1)
    for _time in range(2):
        say(late, "#notice -n 客服回复提醒 退款已到账")
    assert len(platforms.bodies(SEND)) == 1
    assert "24 小时" in platforms.to_seat("alice")[-1]


def test_a_day_later_it_counts_for_the_limit_no_more(late, platforms):
    sets(TEMPLATES_PER_DAY=1)
    for hours in (23, 25):
        say(late, "#notice -n 客服回复提醒 退款已到账")
        Delivery.objects.filter(needs_window=False).update(created_at=clock.now() - timedelta(hours=hours))
    assert len(platforms.bodies(SEND)) == 1, "23 hours later it did"
    say(late, "#notice -n 客服回复提醒 退款已到账")
    assert len(platforms.bodies(SEND)) == 2


def test_what_others_were_sent_does_not_count_for_the_limit(late, platforms):
    sets(TEMPLATES_PER_DAY=1)
    late.customer_says("hello", "oOtherCustomer00000000000000")
    late.work()
    Customer.objects.update(window_until=clock.now() - timedelta(hours=1))
    say(late, "#notice -n 客服回复提醒 退款已到账")
    late.seat_says("#notice -n 客服回复提醒 退款已到账", openid="oOtherCustomer00000000000000")
    late.work()
    assert [body["touser"] for body in platforms.bodies(SEND)] == [OPENID, "oOtherCustomer00000000000000"]


def test_what_did_not_arrive_does_not_count_for_the_limit(late, platforms):
    sets(TEMPLATES_PER_DAY=1)
    platforms.answer(SEND, {"errcode": 43116, "errmsg": "restricted"})
    for _time in range(2):
        say(late, "#notice -n 客服回复提醒 退款已到账")
    assert len(platforms.bodies(SEND)) == 2


def test_an_answer_that_waits_calls_the_customer_back_once(late, platforms):
    sets(TEMPLATE_WHEN_HELD="time")
    say(late, "您的退款已到账")
    say(late, "请查收")
    assert len(platforms.bodies(SEND)) == 1
    assert [one.state for one in Delivery.objects.filter(message__side="seat").order_by("pk")] == [State.HELD] * 2
    late.customer_says("看到了")
    late.work()
    assert platforms.to_customer()[-2:] == ["您的退款已到账", "请查收"]
    assert Conversation.objects.count() == 1


def test_it_goes_past_what_waits_and_is_itself_tried_again(late, platforms):
    """A notice behind a held answer goes out, and one that must wait is found again when it is due."""
    sets(TEMPLATE_WHEN_HELD="time")
    platforms.answer(SEND, {"errcode": -1})
    say(late, "您的退款已到账")
    assert notice().state == State.QUEUED
    Delivery.objects.filter(needs_window=False).update(due_at=clock.now())

    lane = Lane.objects.get(pk=notice().lane)
    assert lane.wake_at is not None
    Lane.objects.update(wake_at=clock.now())
    late.work()
    assert notice().state == State.DONE


def test_more_than_a_batch_of_held_answers_hides_no_notice(late, platforms):
    Account.objects.update(over_time="hold")
    for number in range(25):
        late.seat_says(f"answer {number}")
    late.work()
    say(late, "#notice -n 客服回复提醒 退款已到账")
    assert len(platforms.bodies(SEND)) == 1


def test_behind_more_than_a_batch_that_can_be_sent_it_waits_for_its_turn(talking):
    """As long as nothing is held it goes past nothing: what stands between it and the batch that is read comes first."""
    talking.seat_says("answer")
    talking.work()
    one = Delivery.objects.filter(direction="customer").latest("pk")
    Delivery.objects.update(state=State.DONE)
    for _number in range(waiting.BATCH + 3):
        copy_of(one, clock.now()).save()
    last = copy_of(one, clock.now())
    last.needs_window = False
    last.save()
    read = waiting.queues(one.lane)["customer"]
    assert (len(read), last in read) == (waiting.BATCH, False)
    Delivery.objects.filter(pk=read[3].pk).update(state=State.HELD)
    assert last in waiting.queues(one.lane)["customer"]


@pytest.mark.parametrize(("when", "sent"), [("off", 0), ("time", 0), ("any", 1)])
def test_what_is_over_the_count_calls_back_only_where_it_is_asked_for(talking, template, platforms, when, sent):
    sets(TEMPLATE_WHEN_HELD=when)
    Account.objects.update(count_checked_at=clock.now())
    Customer.objects.update(window_left=0)
    say(talking, "您的退款已到账")
    assert len(platforms.bodies(SEND)) == sent
    assert Delivery.objects.get(message__side="seat").state == State.HELD


def test_switched_off_an_answer_fails_as_before(late, platforms):
    say(late, "您的退款已到账")
    assert platforms.bodies(SEND) == []
    assert Delivery.objects.get(message__side="seat").state == State.FAILED


def test_where_no_notice_can_go_the_answer_waits_and_the_seat_reads_why(late, platforms):
    sets(TEMPLATE_WHEN_HELD="time", TEMPLATES_PER_DAY=0)
    say(late, "您的退款已到账")
    assert platforms.bodies(SEND) == []
    assert Delivery.objects.get(message__side="seat").state == State.HELD
    assert "没有发送通知" in platforms.to_seat("alice")[-1]


@pytest.mark.parametrize(("status", "state", "words"), [
    ("success", State.DONE, "客户已收到"), ("failed:user block", State.FAILED, "不接收"),
])  # fmt: skip
def test_what_became_of_it_is_written_down(late, platforms, status, state, words):
    platforms.answer(SEND, {"errcode": 0, "msgid": 200163836})
    say(late, "#notice -n 客服回复提醒 退款已到账")
    came(late, "200163836", status)
    assert notice().state == state
    assert words in notice().reason


def test_one_whose_answer_was_lost_is_known_by_what_became_of_it(late, platforms):
    platforms.answer(SEND, network_error())
    say(late, "#notice -n 客服回复提醒 退款已到账")
    assert notice().state == State.UNKNOWN
    came(late, "77")
    assert (notice().state, notice().remote_id) == (State.DONE, "77")


def test_of_two_whose_answers_were_lost_the_older_is_meant_first(late, platforms):
    for _time in range(2):
        say(late, "#notice -n 客服回复提醒 退款已到账")
    Delivery.objects.filter(needs_window=False).update(remote_id="")
    came(late, "200163837")
    sent = Delivery.objects.filter(needs_window=False).order_by("pk")
    assert list(sent.values_list("remote_id", flat=True)) == ["200163837", ""]


def test_news_of_a_notice_that_we_have_not_sent_is_filtered(talking):
    came(talking, "1")
    assert InboundEvent.objects.latest("pk").state == InboundEvent.State.FILTERED


def test_the_customer_comes_back_into_the_closed_conversation(late, platforms):
    closed_days_ago(late)
    conversation = Conversation.objects.get()
    say(late, f"#notice -n 客服回复提醒 退款已到账 -c {conversation.pk}")
    assert notice().conversation_id == conversation.pk
    late.customer_says("好的")
    late.work()
    assert Conversation.objects.get().status == "assigned"
    assert Customer.objects.get().invited_to == 0


def test_a_notice_whose_customer_never_came_back_leads_nobody_else_back(late, platforms):
    """Without one, whoever writes long after the close begins anew."""
    closed_days_ago(late)
    late.customer_says("好的")
    late.work()
    assert Conversation.objects.count() == 2


@pytest.fixture
def subscription(late, template):
    Template.objects.update(kind="once", remote_id="S1")
    return late


def test_a_subscription_notice_goes_its_own_way_and_uses_an_acceptance_up(subscription, platforms):
    late = subscription
    late.push_xml(
        payload("wechat/event_subscribe_msg_popup.xml").replace("1610969440", str(int(clock.now().timestamp())))
    )
    late.work()
    assert Acceptance.objects.get().left == 1
    Template.objects.update(url="https://example.com/c/{conversation}")
    say(late, "#notice -n 客服回复提醒 退款已到账")
    (body,) = platforms.bodies(BIZSEND)
    assert body["page"] == f"https://example.com/c/{Conversation.objects.get().pk}"
    assert "client_msg_id" not in body
    late.push_xml(
        payload("wechat/event_subscribe_msg_sent.xml").replace("1610969442", str(int(clock.now().timestamp())))
    )
    late.work()
    assert Acceptance.objects.get().left == 0
    assert (notice().state, notice().remote_id) == (State.DONE, "1700827132819554304")
    say(late, "#notice -n 客服回复提醒 退款已到账")
    assert len(platforms.bodies(BIZSEND)) == 1
    assert "没有接受" in platforms.to_seat("alice")[-1]


def sent_event(error: str = "0") -> str:
    said = payload("wechat/event_subscribe_msg_sent.xml").replace("1610969442", str(int(clock.now().timestamp())))
    return said.replace("<ErrorCode>0", f"<ErrorCode>{error}")


@pytest.mark.parametrize(("error", "left"), [("0", [0, 2]), ("43116", [1, 2])])
def test_only_a_notice_that_arrived_uses_up_its_own_customers_acceptance(subscription, platforms, error, left):
    template = Template.objects.get()
    subscription.customer_says("hello", "oOtherCustomer00000000000000")
    subscription.work()
    Customer.objects.update(window_until=clock.now() - timedelta(hours=1))
    for openid, many in ((OPENID, 1), ("oOtherCustomer00000000000000", 2)):
        Acceptance.objects.create(customer=Customer.objects.get(openid=openid), template=template, left=many)
    say(subscription, "#notice -n 客服回复提醒 退款已到账")
    subscription.push_xml(sent_event(error))
    subscription.work()
    assert list(Acceptance.objects.order_by("pk").values_list("left", flat=True)) == left


def test_an_acceptance_that_another_customer_has_used_up_refuses_nothing(subscription, platforms):
    subscription.customer_says("hello", "oOtherCustomer00000000000000")
    subscription.work()
    other = Customer.objects.get(openid="oOtherCustomer00000000000000")
    Acceptance.objects.create(customer=other, template=Template.objects.get(), left=0)
    say(subscription, "#notice -n 客服回复提醒 退款已到账")
    assert len(platforms.bodies(BIZSEND)) == 1


def test_whoever_takes_no_more_notices_has_accepted_none(subscription):
    Acceptance.objects.create(customer=Customer.objects.get(), template=Template.objects.get(), left=3)
    now = str(int(clock.now().timestamp()))
    subscription.push_xml(payload("wechat/event_subscribe_msg_change.xml").replace("1610969441", now))
    subscription.work()
    assert Acceptance.objects.get().left == 0


def test_a_mini_program_sends_by_its_own_call(subscription, platforms):
    WeChatAccount.objects.update(kind="mini_program")
    Template.objects.update(app_id="wx1234567890abcdef", path="pages/chat?id={conversation}")
    say(subscription, "#notice -n 客服回复提醒 退款已到账")
    (body,) = platforms.bodies("message/subscribe/send")
    assert body["page"] == f"pages/chat?id={Conversation.objects.get().pk}"
    assert "miniprogram" not in body


def test_what_does_not_fit_a_blank_is_shortened(late, platforms):
    say(late, "#notice -n 客服回复提醒 " + "长" * 30)
    assert platforms.bodies(SEND)[0]["data"]["thing1"]["value"] == "长" * 19 + "…"
    assert "长" * 19 + "…" in Message.objects.get(content__type="TemplateMessage").content["text"]


def test_a_program_reads_which_notices_there_are_and_sends_one(late, client, platforms):
    client.force_login(late.alice.user)
    number = Conversation.objects.get().pk
    (offer,) = client.get(f"/api/conversations/{number}/notices/").json()
    assert (offer["title"], offer["kind"], offer["refusal"]) == ("客服回复提醒", "free", "")
    client.post(
        f"/api/conversations/{number}/commands/notice/", {"template": str(offer["id"]), "reason": "退款已到账"},
        content_type="application/json",
    )  # fmt: skip
    late.work()
    assert len(platforms.bodies(SEND)) == 1


def test_the_desk_offers_it_only_while_nothing_else_can_be_sent(late, client):
    client.force_login(late.alice.user)
    address = reverse("desk-chat", args=[Conversation.objects.get().pk])
    assert 'id="d-notice"' in client.get(address).content.decode()
    Customer.objects.update(window_until=clock.now() + timedelta(hours=1), window_left=2)
    assert 'id="d-notice"' not in client.get(address).content.decode()


def test_a_customer_without_any_window_known_may_be_sent_one(late, template):
    Customer.objects.update(window_until=None, window_left=None)
    assert templates.refusal(Customer.objects.get(), template, clock.now()) == ""


def test_news_without_a_number_makes_no_notice_arrived_that_was_not_sent(subscription, platforms):
    """Such as one that is still to be sent, which has no number either."""
    platforms.answer(BIZSEND, {"errcode": -1})
    say(subscription, "#notice -n 客服回复提醒 退款已到账")
    assert notice().state == State.QUEUED
    body = payload("wechat/event_subscribe_msg_sent.xml").replace("1700827132819554304", "")
    subscription.push_xml(body.replace("1610969442", str(int(clock.now().timestamp()))))
    subscription.work()
    assert notice().state == State.QUEUED


def test_what_a_name_holds_means_nothing_in_an_address(late, platforms):
    Customer.objects.update(remark="A&B #1/?x=王")
    Template.objects.update(
        url="https://example.com/?c={customer}&n={conversation}", app_id="wx1234567890abcdef", path="p?c={customer}"
    )
    say(late, "#notice -n 客服回复提醒 退款已到账")
    (body,) = platforms.bodies(SEND)
    quoted = "A%26B%20%231%2F%3Fx%3D%E7%8E%8B"
    assert body["url"] == f"https://example.com/?c={quoted}&n={Conversation.objects.get().pk}"
    assert body["miniprogram"]["pagepath"] == f"p?c={quoted}"


def test_a_conversation_of_somebody_else_calls_nobody_back(late, platforms):
    """What was posted in a lane of one customer about the conversation of another."""
    late.customer_says("hello", "oOtherCustomer00000000000000")
    late.work()
    Customer.objects.update(window_until=clock.now() - timedelta(hours=1))
    mine = Conversation.objects.get(customer__openid=OPENID)
    storing.post(late.im_id("oOtherCustomer00000000000000"), AnswerHeld(mine.pk))
    late.work()
    assert platforms.bodies(SEND) == []
