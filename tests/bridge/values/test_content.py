"""What a content says of itself where the platform says nothing, and an error of a delivery where nothing more is known."""

import pytest

from bridge.values.content import Choice, Content, Face, File, Image, Menu, Text, Typing, Video, Voice
from bridge.values.outcomes import Chance, DeliveryError, Outcome

pytestmark = pytest.mark.once


def test_what_is_not_known_is_nothing():
    assert (Voice().seconds, Voice().media, Video().seconds, Video().media, File().size, File().media) == (0,) * 6
    assert (Image().width, Image().height, Image().size, Image().media, Face().index, Typing().on) == (
        0,
        0,
        0,
        0,
        0,
        True,
    )


def test_fields_that_are_not_known_are_left_out():
    assert Content.from_json({"type": "Text", "text": "a", "new": 1}) == Text("a")
    assert Content.from_json({"type": "File", "name": "a/b", "size": 3}) == File("a_b", size=3)
    with pytest.raises(KeyError):
        Content.from_json({"type": "Nonsense"})
    assert Menu("?", ({"id": "1", "text": "one"},)).choices == [Choice("1", "one")]


def test_an_error_says_no_more_than_it_was_told():
    error = DeliveryError("40001", "no token", Outcome.RETRY)
    assert (str(error), error.chance, error.pause, error.after, error.window, error.alarm) == (
        "40001: no token", None, 0.0, Outcome.FAIL, "", False,
    )  # fmt: skip
    given = {"chance": Chance.TOKEN, "pause": 3.5, "after": Outcome.HOLD, "window": "count", "alarm": True}
    turned = DeliveryError("1", "x", Outcome.CHANCE, **given).turned(Outcome.STOP)
    assert vars(turned) == {"code": "1", "reason": "x", "outcome": Outcome.STOP, **given}
