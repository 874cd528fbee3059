"""Leave: messages that are left where nobody can answer."""

from __future__ import annotations

import pytest

from bridge.inbox.serving_events import OverflowDue, PlaceFree
from chatbots.testing import Script

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]


@pytest.fixture
def talk():
    """It is closed, and the customer was asked for a message."""
    talk = Script(seats=["alice"])
    talk.world.is_open = False
    talk.customer("hi")
    return talk


def test_what_is_left_is_kept_without_a_word(talk):
    talk.customer("my order is late")
    assert (talk.mode, talk.customer.reads) == ("leave", [])


def test_when_somebody_is_there_they_get_it_all(talk):
    talk.customer("my order is late")
    talk.world.is_open = True
    talk.happens(PlaceFree())
    assert talk.owner == "alice"
    assert talk.seat("alice").reads[-2:] == ["hi", "my order is late"]


def test_nothing_else_moves_it(talk):
    talk.happens(OverflowDue())
    assert (talk.mode, talk.actions) == ("leave", [])


def test_without_a_time_to_open_it_says_soon(talk):
    assert talk.customer.has_read == ["We are not here now. Leave us a message; we answer as soon as we can."]
