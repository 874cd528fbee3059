"""Supervise: supervisors in the conversations of their groups."""

from __future__ import annotations

import pytest

from bridge.inbox.events import CommandGiven
from bridge.values.agents import Agent, Author
from bridge.values.content import Text
from chatbots.faq import Entry
from chatbots.replies import Reply
from chatbots.testing import Script

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]
NOT_ALLOWED = "Only supervisors of the group can do this."


@pytest.fixture
def talk():
    """Alice has the customer; bob supervises."""
    talk = Script(seats=["alice", "carol"], supervisors={"sales": ["bob"]})
    talk.customer("hi")
    return talk


def test_reading_along(talk):
    talk.seat("bob").says("#watch")
    done, context = talk.seat("bob").reads
    assert done == "You read along. #leave ends it."
    assert talk.seat("alice").reads == [], "the seat is not told of who only reads"
    assert "hi" in context
    talk.customer("more")
    assert talk.seat("bob").reads == ["more"]
    talk.seat("alice").says("the answer")
    assert talk.seat("bob").reads == ["alice：the answer"]
    talk.seat("bob").says("I say something")
    assert talk.dropped == "Not sent: alice has this conversation."
    talk.seat("bob").says("#leave")
    talk.customer("again")
    assert talk.seat("bob").reads == []


def test_writing_along(talk):
    talk.seat("bob").says("#join")
    assert talk.seat("alice").reads == ["bob has joined the conversation."]
    talk.seat("bob").says("I am the supervisor")
    assert talk.customer.reads == ["I am the supervisor"]
    assert talk.seat("alice").reads == ["bob：I am the supervisor"]


@pytest.mark.parametrize(
    ("mode", "free", "is_open"), [("faq", True, True), ("stack", False, True), ("leave", False, False)]
)
def test_writing_along_while_no_seat_has_the_customer(mode, free, is_open):
    """The words of a supervisor go to the customer; no bot takes them for the customer's, and nothing else changes."""
    answers = {"faq": [Entry(("hours",), Reply(Text("9 to 18")), 1)]}
    talk = Script(
        bots=["faq"] * (mode == "faq"), loads=answers, seats=["alice"], supervisors={"sales": ["bob", "carol"]}
    )
    talk.seat("alice").seat.takes, talk.world.is_open = free, is_open
    talk.customer("your hours?")
    talk.seat("carol").says("#watch")
    talk.seat("bob").says("#join")
    assert "your hours?" in talk.seat("bob").reads[-1]
    talk.seat("bob").says("our hours are on the site")
    assert talk.customer.reads == ["our hours are on the site"]
    assert talk.seat("carol").reads == ["bob：our hours are on the site"]
    assert (talk.mode, talk.owner) == (mode, "")
    talk.customer("hours" if mode == "faq" else "thanks")
    told = ["hours", "faq：9 to 18"] if mode == "faq" else ["thanks"]
    assert talk.seat("bob").reads == talk.seat("carol").reads == told


def test_whispering(talk):
    talk.seat("bob").says("#whisper give them a discount")
    assert talk.seat("alice").reads == ["【bob】give them a discount"]
    assert talk.seat("bob").reads == ["Said to alice."]
    assert talk.customer.reads == []


def test_taking_over(talk):
    talk.seat("bob").says("#takeover")
    assert talk.owner == "bob"
    assert talk.seat("alice").reads == ["bob has this conversation now."]
    talk.seat("bob").says("#watch")
    assert talk.dropped == "You have this conversation."


def test_reassigning_asks_nobody(talk):
    talk.world.offers = True
    talk.seat("carol").seat.takes = False
    talk.seat("bob").says("#reassign -n carol")
    assert talk.owner == "carol"
    assert talk.seat("alice").reads == ["carol has this conversation now."]


@pytest.mark.parametrize("command", ["#watch", "#join", "#whisper x", "#takeover", "#reassign -n carol"])
def test_only_supervisors(talk, command):
    talk.seat("carol").says(command)
    assert (talk.owner, talk.seat("carol").reads) == ("alice", [NOT_ALLOWED])


@pytest.mark.parametrize("command", ["#watch", "#join", "#whisper x", "#takeover", "#reassign -n carol"])
def test_only_in_an_open_conversation(talk, command):
    talk.seat("alice").says("#close")
    talk.seat("bob").says(command)
    assert talk.dropped.startswith("There is no open conversation here; -c and its number name one")


def test_leaving_what_one_does_not_read(talk):
    talk.seat("bob").says("#leave")
    assert talk.dropped == "You do not read along here."


def test_whispering_to_nobody():
    talk = Script(seats=["alice"], supervisors={"sales": ["bob"]})
    talk.seat("alice").seat.takes = False
    talk.customer("hi")
    talk.seat("bob").says("#whisper x")
    assert talk.dropped == "No seat has this conversation."


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("watch", "Only those who have a seat can read along."),
        ("takeover", "Only those who have a seat can take over."),
    ],
)
def test_somebody_without_a_seat(talk, name, said):
    """Staff who oversee everything give commands in the admin, and have no chat to read along in."""
    talk.happens(CommandGiven(Author(Agent(0, "chief", ""), site=True, quiet=True), name, {}))
    assert talk.dropped == said
