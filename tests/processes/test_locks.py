"""What only a lock keeps apart: each pair of transactions meets where it would go wrong without one."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from analytics.facts import checking, rollups
from analytics.facts.times import day_of
from bridge.base import clock
from bridge.models import Endpoint, Fact
from bridge.observe import limits
from bridge.values.outcomes import DeliveryError, Outcome
from seats.models import Seat
from seats.routing.timekeeping import end_states
from tests.support.actors import Site
from tests.support.interleaved import meet

pytestmark = [pytest.mark.once, pytest.mark.services]


@pytest.fixture
def office(transactional_db, platforms, client):
    office = Site(client, platforms)
    office.login("alice")
    office.customer_says("hello")
    office.work()
    return office


def test_two_calls_at_their_limit_are_both_known(office):
    def refused(call: str) -> None:
        error = DeliveryError("45009", "reached", Outcome.LIMIT, pause=3600)
        limits.reached(Endpoint.objects.get(pk=office.account.pk), call, call, error)

    meet(lambda: refused("upload"), lambda: refused("send"), at="UPDATE `bridge_")
    assert Endpoint.objects.get(pk=office.account.pk).limits.keys() == {"upload", "send"}


def test_a_seats_time_is_counted_once(office):
    alice = Seat.objects.get(user__username="alice")
    Seat.objects.filter(pk=alice.pk).update(state_at=clock.now() - timedelta(hours=1))
    meet(lambda: end_states([alice.pk]), lambda: end_states([alice.pk]), at="INSERT INTO `bridge_fact`")
    counted = Fact.objects.filter(kind=Fact.Kind.PRESENCE, seat_id=alice.pk).values_list("seconds", flat=True)
    assert sum(counted) == pytest.approx(3600, abs=60)


@pytest.mark.parametrize("table", ["rollup", "conversationrow"])
def test_two_who_count_at_once_do_not_fail(office, table):
    now = clock.now()
    meet(lambda: rollups.update(now), lambda: rollups.update(now), at=f"INSERT INTO `analytics_{table}`")
    assert not list(checking.check(day_of(now), day_of(now) + timedelta(days=1), now))


def test_what_is_counted_meanwhile_is_no_difference(office):
    """Hours are compared first, days next: what is counted in between stands in the days alone."""
    now = clock.now()
    start = day_of(now)

    def more() -> None:
        Fact.objects.create(kind=Fact.Kind.BOT, at=now, account_id=office.account.pk)
        rollups.update(now)

    rollups.update(now)
    found: list[checking.Difference] = []
    looks = partial(checking._differences, start, start + timedelta(days=1), now)
    meet(lambda: found.extend(looks()), more, at="FROM `analytics_tally`")
    assert not found
