"""Help: what can be written."""

from __future__ import annotations

import pytest

from chatbots.testing import Script

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("english")]


def test_a_seat_reads_its_commands_with_their_flags():
    talk = Script(seats=["alice"])
    talk.seat("alice").says("#help")
    lines = talk.seat("alice").reads[0].split("\n")
    assert "#busy (#忙碌): Take no new conversations; those you have go on." in lines
    assert any(line.startswith("#transfer -n <seat or group> -t <note> (") for line in lines)
    assert lines[-1].startswith("-c <number> gives a command to another conversation")


def test_a_customer_who_asks_is_answered_by_a_person():
    talk = Script(seats=["alice"])
    talk.customer("#help")
    assert talk.seat("alice").reads == ["#help"]
