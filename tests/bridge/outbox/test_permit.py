"""What the permit says, case by case; with the real outbox around it: test_counting.py and test_windows.py of WeChat."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override

from bridge.models import Customer, Delivery, Message
from bridge.outbox.permit import Permit, join_pause
from bridge.values.outcomes import Chance, DeliveryError, Outcome
from bridge.values.windows import COUNT, TIME, Window
from tests.echo.platform import EchoPlatform

pytestmark = pytest.mark.once

NOW = datetime(2026, 11, 26, 2, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
SURVEY = Message(side=Message.Side.SYSTEM, content={"type": "Menu"})
PICTURE = Message(side=Message.Side.BOT, content={"type": "Image"})
WORDS = Message(side=Message.Side.SEAT, content={"type": "Text"})


def permit(left: int | None, *, until: datetime | None = NOW + DAY, checked: datetime | None = NOW, **more) -> Permit:
    return Permit(Window(NOW - DAY, until, 5, left), count_checked_at=checked, platform="wechat", **more)


@pytest.mark.parametrize(
    ("given", "delivery", "code"),
    [
        (permit(1), {}, None),
        (permit(None), {}, None),
        (permit(0), {}, "3"),
        (permit(0, checked=None), {}, None),
        (permit(0, checked=NOW - 30 * DAY), {}, None),
        (permit(0, checked=NOW - 30 * DAY + SECOND), {}, "3"),
        (permit(0, checked=None, holds=True), {}, "3"),
        (permit(5, until=NOW), {}, "4"),
        (permit(5, until=NOW), {"by_request": True}, None),
        (permit(5, until=NOW, holds=True), {"by_request": True}, "4"),
        (permit(0), {"by_request": True}, "3"),
        (permit(1), {"ephemeral": True}, None),
        (permit(0, checked=None), {"ephemeral": True}, "window"),
        (permit(5, until=NOW), {"ephemeral": True, "notice": True, "by_request": True}, "window"),
        (permit(2), {"notice": True}, None),
        (permit(1), {"notice": True}, "notice"),
        (permit(None), {"notice": True}, None),
        (permit(5, until=NOW), {"notice": True}, "notice"),
        (permit(1), {"notice": True, "message": SURVEY}, None),
        (permit(1), {"notice": True, "message": WORDS}, "notice"),
        (permit(0), {"notice": True, "message": SURVEY}, "notice"),
        (permit(0, until=None), {"notice": True}, "notice"),
        (permit(0, until=None), {"notice": True, "message": SURVEY}, "notice"),
        (permit(1), {"notice": True, "message": PICTURE}, "notice"),
    ],
)
def test_what_must_not_be_tried_now(given, delivery, code):
    with override("en"):
        refusal = given.refusal(Delivery(**delivery), EchoPlatform(), NOW)
    assert (refusal and refusal.code) == code
    if code in ("window", "notice"):
        assert refusal.outcome is Outcome.DROP
    if code == "notice":
        assert refusal.reason == "the last message WeChat allows is kept for a person"


@pytest.mark.parametrize(
    ("days", "checked", "known"),
    [
        (0, None, True),
        (30, None, False),
        (30, NOW - 29 * DAY, True),
        (30, NOW - 30 * DAY, False),
        (1, NOW - DAY + SECOND, True),
    ],
)
def test_how_long_a_count_is_known(settings, days, checked, known):
    settings.WINDOW_CHECK_DAYS = days
    assert permit(0, checked=checked).knows_count(NOW) is known


def refused(window: str = COUNT, outcome: Outcome = Outcome.CHANCE) -> DeliveryError:
    return DeliveryError("45047", "no", outcome, chance=Chance.COUNT, after=Outcome.HOLD, window=window)


FRESH = Window(NOW - SECOND, NOW + DAY, 5, 5)
OLD = Window(NOW - DAY, NOW + DAY, 5, 5)


@pytest.mark.parametrize(
    ("window", "error", "used", "outcome", "confirmed"),
    [
        (FRESH, refused(), [], Outcome.CHANCE, False),
        (FRESH, refused(), [Chance.COUNT], Outcome.CHANCE, True),
        (FRESH, refused(), [Chance.TOKEN], Outcome.CHANCE, False),
        (FRESH, refused(outcome=Outcome.HOLD), [], Outcome.HOLD, True),
        (OLD, refused(), [], Outcome.HOLD, True),
        (OLD, refused(outcome=Outcome.FAIL), [], Outcome.FAIL, True),
        (OLD, refused(TIME), [], Outcome.CHANCE, False),
        (OLD, refused(""), [], Outcome.CHANCE, False),
    ],
)
def test_what_a_refusal_is_worth(window, error, used, outcome, confirmed):
    one = Permit(window)
    assert one.heard(error, Delivery(chances=used), NOW).outcome is outcome
    assert one.count_checked_at == (NOW if confirmed else None)


@pytest.mark.parametrize(
    ("error", "outcome", "left", "holds", "changes"),
    [
        (refused(), Outcome.HOLD, 0, True, True),
        (refused(), Outcome.FAIL, 0, False, True),
        (refused(), Outcome.CHANCE, 5, False, False),
        (refused(""), Outcome.HOLD, 5, True, False),
        (refused(""), Outcome.UNKNOWN, 4, False, True),
        (refused(""), Outcome.RETRY, 5, False, False),
        (refused(""), None, 5, False, False),
    ],
)
def test_what_is_learned_of_a_refusal(error, outcome, left, holds, changes):
    one = permit(5)
    assert one.learn(error, outcome, NOW) == (one.window if changes else None)
    assert (one.window.left, one.holds) == (left, holds)


def test_what_was_known_changes_nothing():
    assert permit(0).learn(refused(), Outcome.HOLD, NOW) is None


def test_what_waits_goes_on_waiting():
    one = permit(5, holds=True)
    one.learn(refused(""), None, NOW)
    assert one.holds


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (permit(2), "2 more messages can be sent until 11-27 10:00, unless the customer writes."),
        (permit(3), ""),
        (permit(1), ""),
        (permit(0), "That was the last message WeChat allows. What you write now waits until the customer writes."),
        (permit(0, checked=None), ""),
        (permit(None), ""),
        (permit(0, until=None), ""),
    ],
)
def test_what_the_seat_hears_when_little_is_left(given, said):
    with override("en"):
        assert given.low(NOW) == said


def test_one_message_is_said_in_the_singular(settings):
    settings.WINDOW_LOW = 1
    with override("en"):
        assert permit(1).low(NOW).startswith("1 more message can")


@pytest.mark.parametrize(
    ("left", "delivery", "seconds", "joins"),
    [
        (2, {"message": WORDS, "was_held": True}, 0, True),
        (1, {"message": WORDS, "was_held": True}, 0, True),
        (2, {"message": PICTURE, "was_held": True}, 0, False),
        (2, {"message": WORDS}, 0, False),
        (2, {"message": WORDS}, 1, True),
        (3, {"message": WORDS, "was_held": True}, 0, False),
        (None, {"message": WORDS, "was_held": True}, 0, False),
        (2, {"message": WORDS, "was_held": True, "notice": True}, 0, False),
        (2, {"message": WORDS, "was_held": True, "ephemeral": True}, 0, False),
        (2, {"message": SURVEY, "was_held": True}, 0, False),
        (2, {"was_held": True}, 1, False),
    ],
)
def test_what_may_be_joined(settings, left, delivery, seconds, joins):
    settings.WINDOW_JOIN_BELOW, settings.WINDOW_JOIN_SECONDS = 2, seconds
    assert permit(left).joins(Delivery(**delivery)) is joins


@pytest.mark.parametrize(
    ("left", "side", "seconds"),
    [
        (2, "seat", 3.0),
        (1, "seat", 3.0),
        (0, "seat", 0.0),
        (3, "seat", 0.0),
        (None, "seat", 0.0),
        (2, "customer", 0.0),
        (2, "system", 0.0),
    ],
)
def test_how_long_a_text_waits_for_the_next(settings, left, side, seconds):
    settings.WINDOW_JOIN_BELOW, settings.WINDOW_JOIN_SECONDS = 2, 3.0
    assert join_pause(Customer(window_left=left), side) == seconds
