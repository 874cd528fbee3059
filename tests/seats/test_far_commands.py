"""Commands given from elsewhere with -c: only whoever may act on a conversation does."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.models import Delivery, Message, Tag
from seats.models import TransferOffer
from tests.support.actors import seat_message
from tests.support.routing import conversation, owner

pytestmark = pytest.mark.either

COMMANDS = (
    "#close", "#close -t done", "#transfer -n carol", "#reassign -n carol", "#note grabbed", "#summary grabbed",
    "#tag VIP", "#untag VIP", "#block spam", "#unblock", "#name Grabbed", "#quit", "#take", "#watch", "#join", "#leave",
    "#whisper grabbed", "#takeover", "#resend", "#accept", "#refuse",
)  # fmt: skip


@pytest.fixture
def floor(day):
    """Alice and carol of sales; alice has customer 1. Dave is of another group, erin of another one still, which she supervises."""
    day.site.seat("carol", day.site.sales)
    day.site.seat("dave", day.site.care)
    day.site.care.supervisors.add(day.site.seat("erin", day.site.care))
    Tag.objects.create(name="VIP", of=Tag.Of.CUSTOMER)
    day.site.login("alice")
    day.arrive(1)
    day.site.login("carol", "dave", "erin")
    return day


def given(day, seat: str, words: str) -> str:
    """Let a seat write to the system's account; return the last it reads afterwards."""
    day.site.im_callback("C2C.CallbackAfterSendMsg", seat_message(seat, "bridge_system", words))
    day.site.work()
    return (day.platforms.to_seat(seat) or [""])[-1]


def as_it_stands(day) -> dict[str, Any]:
    """Return all that a command could change of customer 1, and what went out to those who talk."""
    one, customer = conversation(1), day.customer(1)
    return {
        "owner": owner(1),
        "conversation": (one.status, one.mode, one.group, one.summary, one.watchers, one.unanswered_since),
        "customer": (customer.remark, customer.blocked_at, [tag.name for tag in customer.tags.all()]),
        "messages": Message.objects.exclude(side=Message.Side.SYSTEM).count(),  # who is refused reads why
        "offers": TransferOffer.objects.count(),
        "to the customer": Delivery.objects.filter(direction="customer").count(),
        "to alice": day.platforms.to_seat("alice"),
        "to carol": day.platforms.to_seat("carol"),
    }


@pytest.mark.parametrize("seat", ["dave", "erin"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_seat_of_another_group_changes_nothing(floor, command, seat):
    before = as_it_stands(floor)
    said = given(floor, seat, f"{command} -c {conversation(1).pk}")
    assert said.startswith("【系统】"), "whoever is refused is told so"
    assert as_it_stands(floor) == before


@pytest.mark.parametrize(
    "command", ["#close", "#block spam", "#transfer -n carol", "#resend", "#takeover", "#reassign -n carol"]
)
def test_a_colleague_of_the_group_does_not_act_for_the_seat_that_has_it(floor, command):
    before = as_it_stands(floor)
    given(floor, "carol", f"{command} -c {conversation(1).pk}")
    after = as_it_stands(floor)
    assert {**after, "to carol": []} == {**before, "to carol": []}


def test_a_supervisor_of_the_group_does(floor):
    floor.site.sales.supervisors.add(floor.site.seat("frank", floor.site.care))
    floor.site.login("frank")
    given(floor, "frank", f"#close -c {conversation(1).pk}")
    assert owner(1) == "closed"


def test_a_number_that_is_nobodys_is_said_and_the_others_are_done(floor):
    floor.site.sales.supervisors.add(floor.site.seat("frank", floor.site.care))
    floor.site.login("frank")
    said = given(floor, "frank", f"#close -c {conversation(1).pk},999999")
    assert "999999" in said or any("999999" in text for text in floor.platforms.to_seat("frank"))
    assert owner(1) == "closed"
