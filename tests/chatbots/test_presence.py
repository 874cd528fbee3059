"""Presence: seats say of themselves whether they take new conversations."""

from __future__ import annotations

import pytest

from bridge.pipeline.serving import SetAvailability
from chatbots.testing import Script

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]


@pytest.mark.parametrize(
    ("command", "availability", "said"),
    [
        ("#busy", "busy", "You get no new conversations until you write #online."),
        ("#away", "away", "You are away and get no new conversations until you write #online."),
        ("#online", "open", "You get new conversations again."),
        ("#offline", "offline", "You have signed off. #online signs on again."),
        ("＃忙碌", "busy", "You get no new conversations until you write #online."),
    ],
)
def test_its_own_word(command, availability, said):
    talk = Script(seats=["alice"])
    talk.seat("alice").says(command)
    assert talk.seat("alice").reads == [said]
    assert talk.acted(SetAvailability) == [SetAvailability("alice", availability)]
    talk.customer("hi")
    assert talk.owner == ("alice" if availability == "open" else "")


def test_customers_may_write_such_words():
    talk = Script(seats=["alice"])
    talk.customer("#busy")
    assert talk.seat("alice").reads == ["#busy"]
