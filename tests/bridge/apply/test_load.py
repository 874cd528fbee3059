"""What an event meets is loaded with few statements, and deciding adds only what this event needs."""

from __future__ import annotations

import pytest

from bridge.apply.load import is_answering, load, load_standing, load_turn
from bridge.models import AutoAnswer, Conversation, Delivery, InboundEvent, Message
from bridge.pipeline.filters.base import chain
from bridge.pipeline.turn import decided
from chatbots.models import FaqEntry
from tests.support.actors import OPENID

pytestmark = pytest.mark.once
LANE = 2  # the customer with the conversation, and the seat that has it; the account is remembered


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
    FaqEntry.objects.create(keywords="hours", answer=AutoAnswer.of("9 to 18"))
    seen.account.bots = [{"name": "faq", "on": True}]
    seen.account.save()
    load_turn(newest(), load_standing(newest().lane))
    seen.customer_says("your hours?")
    with django_assert_num_queries(LANE + 2):  # what the bot loads
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


@pytest.mark.parametrize(
    ("side", "direction", "state", "answers"),
    [
        ("seat", "customer", "queued", True),
        ("seat", "customer", "sending", True),
        ("seat", "customer", "held", False),  # it waits for the customer, who waits for the seat
        ("seat", "customer", "done", False),
        ("seat", "customer", "failed", False),
        ("bot", "customer", "queued", False),
        ("system", "customer", "queued", False),
        ("seat", "seat", "queued", False),  # the seat's own words on its other clients
    ],
)
def test_a_seat_is_answering_while_its_own_words_are_on_their_way(seen, side, direction, state, answers):
    conversation = Conversation.objects.get()
    message = Message.objects.create(
        conversation=conversation, side=side, author="x", content={"type": "Text"}, preview="x", event_id=0,
        created_at=conversation.opened_at,
    )  # fmt: skip
    Delivery.objects.create(
        lane="x", conversation=conversation, message=message, direction=direction, state=state, platform="wechat",
        payload={}, random=0, due_at=conversation.opened_at, created_at=conversation.opened_at,
    )  # fmt: skip
    assert is_answering(conversation.pk) is answers
