"""Who is sent what somebody writes, and nobody besides; who waits since when; what is sent again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.models import Conversation, Customer, Delivery, Fact
from seats.models import SeatGroup
from tests.support.actors import OPENID
from tests.support.routing import client_of, conversation, someone

pytestmark = pytest.mark.once

SENDS = ("message/custom/send", "openim/sendmsg")


def sent(platforms) -> list[tuple[str, str, str]]:
    """Return every message that went out, to whomever: from, to, text."""
    found = []
    for url, _params, body in platforms.calls:
        if url.endswith("message/custom/send"):
            found.append(("", body["touser"], body["text"]["content"]))
        if url.endswith("openim/sendmsg"):
            text = body["MsgBody"][0]["MsgContent"]["Text"]
            found.append((body.get("From_Account", ""), body["To_Account"], text))
    return found


def test_what_a_seat_writes_on_im_goes_to_the_customer_and_to_nobody_else(talking, platforms):
    platforms.calls.clear()
    talking.seat_says("the answer")
    talking.work()
    assert sent(platforms) == [("", OPENID, "the answer")]


def test_what_a_customer_writes_goes_to_the_seat_and_to_nobody_else(talking, platforms):
    platforms.calls.clear()
    talking.customer_says("a question")
    talking.work()
    assert sent(platforms) == [(talking.im_id(), "alice", "a question")]


def test_what_a_seat_writes_at_the_desk_stands_in_its_own_chat_too_and_in_no_other(day, monkeypatch):
    day.site.seat("carol", day.site.sales)
    day.site.login("alice", "carol")
    day.arrive(1)
    day.works_at_once(monkeypatch)
    day.platforms.calls.clear()
    written = client_of("alice").post(
        f"/api/conversations/{conversation(1).pk}/messages/", {"text": "the answer"}, "application/json"
    )
    assert written.status_code == 200
    customer = day.customer(1).im_id
    assert sorted(sent(day.platforms)) == [("", someone(1), "the answer"), ("alice", customer, "the answer")]


def test_a_command_at_the_desk_is_answered_there_alone(day, monkeypatch):
    day.site.login("alice")
    day.arrive(1)
    day.works_at_once(monkeypatch)
    day.platforms.calls.clear()
    given = client_of("alice").post(
        f"/api/conversations/{conversation(1).pk}/commands/note/", {"text": "likes tea"}, "application/json"
    )
    assert given.status_code == 200
    assert sent(day.platforms) == []


# Silence


def test_a_customer_waits_since_the_first_of_several_messages(day):
    day.site.login("alice")
    day.arrive(1)
    first = day.now
    day.later(60)
    day.arrive(1, text="still there?")
    assert conversation(1).unanswered_since == first
    day.later(60)
    day.says("alice", "here I am", 1)
    answered = Fact.objects.get(kind=Fact.Kind.RESPONSE)
    assert (answered.began_at, answered.seconds) == (first, (day.now - first).total_seconds())
    assert answered.seconds > 120
    assert conversation(1).unanswered_since is None


def test_a_second_message_puts_no_reminder_off(day):
    SeatGroup.objects.filter(slug="sales").update(remind_seat_seconds=100)
    day.site.login("alice")
    day.arrive(1)
    day.later(60)
    day.arrive(1, text="hello?")
    day.later(45)
    (reminder,) = [text for text in day.platforms.to_seat("alice") if "等待回复" in text]
    assert "1 分" in reminder


SEND = "message/custom/send"
TOO_LATE, TOO_MANY = {"errcode": 45015, "errmsg": "no"}, {"errcode": 45047, "errmsg": "no"}


@pytest.mark.parametrize("refusals", [[TOO_LATE], [TOO_MANY, TOO_MANY]])
def test_a_reply_that_failed_or_is_held_is_no_answer(day, refusals):
    day.site.login("alice")
    day.arrive(1)
    asked = conversation(1).unanswered_since
    day.platforms.answer(SEND, *refusals)
    day.says("alice", "an answer", 1)
    day.later(2)
    assert Delivery.objects.get(direction="customer").state in ("failed", "held")
    one = conversation(1)
    assert (one.unanswered_since, one.answered_at) == (asked, None)
    day.later(60)
    day.says("alice", "#resend", 1)
    day.arrive(1, text="still there?")
    one = conversation(1)
    # It went out by itself, or again, and answers what it was an answer to, not what was said since.
    assert one.unanswered_since == one.last_message_at
    assert one.answered_at is not None


def test_an_answer_that_was_long_on_its_way_answers_nothing_that_was_said_since(day):
    day.site.login("alice")
    day.arrive(1)
    day.platforms.answer(SEND, {"errcode": -1, "errmsg": "busy"})
    day.says("alice", "an answer", 1)
    day.arrive(1, text="one thing more")
    more = conversation(1).last_message_at
    day.later(60)
    assert day.told(1) == ["an answer"] * len(day.told(1))
    assert Delivery.objects.get(direction="customer").state == "done"
    assert conversation(1).unanswered_since == more


def test_what_was_asked_between_two_texts_that_went_out_as_one_is_answered(day, settings):
    settings.WINDOW_JOIN_SECONDS = 3
    day.site.login("alice")
    day.arrive(1)
    for text in ("one", "two"):
        Customer.objects.update(window_left=2)
        day.says("alice", text, 1)
        if text == "one":
            day.arrive(1, text="and this?")
    assert day.told(1) == []
    day.later(5)
    assert day.told(1) == ["one\ntwo"]
    assert conversation(1).unanswered_since is None
    day.arrive(1, text="thanks")
    assert conversation(1).unanswered_since == conversation(1).last_message_at


def test_a_seat_whose_reply_did_not_arrive_is_reminded_once(day):
    SeatGroup.objects.filter(slug="sales").update(remind_seat_seconds=100)
    day.site.login("alice")
    day.arrive(1)
    day.platforms.answer(SEND, TOO_LATE)
    day.says("alice", "an answer", 1)
    for _minute in range(20):
        day.later(60)
    assert len([text for text in day.platforms.to_seat("alice") if "等待回复" in text]) == 1


def test_the_last_message_says_when_it_was(day):
    day.site.login("alice")
    day.arrive(1)
    day.later(60)
    day.says("alice", "one", 1)
    assert conversation(1).last_message_at == day.now
    day.later(60)
    day.says("alice", "#note only seats see this", 1)
    assert conversation(1).last_message_at == day.now - timedelta(seconds=61), "a note is no part of the talk"


# Sending again


@pytest.fixture
def failed_twice(day):
    """A message of a former conversation did not arrive, and one of this conversation."""
    day.site.login("alice")
    for text in ("of before", "of now"):
        day.arrive(1)
        day.platforms.answer("message/custom/send", {"errcode": 40003, "errmsg": "no"})
        day.says("alice", text, 1)
        if text == "of before":
            day.says("alice", "#close", 1)
    assert Delivery.objects.filter(state="failed").count() == 2
    assert Conversation.objects.count() == 2
    day.platforms.calls.clear()
    return day


def test_what_did_not_arrive_in_a_former_conversation_is_not_sent_again(failed_twice):
    assert "1" in failed_twice.says("alice", "#resend", 1)
    assert failed_twice.told(1) == ["of now"]
    assert Delivery.objects.get(state="failed").message.preview == "of before"


def test_nor_is_what_did_not_reach_a_seat(failed_twice):
    Delivery.objects.filter(direction="seat", state="done").update(state="failed")
    failed_twice.says("alice", "#resend", 1)
    assert failed_twice.told(1) == ["of now"]
    assert len([to for _from, to, text in sent(failed_twice.platforms) if to == "alice" and "of" in text]) <= 1


def test_nor_is_what_arrived(talking, platforms):
    talking.seat_says("arrived")
    talking.work()
    talking.seat_says("#resend")
    talking.work()
    assert platforms.to_customer() == ["arrived"]
