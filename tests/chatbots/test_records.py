"""Records: what seats write down."""

from __future__ import annotations

import pytest

from bridge.pipeline.actions import Block, Rename, Summarize, Whisper
from bridge.pipeline.serving import Release
from chatbots.testing import Script

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]


@pytest.fixture
def talk():
    """Alice has the customer; bob supervises."""
    talk = Script(seats=["alice", "carol"], supervisors={"sales": ["bob"]})
    talk.world.tags = ["vip"]
    talk.customer("hi")
    return talk


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("#note call back", "Noted."),
        ("#tag vip", "Tagged: vip"),
        ("#tag gold", "There is no tag “gold”. There are: vip"),
        ("#untag vip", "No longer tagged: vip"),
        ("#summary refunded", "The summary is written down."),
        ("#name Mrs Wang", "The name is written down."),
        ("#name", "The name is taken away."),
        (f"#name {'x' * 100}", "The name is written down."),
        (f"#name {'x' * 101}", "At most 100 characters."),
        ("#block spam", "Blocked. #unblock takes the customer's messages again."),
        ("#unblock", "Unblocked."),
    ],
)
def test_what_the_seat_hears(talk, command, said):
    talk.seat("alice").says(command)
    assert talk.seat("alice").reads == [said]
    assert talk.customer.reads == []


@pytest.mark.parametrize(
    "command", ["#note x", "#tag vip", "#untag vip", "#summary x", "#name x", "#block", "#unblock"]
)
def test_others_may_not_and_supervisors_may(talk, command):
    talk.seat("carol").says(command)
    assert talk.dropped == "Only the seat that has the customer, or had them last, and supervisors can do this."
    talk.seat("bob").says(command)
    assert talk.dropped == ""


def test_without_tags_it_says_where_they_are_made(talk):
    talk.world.tags = []
    talk.seat("alice").says("#tag vip")
    assert talk.dropped == "There are no tags yet; they are made in the admin."


def test_a_note_is_read_by_the_others_in_the_conversation(talk):
    talk.seat("bob").says("#watch")
    talk.seat("alice").says("#note call back")
    assert talk.seat("bob").reads == ["【alice】call back"]
    assert [one.text for one in talk.acted(Whisper)] == ["call back"]


def test_a_summary_may_follow_the_close(talk):
    talk.seat("alice").says("#close")
    talk.seat("alice").says("#summary refunded")
    assert talk.world.conversation.summary == "refunded"
    talk.seat("alice").says("#note too late")
    assert talk.dropped == "There is no open conversation here."


def test_spaces_of_a_name_are_made_single(talk):
    talk.seat("alice").says("#name  Mrs   Wang ")
    assert talk.acted(Rename) == [Rename("Mrs Wang")]


def test_a_blocked_customer_reaches_nobody_until_unblocked(talk):
    talk.seat("alice").says("#block spam")
    assert talk.status == "closed"
    assert talk.acted(Release), "the seat has a place again"
    assert talk.acted(Block) == [Block("spam")]
    talk.customer("again")
    assert (talk.status, talk.dropped) == ("closed", "the customer is blocked")
    talk.seat("alice").says("#unblock")
    talk.customer("again")
    assert talk.owner == "alice"


def test_the_chat_with_no_customer_has_nothing_to_write_about():
    talk = Script(seats=["alice"])
    talk.seat("alice").says("#tag vip")
    assert talk.dropped == "Write this in the chat with a customer, or add -c and the number of the conversation."
    talk.seat("alice").says("#note x")
    assert talk.dropped == "There is no open conversation here."


def test_no_conversation_yet_no_summary():
    talk = Script(seats=["alice"], supervisors={"": ["bob"]})
    talk.customer.does("follow")
    talk.seat("bob").says("#summary x")
    assert talk.dropped == "There was no conversation here yet."


@pytest.mark.parametrize(("command", "summaries"), [("#close", []), ("#close -s refunded", ["refunded"])])
def test_a_close_without_a_summary_takes_none_away(talk, command, summaries):
    talk.seat("alice").says("#summary written before")
    talk.seat("alice").says(command)
    assert talk.status == "closed"
    assert [one.text for one in talk.acted(Summarize)] == summaries
