"""FAQ: answers by keyword."""

from __future__ import annotations

import pytest

from bridge.values.content import Image
from chatbots.faq import Entry
from chatbots.testing import Script

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]
ENTRIES = [Entry(("hours", "open"), "9 to 18", 1), Entry(("invoice",), "below your order", 2)]


def script(**settings: int) -> Script:
    return Script(bots=["faq"], settings={"faq": settings}, seats=["alice"], loads={"faq": ENTRIES})


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


def test_after_so_many_answers_comes_a_person_who_reads_what_was_said():
    talk = script(most=2)
    talk.customer("hours")
    talk.customer("invoice")
    talk.customer("hours again")
    assert talk.owner == "alice"
    context, newest = talk.seat("alice").reads
    assert "faq：9 to 18" in context
    assert newest == "hours again"
