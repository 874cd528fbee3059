"""What a tap on the account's menu brings about, in scripts of conversations."""

from __future__ import annotations

import pytest

from bridge.apply.load import account_state, tap_at
from bridge.models import AutoAnswer, MenuKey
from bridge.pipeline.actions import OpenConversation, Record, UpdateCustomer
from bridge.values.content import Link, Signal, Text
from bridge.values.taps import ANSWER, BOT, PERSON, Tap
from chatbots.faq import Entry
from chatbots.replies import Reply
from chatbots.testing import Script

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]
SEATS = {"sales": ["alice"], "care": ["bob"]}
TAPS = {
    "human": Tap("Help › A person", PERSON),
    "care": Tap("Repairs", PERSON, group="care"),
    "hours": Tap("Hours", BOT, bot="faq", words="hours?"),
    "where": Tap("Where", ANSWER, answer=Text("Long Street 5")),
    "gone": Tap("Old", BOT, bot="uninstalled", words="x"),
}
FAQ = {"faq": [Entry(("hours",), Reply(Text("9 to 18")))]}


def script(**more) -> Script:
    return Script(**{"bots": ["faq"], "seats": SEATS, "loads": FAQ, "taps": TAPS, **more})


@pytest.mark.parametrize(("key", "seat"), [("human", "alice"), ("care", "bob")])
def test_a_person_is_looked_for_past_the_bots(key, seat):
    talk = script()
    talk.customer.does("click", key)
    assert (talk.owner, talk.mode) == (seat, "send")
    assert talk.seat(seat).reads[-1] == f"[Tapped in the menu] {TAPS[key].name}"


def test_who_talks_with_a_bot_is_led_to_a_person_of_the_group():
    talk = script()
    talk.customer("hours?")
    assert talk.mode == "faq"
    talk.customer.does("click", "care")
    assert talk.owner == "bob"


def test_who_has_a_seat_stays_with_it():
    talk = script()
    talk.customer("somebody there?")
    assert talk.owner == "alice"
    for key in ("care", "hours"):
        talk.customer.does("click", key)
        assert (talk.owner, talk.customer.reads) == ("alice", [])
        assert talk.seat("alice").reads == [f"[Tapped in the menu] {TAPS[key].name}"]


def test_who_waits_keeps_their_place():
    talk = script(seats={"sales": [], "care": ["bob"]})
    talk.customer("somebody there?")
    assert talk.status == "queued"
    talk.customer.does("click", "care")
    assert (talk.status, talk.owner) == ("queued", "")


def test_a_bot_answers_the_items_question():
    talk = script(bots=[])
    talk.customer.does("click", "hours")
    assert (talk.customer.reads, talk.mode) == (["9 to 18"], "faq")
    assert talk.acted(Record)[0].content == Text("hours?")


def test_where_the_bot_knows_nothing_a_person_is_looked_for():
    talk = script(loads={"faq": []})
    talk.customer.does("click", "hours")
    assert talk.owner == "alice"
    assert talk.seat("alice").reads[-1] == "hours?"


def test_a_bot_that_is_not_installed_any_more_is_a_person():
    talk = script()
    talk.customer.does("click", "gone")
    assert talk.owner == "alice"


def test_an_answer_opens_no_conversation():
    talk = script()
    talk.customer.does("click", "where")
    assert (talk.customer.reads, talk.mode, talk.acted(OpenConversation)) == (["Long Street 5"], "", [])
    assert talk.acted(UpdateCustomer) == [UpdateCustomer()], "it makes a customer who never wrote"


def test_an_answer_in_a_conversation_is_seen_by_its_seat():
    talk = script()
    talk.customer("somebody there?")
    talk.customer.does("click", "where")
    assert talk.customer.reads == ["Long Street 5"]
    assert talk.acted(Record) == [Record(Signal("click", "Where"), "customer", handled=True)]


def test_a_person_who_had_the_customer_a_moment_ago_has_them_again():
    talk = script(seats={"sales": ["alice", "carol"], "care": ["bob"]}, reopen_minutes=10)
    talk.customer("somebody there?")
    before = talk.owner
    talk.seat(before).says("#close")
    talk.after(minutes=5).customer.does("click", "human")
    assert talk.owner == before


def test_a_person_of_another_group_is_another_one():
    talk = script(reopen_minutes=10)
    talk.customer("somebody there?")
    talk.seat("alice").says("#close")
    talk.customer.does("click", "care")
    assert talk.owner == "bob"


def test_a_blocked_customers_tap_leads_nowhere():
    talk = script()
    talk.customer("somebody there?")
    talk.seat("alice").says("#block spam")
    talk.customer.does("click", "where")
    assert (talk.customer.reads, talk.dropped) == ([], "the customer is blocked")


def test_a_key_of_no_item_is_the_accounts_setting():
    talk = script(opening_keys="SERVICE")
    talk.customer.does("click", "other")
    assert talk.mode == ""
    talk.customer.does("click", "SERVICE")
    assert talk.mode != ""


@pytest.mark.parametrize("tap", [*TAPS.values(), Tap("Shop", ANSWER, answer=Link("Shop", "https://example.com/"))])
def test_it_is_read_as_it_was_stored(db, site, tap):
    for _time in range(2):
        MenuKey.keep(site.account, "k", tap)
        assert tap_at(account_state(site.account), "k") == tap
    assert AutoAnswer.objects.count() == (tap.answer is not None), "what it says already is no new row"
    assert tap_at(account_state(site.account), "K") is tap_at(None, "k") is None
