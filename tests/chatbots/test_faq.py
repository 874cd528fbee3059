"""FAQ: answers by keyword."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bridge.values.content import Image, Link, Text
from bridge.values.hours import Schedule, Span
from chatbots.faq import Entry
from chatbots.replies import Reply
from chatbots.testing import Script

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]
ENTRIES = [
    Entry(("hours", "open"), Reply(Text("9 to 18")), 1),
    Entry(("invoice",), Reply(Text("below your order")), 2),
]
TEN_TO_FIVE = Schedule(ZoneInfo("Asia/Shanghai"), ((Span(600, 1020),),) * 7)


def script(entries=ENTRIES, **settings: int) -> Script:
    return Script(bots=["faq"], settings={"faq": settings}, seats=["alice"], loads={"faq": entries})


@pytest.mark.parametrize(
    ("said", "answer"),
    [("Your HOURS?", "9 to 18"), ("an invoice, and when do you open", "9 to 18"), ("invoice", "below your order")],
)
def test_the_first_entry_with_a_keyword_answers(said, answer):
    talk = script()
    talk.customer(said)
    assert talk.customer.reads == [answer]
    assert (talk.mode, talk.owner) == ("faq", "")


@pytest.mark.parametrize("said", ["a person", Image(url="https://x/a.jpg")])
def test_anything_else_goes_to_a_seat(said):
    talk = script()
    talk.customer(said)
    assert (talk.mode, talk.owner, talk.customer.reads) == ("send", "alice", [])
    assert len(talk.seat("alice").reads) == 1


def test_words_with_a_picture_go_to_a_seat_that_sees_both():
    talk = script()
    talk.customer("Your hours?", Image(url="https://x/a.jpg"))
    assert (talk.owner, talk.customer.reads) == ("alice", [])
    assert len(talk.seat("alice").reads) == 2


def test_after_so_many_answers_comes_a_person_who_reads_what_was_said():
    talk = script(most=2)
    talk.customer("hours")
    talk.customer("invoice")
    talk.customer("hours again")
    assert talk.owner == "alice"
    context, newest = talk.seat("alice").reads
    assert "faq：9 to 18" in context
    assert newest == "hours again"


@pytest.mark.parametrize(("said", "answers"), [("Price", True), (" price ", True), ("the price", False)])
def test_a_keyword_may_have_to_be_the_whole_message(said, answers):
    talk = script([Entry(("price", "cost"), Reply(Text("20")), exact=True)])
    talk.customer(said)
    assert talk.customer.reads == (["20"] if answers else [])


@pytest.mark.parametrize(("when", "at_ten", "at_six"), [("open", 1, 0), ("closed", 0, 1), ("always", 1, 1)])
def test_an_entry_may_hold_within_or_outside_of_working_hours_only(when, at_ten, at_six):
    talk = script([Entry(("hours",), Reply(Text("here"), when=when, schedule=TEN_TO_FIVE))])
    talk.customer("hours")
    assert len(talk.customer.reads) == at_ten
    later = script([Entry(("hours",), Reply(Text("here"), when=when, schedule=TEN_TO_FIVE))])
    later.world.now += timedelta(hours=8)
    later.customer("hours")
    assert len(later.customer.reads) == at_six


def test_where_the_first_does_not_hold_now_the_next_one_answers():
    closed = Entry(("hours",), Reply(Text("closed"), when="closed", schedule=TEN_TO_FIVE))
    talk = script([closed, Entry(("hours",), Reply(Text("open")))])
    talk.customer("hours")
    assert talk.customer.reads == ["open"]


def test_an_answer_may_be_a_card():
    talk = script([Entry(("map",), Reply(Link("Where we are", "https://x/map")))])
    talk.customer("map")
    assert talk.customer.reads == ["[Link] Where we are\nhttps://x/map"]


def test_of_two_answers_each_customer_always_gets_the_same_one():
    lanes = [f"lane-{number}" for number in range(1000)]
    reply = Reply(Text("A"), other=Text("B"), share=30)
    second = [lane for lane in lanes if reply.to(lane) == (Text("B"), " B")]
    assert 250 < len(second) < 350
    assert {reply.to(lane) for lane in lanes} == {(Text("A"), ""), (Text("B"), " B")}
    assert Reply(Text("A")).to(second[0]) == (Text("A"), "")
