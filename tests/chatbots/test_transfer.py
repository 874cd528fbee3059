"""Transfer: conversations that go from one seat to another, and back to the bots."""

from __future__ import annotations

import pytest

from bridge.inbox.serving_events import OfferOver
from bridge.pipeline.actions import HandOver, SwitchMode
from bridge.pipeline.serving import TakeNext
from bridge.values.content import Text
from chatbots.faq import Entry
from chatbots.replies import Reply
from chatbots.testing import Script

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]
HOURS = Entry(("hours",), Reply(Text("9 to 18")))


@pytest.fixture
def talk():
    """Alice has the customer; carol is of her group, dave of another one, bob supervises the first."""
    talk = Script(seats={"sales": ["alice", "carol"], "care": ["dave"]}, supervisors={"sales": ["bob"]})
    talk.customer("hi")
    return talk


@pytest.mark.parametrize(
    ("target", "owner", "said"),
    [
        ("carol", "carol", "Transferred to carol."),
        ("@carol", "carol", "Transferred to carol."),
        ("care", "dave", "Transferred to dave."),
        ("sales", "carol", "Transferred to carol."),
        ("alice", "alice", "alice has this conversation already."),
        ("nobody", "alice", "There is no seat and no group called nobody."),
        ("system", "alice", "This account has no chatbots in front of its seats; the conversation stays where it is."),
    ],
)
def test_where_it_goes(talk, target, owner, said):
    talk.seat("alice").says(f"#transfer -n {target}")
    assert talk.owner == owner
    assert talk.seat("alice").reads == [said]
    assert talk.customer.reads == []


def test_the_next_seat_reads_what_was_said_with_the_note(talk):
    talk.seat("alice").says('#transfer -n carol -t "wants an invoice"')
    (context,) = talk.seat("carol").reads
    assert "customer：hi" in context
    assert "alice：wants an invoice" in context


def test_a_seat_that_is_busy_is_not_given_it(talk):
    talk.seat("carol").seat.takes = False
    talk.seat("alice").says("#transfer -n carol")
    assert talk.owner == "alice"
    assert talk.dropped == "carol is away or has no room; the conversation stays where it is."


@pytest.mark.parametrize(("is_open", "mode", "said", "told"), [
    (True, "stack", "Nobody of care is free; the customer waits there at place 1.", "You are number 1"),
    (False, "leave", "care is closed now; the customer waits there at place 1.", "Leave us a message"),
])  # fmt: skip
def test_a_group_with_nobody_free_lets_the_customer_wait_and_tells_them(talk, is_open, mode, said, told):
    talk.seat("dave").seat.takes = False
    talk.world.is_open = is_open
    talk.seat("alice").says("#transfer -n care")
    assert (talk.status, talk.mode) == ("queued", mode)
    assert talk.seat("alice").reads == [said]
    (answer,) = talk.customer.reads
    assert told in answer


def notes(talk) -> list[str]:
    return [one.content.text for one in talk.world.conversation.log if one.side == "note"]


def test_the_note_is_written_once_and_only_where_it_was_handed_on(talk):
    talk.seat("carol").seat.takes = False
    talk.seat("alice").says("#transfer -n carol -t invoice")
    assert notes(talk) == []
    talk.world.offers, talk.seat("carol").seat.takes = True, True
    for answer, written in (("#refuse", []), ("#accept", ["invoice"])):
        talk.seat("alice").says("#transfer -n carol -t invoice")
        assert notes(talk) == []
        talk.seat("carol").says(answer)
        assert notes(talk) == written
    assert [one.content.text for one in talk.world.conversation.log if one.side == "system"][
        -1
    ] == "alice handed over to carol."


@pytest.mark.parametrize(("answer", "owner", "alice"), [
    ("#accept", "carol", "carol has accepted the conversation."),
    ("#refuse", "alice", "carol has refused; the conversation stays with you."),
])  # fmt: skip
def test_an_offer_is_accepted_or_not(talk, answer, owner, alice):
    talk.world.offers = True
    talk.seat("alice").says("#transfer -n carol -t invoice")
    assert talk.seat("alice").reads == ["Offered to carol; it stays with you until then."]
    assert "alice offers you this conversation：invoice" in talk.seat("carol").reads[0]
    talk.seat("dave").says(answer)
    assert talk.seat("dave").reads == ["Nothing is offered to you here, or no longer."]
    talk.seat("carol").says(answer)
    assert talk.owner == owner
    assert talk.seat("alice").reads == [alice]


def test_an_offer_runs_out(talk):
    talk.happens(OfferOver())
    assert talk.seat("alice").reads == []
    talk.world.offers = True
    talk.seat("alice").says("#transfer -n carol")
    talk.happens(OfferOver())
    assert talk.seat("carol").reads == ["The offer of this conversation has run out."]
    assert talk.seat("alice").reads == ["carol has not accepted; the conversation stays with you."]


@pytest.mark.parametrize("command", ["#transfer -n dave", "#accept", "#refuse"])
def test_others_may_not(talk, command):
    talk.seat("carol").says(command)
    assert talk.owner == "alice"
    assert talk.dropped != ""


# Taking


def test_taking_who_waits():
    talk = Script(seats={"sales": ["alice"], "care": ["dave"]}, supervisors={"sales": ["bob"]})
    talk.seat("alice").seat.takes = False
    talk.customer("hi")
    talk.seat("dave").says("#take")
    assert talk.dropped == "You are not in the group this customer waits for."
    talk.seat("alice").says("#take")
    assert talk.owner == "alice"
    talk.seat("bob").says("#take")
    assert talk.dropped == "alice has this conversation; a supervisor can #takeover."
    talk.seat("alice").says("#take")
    assert talk.seat("alice").reads[-1] == "The conversation is yours."


def test_taking_more_than_there_is_room_for():
    talk = Script(seats=["alice"])
    talk.seat("alice").seat.capacity = 0
    talk.customer("hi")
    talk.seat("alice").says("#take")
    assert talk.dropped == "You have no room: close a conversation first, or ask for a higher capacity."


def test_taking_whoever_waits_longest_from_any_chat():
    talk = Script(seats=["alice"])
    talk.seat("alice").says("#take")
    assert talk.seat("alice").reads == ["Nobody is waiting."]
    talk.world.waiting = 1
    talk.seat("alice").says("#take")
    assert len(talk.acted(TakeNext)) == 1
    assert talk.seat("alice").reads == []


# Back to the bots


def test_system_is_the_accounts_first_bot():
    talk = Script(bots=["faq"], seats=["alice"], loads={"faq": [HOURS]})
    talk.customer("a person please")
    assert talk.owner == "alice"
    talk.seat("alice").says('#transfer -n system -t "only asks for the hours"')
    assert (talk.owner, talk.mode, talk.status) == ("", "faq", "bot")
    assert talk.seat("alice").seat.load == 0
    assert talk.seat("alice").reads == ["The chatbot faq has the conversation now; #take takes it back."]
    talk.customer("your hours?")
    assert talk.customer.reads == ["9 to 18"]
    talk.customer("a person please")
    assert talk.owner == "alice"
    assert not any(isinstance(one, HandOver) for one in talk.actions), "it is carried out by the filter"
    assert talk.acted(SwitchMode)[0] == SwitchMode("transform")
