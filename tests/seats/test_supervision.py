"""Transfers, supervisors, records, blocking, surveys: what seats do to conversations by command."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.inbox import storing
from bridge.inbox.events import CommandGiven, Written
from bridge.models import Delivery, InboundEvent, Message, Tag
from bridge.values.agents import Author
from bridge.values.content import Text
from seats.models import Seat, SeatGroup, TransferOffer
from tests.support.actors import text_xml
from tests.support.routing import consistent, conversation, owner, places, someone

pytestmark = pytest.mark.once


@pytest.fixture
def pair(day):
    """Alice and carol of one group, bob of another who supervises both; alice has customer 1."""
    day.site.seat("carol", day.site.sales)
    day.site.login("alice", "bob")
    day.arrive(1)
    day.site.login("carol")
    day.site.sales.supervisors.add(day.site.bob)
    return day


def offering(day) -> None:
    SeatGroup.objects.update(transfer_mode="offer")


def seat(name: str) -> Seat:
    return Seat.objects.get(user__username=name)


# Transfer


def test_a_transfer_with_a_note_and_the_context(pair):
    pair.says("alice", "#transfer -n carol -t 要发票", 1)
    assert owner(1) == "carol"
    read = "\n".join(pair.platforms.to_seat("carol"))
    assert "hello 1" in read
    assert "要发票" in read
    assert pair.told(1) == []
    consistent()


def test_an_offer_that_is_accepted(pair):
    offering(pair)
    assert "carol" in pair.says("alice", "#transfer -n carol -t 要发票", 1)
    assert (owner(1), seat("carol").load) == ("alice", 1)
    assert "#接受" in pair.platforms.to_seat("carol")[-1]
    pair.arrive(1, text="still here")
    assert pair.platforms.to_seat("alice")[-1] == "still here 1"
    pair.says("carol", "#接受", 1)
    assert (owner(1), seat("alice").load, seat("carol").load) == ("carol", 0, 1)
    assert any("已接受" in text for text in pair.platforms.to_seat("alice"))
    assert any("要发票" in text for text in pair.platforms.to_seat("carol"))
    consistent()


@pytest.mark.parametrize("how", ["refuse", "time", "close"])
def test_an_offer_that_comes_to_nothing(pair, how):
    offering(pair)
    pair.says("alice", "#transfer -n carol", 1)
    if how == "refuse":
        pair.says("carol", "#refuse", 1)
    elif how == "time":
        pair.later(61)
    else:
        pair.says("alice", "#close", 1)
    assert owner(1) == ("closed" if how == "close" else "alice")
    assert seat("carol").load == 0
    assert not TransferOffer.objects.exists()
    pair.says("carol", "#accept", 1)
    assert owner(1) != "carol"
    consistent()


def test_an_offered_place_is_kept(pair):
    offering(pair)
    Seat.objects.filter(user__username="carol").update(capacity=1)
    pair.says("alice", "#transfer -n carol", 1)
    Seat.objects.filter(user__username="alice").update(availability="busy")
    pair.arrive(2)
    assert owner(2) == "queued"
    pair.says("carol", "#refuse", 1)
    assert owner(2) == "carol"


def test_only_whom_it_is_offered_to_can_accept(pair):
    offering(pair)
    pair.says("alice", "#transfer -n carol", 1)
    assert "没有转给你" in pair.says("bob", "#accept", 1)
    assert owner(1) == "alice"


def test_an_offer_to_a_group_asks_its_best_seat(pair):
    offering(pair)
    pair.says("alice", "#transfer -n care", 1)
    assert owner(1) == "alice"
    pair.says("bob", "#accept", 1)
    assert owner(1) == "bob"
    assert conversation(1).group == "care"


def test_taking_from_the_queue(pair):
    Seat.objects.update(availability="busy")
    pair.arrive(2, 3)
    assert places() == [2, 3]
    pair.says("carol", "#take", 3)
    assert owner(3) == "carol"
    assert "alice" in pair.says("carol", "#take", 1)  # has it
    pair.site.im_callback("C2C.CallbackAfterSendMsg", to_system("carol", "#take"))
    pair.site.work()
    assert owner(2) == "carol"
    consistent()


def test_taking_from_a_group_one_is_not_in(pair):
    Seat.objects.update(availability="busy")
    pair.site.sales.supervisors.clear()
    pair.arrive(2)
    assert "不在" in pair.says("bob", "#take", 2)
    assert owner(2) == "queued"


def test_taking_more_than_there_is_room_for(pair):
    Seat.objects.filter(user__username="carol").update(capacity=0)
    Seat.objects.filter(user__username="alice").update(availability="busy")
    pair.arrive(2)
    assert "满额" in pair.says("carol", "#take", 2)
    assert owner(2) == "queued"


def to_system(name: str, text: str) -> dict[str, object]:
    from tests.support.actors import seat_message

    return seat_message(name, "bridge_system", text)


# Supervisors


def test_a_supervisor_lists_and_reads_along(pair):
    number = conversation(1).pk
    pair.site.im_callback("C2C.CallbackAfterSendMsg", to_system("bob", "#list"))
    pair.site.work()
    assert f"#{number}" in pair.platforms.to_seat("bob")[-1]
    pair.site.im_callback("C2C.CallbackAfterSendMsg", to_system("bob", f"#watch -c {number}"))
    pair.site.work()
    assert "hello 1" in "\n".join(pair.platforms.to_seat("bob"))
    pair.arrive(1, text="more")
    assert pair.platforms.to_seat("bob")[-1] == "more 1"
    pair.says("alice", "the answer", 1)
    assert pair.platforms.to_seat("bob")[-1] == "【系统】alice：the answer"
    assert "alice" in pair.says("bob", "I say something", 1)
    assert pair.told(1) == ["the answer"]
    pair.says("bob", "#leave", 1)
    count = len(pair.platforms.to_seat("bob"))
    pair.arrive(1, text="again")
    assert len(pair.platforms.to_seat("bob")) == count


def test_a_supervisor_writes_to_a_customer_who_waits(pair):
    Seat.objects.update(capacity=1)
    pair.arrive(2)
    assert (owner(2), places()) == ("carol", [])
    pair.arrive(3)
    assert places() == [3]
    pair.says("bob", "#join", 3)
    assert "hello 3" in pair.platforms.to_seat("bob")[-1]
    pair.says("bob", "one moment please", 3)
    assert pair.told(3)[-1] == "one moment please"
    pair.arrive(3, text="thanks")
    assert pair.platforms.to_seat("bob")[-1] == "thanks 3"
    assert (owner(3), places()) == ("queued", [3])
    consistent()


def test_a_supervisor_joins_and_writes_along(pair):
    pair.says("bob", "#join", 1)
    pair.says("bob", "我是主管", 1)
    assert pair.told(1) == ["我是主管"]
    assert pair.platforms.to_seat("alice")[-1] == "【系统】bob：我是主管"
    assert conversation(1).unanswered_since is None


def test_whispers_and_notes_never_reach_the_customer(pair):
    pair.says("bob", "#whisper give them a discount", 1)
    assert pair.platforms.to_seat("alice")[-1] == "【系统】【bob】give them a discount"
    pair.says("alice", "#note don't forget the invoice", 1)
    assert pair.told(1) == []
    assert list(Message.objects.filter(side="note").values_list("author", "preview")) == [
        ("bob", "give them a discount"), ("alice", "don't forget the invoice"),
    ]  # fmt: skip
    pair.says("alice", "#transfer -n carol", 1)
    assert "don't forget the invoice" in "\n".join(pair.platforms.to_seat("carol"))


def test_taking_over_and_reassigning(pair):
    pair.says("bob", "#takeover", 1)
    assert owner(1) == "bob"
    assert "bob" in pair.platforms.to_seat("alice")[-1]
    pair.arrive(2, 3)
    numbers = ",".join(str(conversation(number).pk) for number in (1, 2, 3))
    pair.says("bob", f"#reassign carol -c {numbers}", 1)
    assert [owner(number) for number in (1, 2, 3)] == ["carol"] * 3
    consistent()


def test_a_supervisor_may_use_a_busy_seat_but_not_an_absent_one(pair):
    Seat.objects.filter(user__username="carol").update(availability="busy")
    assert "不在" in pair.says("alice", "#transfer -n carol", 1)
    pair.says("bob", "#reassign -n carol", 1)
    assert owner(1) == "carol"
    Seat.objects.filter(user__username="alice").update(online=False)
    pair.says("bob", "#reassign -n alice", 1)
    assert owner(1) == "carol"


@pytest.mark.parametrize("command", ["#watch", "#join", "#whisper x", "#takeover", "#reassign -n carol", "#close",
                                     "#note x", "#tag -n x", "#summary x", "#block", "#transfer -n carol"])  # fmt: skip
def test_who_does_not_oversee_the_group_may_do_none_of_it(pair, command):
    said = pair.says("carol", command, 1)
    assert owner(1) == "alice"
    event = InboundEvent.objects.order_by("-pk").first()
    assert event.state == InboundEvent.State.FILTERED
    assert "主管" in said or "座席" in said
    assert conversation(1).watchers == []
    assert not Message.objects.filter(side="note").exists()


def test_commands_for_conversations_that_are_not_there(pair):
    assert "999" in pair.says("bob", "#watch -c 999", 1)
    assert "编号" in pair.says("bob", "#watch -c abc", 1)
    number = conversation(1).pk
    pair.says("alice", "#close", 1)
    pair.arrive(1)
    assert f"会话 {number} 已结束" in pair.says("bob", f"#watch -c {number}", 1)


# Records


def test_tags_summary_and_closing(pair):
    Tag.objects.create(name="vip", of="customer", priority=5)
    Tag.objects.create(name="退款", of="conversation")
    assert "vip" in pair.says("alice", "#tag gold", 1)
    pair.says("alice", "#tag vip", 1)
    pair.says("alice", "#标签 退款", 1)
    pair.says("alice", "#close 已退款 20 元", 1)
    one = conversation(1)
    assert [tag.name for tag in pair.customer(1).tags.all()] == ["vip"]
    assert [tag.name for tag in one.tags.all()] == ["退款"]
    assert (one.summary, one.status) == ("已退款 20 元", "closed")
    pair.says("alice", "#summary corrected", 1)
    pair.says("alice", "#untag 退款", 1)
    one.refresh_from_db()
    assert (one.summary, one.tags.count()) == ("corrected", 0)


def test_a_blocked_customer_reaches_nobody(pair):
    pair.says("alice", "#block 骚扰", 1)
    assert owner(1) == "closed"
    pair.arrive(1, text="again")
    assert owner(1) == "closed"
    assert InboundEvent.objects.order_by("-pk").first().reason == "该客户已被拉黑"
    assert pair.customer(1).blocked_reason == "骚扰"
    pair.says("alice", "#unblock", 1)
    pair.arrive(1, text="sorry")
    assert owner(1) in ("alice", "carol")
    consistent()


# The survey


@pytest.fixture
def surveyed(pair):
    """Alice has answered and closed; the question is with the customer."""
    pair.site.account.survey = True
    pair.site.account.save()
    pair.says("alice", "here you are", 1)
    pair.says("alice", "#close", 1)
    return pair


def menus(day) -> list[dict[str, object]]:
    return [body["msgmenu"] for body in day.platforms.bodies("message/custom/send") if body["msgtype"] == "msgmenu"]


def tap(day, menu_id: str, text: str) -> None:
    xml = text_xml(text, someone(1)).replace("</xml>", f"<bizmsgmenuid><![CDATA[{menu_id}]]></bizmsgmenuid></xml>")
    day.site.push_xml(xml)
    day.site.work()


def test_the_survey_is_asked_and_a_tap_counts_once(surveyed):
    (menu,) = menus(surveyed)
    assert [item["content"] for item in menu["list"]] == ["非常满意", "满意", "一般", "不满意", "非常不满意"]
    item = menu["list"][3]
    tap(surveyed, item["id"], item["content"])
    one = conversation(1)
    assert (one.score, one.status) == (2, "closed")
    assert surveyed.told(1)[-1] == "感谢您的评价。"
    assert "2 分" in surveyed.platforms.to_seat("bob")[-1]
    tap(surveyed, menu["list"][0]["id"], "非常满意")
    one.refresh_from_db()
    assert one.score == 2
    assert conversation(1).pk == one.pk


@pytest.mark.parametrize(("typed", "score"), [("5", 5), ("满意", 4)])
def test_a_typed_answer_counts_for_a_while(surveyed, typed, score):
    surveyed.site.customer_says(typed, someone(1))
    surveyed.site.work()
    assert (conversation(1).score, conversation(1).status) == (score, "closed")


def test_a_number_typed_much_later_is_a_message(surveyed):
    surveyed.now += timedelta(hours=1)
    surveyed.site.customer_says("5", someone(1))
    surveyed.site.work()
    assert owner(1) in ("alice", "carol")
    assert conversation(1).score is None


@pytest.mark.parametrize("of", ["nobody", "another customer"])
def test_a_tap_with_another_conversations_number_does_nothing(surveyed, of):
    """Both customers were asked; one taps with the other's number."""
    surveyed.arrive(2)
    surveyed.says(owner(2), "here you are", 2)
    surveyed.says(owner(2), "#close", 2)
    assert conversation(2).surveyed_at
    number = conversation(2).pk if of == "another customer" else 999999
    tap(surveyed, f"score-{number}-5", "非常满意")
    assert [conversation(1).score, conversation(2).score] == [None, None]
    assert "已处理" in InboundEvent.objects.filter(kind="text").order_by("-pk").first().reason
    assert surveyed.told(1)[-1] == "(msgmenu)"


def test_a_conversation_that_was_not_asked_about_cannot_be_rated(pair):
    pair.says("alice", "here you are", 1)
    tap(pair, f"score-{conversation(1).pk}-5", "非常满意")
    assert conversation(1).score is None


def test_it_is_asked_once_per_conversation(surveyed):
    surveyed.site.account.reopen_minutes = 10
    surveyed.site.account.save()
    surveyed.arrive(1, text="one more")
    name = owner(1)
    surveyed.says(name, "yes?", 1)
    surveyed.says(name, "#close", 1)
    assert len(menus(surveyed)) == 1


def test_no_survey_where_nobody_answered(pair):
    pair.site.account.survey = True
    pair.site.account.save()
    pair.says("alice", "#close", 1)
    assert menus(pair) == []


@pytest.mark.parametrize(("left", "asked"), [(1, True), (0, False)])
def test_the_survey_takes_the_last_message_but_never_more(pair, left, asked):
    pair.site.account.survey = True
    pair.site.account.count_checked_at = pair.now
    pair.site.account.save()
    for number in range(5 - left):
        pair.says("alice", f"answer {number}", 1)
    pair.says("alice", "#close", 1)
    assert bool(menus(pair)) is asked
    survey = Delivery.objects.filter(message__author="survey").get()
    assert survey.state == (Delivery.State.DONE if asked else Delivery.State.DROPPED)


def test_an_account_that_asks_nothing(pair):
    pair.site.account.survey = True
    pair.site.account.texts = {"survey": ""}
    pair.site.account.save()
    pair.says("alice", "hello", 1)
    pair.says("alice", "#close", 1)
    assert menus(pair) == []


# Commands that come from elsewhere than IM


def test_a_command_from_elsewhere_is_answered_with_its_event(pair):
    author = Author(pair.site.bob.as_agent(), site=False, quiet=True)
    key = storing.post(pair.customer(1).im_id, CommandGiven(author, "whisper", {"text": "hi"}))
    refused = storing.post(pair.customer(1).im_id, CommandGiven(author, "transfer", {}))
    pair.site.work()
    done = InboundEvent.objects.get(dedup=key)
    assert (done.state, done.reason) == (InboundEvent.State.DONE, "已发送给 alice，客户看不到。")
    assert InboundEvent.objects.get(dedup=refused).state == InboundEvent.State.FILTERED
    assert pair.platforms.to_seat("bob") == []


def test_words_from_elsewhere_go_the_way_of_a_message(pair):
    author = Author(pair.site.alice.as_agent(), site=False, quiet=True)
    storing.post(pair.customer(1).im_id, Written(author, (Text("from the desk"),)))
    pair.site.work()
    assert pair.told(1) == ["from the desk"]
