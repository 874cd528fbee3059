"""Customers of an account without a group, or whose group is gone: nobody is left behind once there is one."""

from __future__ import annotations

import pytest

from seats.models import Seat
from tests.support.routing import conversation, owner, places


@pytest.fixture
def floor(day):
    """Alice is there for the sales group, bob for another one."""
    day.site.login("alice")
    return day


@pytest.fixture
def nowhere(floor):
    """A customer has written to an account that has no group."""
    floor.site.account.group = ""
    floor.site.account.save()
    floor.arrive(1)
    assert owner(1) == "bot"
    return floor


def has_a_group(floor, slug: str = "sales") -> None:
    floor.site.account.group = slug
    floor.site.account.save()
    floor.later(5)


def test_the_customer_gets_a_seat_as_soon_as_the_account_has_a_group(nowhere):
    has_a_group(nowhere)
    assert (owner(1), conversation(1).group) == ("alice", "sales")
    assert any("hello 1" in line for line in nowhere.platforms.to_seat("alice")), "what they wrote meanwhile arrives"


def test_where_no_seat_is_free_the_customer_waits_and_is_told_so(nowhere):
    Seat.objects.update(capacity=0)
    has_a_group(nowhere)
    assert (places(), conversation(1).group) == ([1], "sales")
    assert len(nowhere.told(1)) == 1


def test_nobody_is_looked_for_while_there_is_still_no_group(nowhere):
    nowhere.later(5)
    assert (owner(1), nowhere.told(1)) == ("bot", [])


def test_a_group_that_was_deleted_is_replaced_by_the_accounts(floor):
    floor.site.account.group = "gone"
    floor.site.account.save()
    floor.arrive(1)
    has_a_group(floor)
    assert (owner(1), conversation(1).group) == ("alice", "sales")


def test_the_next_message_finds_the_accounts_group_too(nowhere):
    nowhere.site.account.group = "sales"
    nowhere.site.account.save()
    nowhere.arrive(1)
    assert (owner(1), conversation(1).group) == ("alice", "sales")
