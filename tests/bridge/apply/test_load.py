"""What an event meets is loaded with few statements, and deciding adds only what this event needs."""

from __future__ import annotations

import pytest

from bridge.apply.load import load, load_standing, load_turn
from bridge.models import InboundEvent
from bridge.pipeline.filters.base import chain
from bridge.pipeline.turn import decided
from chatbots.models import FaqEntry
from tests.support.actors import OPENID

pytestmark = pytest.mark.once
LANE = (
    4  # the customer with the conversation, the seat that has it, and the account (two), which a test never remembers
)


def newest() -> InboundEvent:
    return InboundEvent.objects.latest("pk")


@pytest.fixture
def seen(talking):
    """Alice has the customer; what is not asked for at each message is known."""
    talking.sales.supervisors.add(talking.bob)
    return talking


@pytest.mark.parametrize(
    ("who", "text", "statements"),
    [
        ("customer", "more", LANE),
        ("alice", "hello", LANE),
        ("alice", "#note x", LANE),
        ("alice", "#close", LANE),
        ("bob", "hello", LANE + 1),  # who is that?
        (
            "bob",
            "#close",
            LANE + 6,
        ),  # and what may they do? Two permissions are looked up by Django, of the user and of groups
    ],
)
def test_statements_of_a_decision(seen, django_assert_num_queries, who, text, statements):
    if who == "customer":
        seen.customer_says(text)
    else:
        seen.seat_says(text, seat=who)
    event = newest()
    with django_assert_num_queries(statements):
        turn = decided(load_turn(event, load_standing(event.lane)), chain(), load)
    assert turn.actions or turn.filtered


def test_a_bot_loads_only_where_it_is_to_decide(seen, django_assert_num_queries):
    FaqEntry.objects.create(keywords="hours", answer="9 to 18")
    seen.account.bots = [{"name": "faq", "on": True}]
    seen.account.save()
    load_turn(newest(), load_standing(newest().lane))
    seen.customer_says("your hours?")
    with django_assert_num_queries(LANE + 2):  # once more for the new account, and what the bot loads
        decided(load_turn(newest(), load_standing(newest().lane)), chain(), load)
    seen.work()
    seen.seat_says("#close")
    seen.work()
    seen.customer_says("your hours?")
    seen.work()
    assert seen.platforms.to_customer(OPENID)[-1] == "9 to 18"


def test_a_seat_whose_user_may_no_longer_work_here_writes_to_nobody(seen):
    """It has the conversation still, and is loaded with it."""
    seen.alice.user.is_active = False
    seen.alice.user.save()
    seen.seat_says("hello")
    seen.work()
    assert newest().state == InboundEvent.State.FILTERED
    assert seen.platforms.to_customer(OPENID) == []
