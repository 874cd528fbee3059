"""Who is an agent, what they may do, and whose time ends when groups change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User

from bridge.base import clock
from bridge.models import Conversation, Fact
from bridge.values.agents import Agent, Roles
from seats.models import Seat, SeatGroup
from seats.routing.directory import SeatDirectory
from seats.routing.records import presence_ended

pytestmark = pytest.mark.either

NOW = datetime(2026, 11, 26, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_who_is_who(site):
    who = SeatDirectory()
    alice = Agent(site.alice.pk, "alice", "alice")
    site.seat("carol", site.sales)
    User.objects.filter(username="carol").update(is_active=False)
    site.sales.supervisors.set([site.alice, Seat.objects.get(user__username="carol")])
    assert (who.find("alice"), who.find("carol"), who.find("nobody")) == (alice, None, None)
    assert who.groups() == [("care", "售后"), ("sales", "销售")] or who.groups() == [
        ("sales", "销售"),
        ("care", "售后"),
    ]
    assert (who.staff("sales"), who.staff("care"), who.staff("none")) == (1, 1, None)
    assert (who.supervisors("sales"), who.supervisors("care")) == ([alice], [])
    assert who.roles(site.alice.pk) == Roles(frozenset({"sales"}), frozenset({"sales"}))
    assert who.roles(site.bob.pk) == Roles(frozenset({"care"}))
    assert who.roles(Seat.objects.get(user__username="carol").pk) == Roles()
    site.bob.user.user_permissions.add(Permission.objects.get(codename="oversee"))
    assert who.roles(site.bob.pk).site


def test_who_has_a_conversation_and_who_had_it_last(talking):
    who = SeatDirectory()
    one = Conversation.objects.get()
    User.objects.filter(username="alice").update(first_name="Alice", last_name="Li")
    alice = Agent(talking.alice.pk, "Alice Li", "alice")
    assert (who.assigned(one.pk), who.last_assigned(one.pk)) == (alice, alice)
    assert (who.assigned(one.pk + 1), who.last_assigned(one.pk + 1)) == (None, None)
    User.objects.filter(username="alice").update(first_name="", last_name="", is_active=False)
    assert who.assigned(one.pk) == Agent(talking.alice.pk, "alice", "alice", active=False)


@pytest.fixture
def since(site):
    """Both seats are online, since an hour ago."""
    Seat.objects.update(online=True, availability="open", state_at=NOW - HOUR)
    with clock.fixed(lambda: NOW):
        yield site


def counted() -> dict[str, float]:
    """Return the seconds that were counted, by seat."""
    return {
        Seat.objects.get(pk=fact.seat_id).im_user_id: fact.seconds
        for fact in Fact.objects.filter(kind=Fact.Kind.PRESENCE)
    }


@pytest.mark.parametrize(
    ("change", "seats"),
    [
        (lambda site: site.alice.groups.add(site.care), {"alice"}),
        (lambda site: site.alice.groups.clear(), {"alice"}),
        (lambda site: site.care.seats.add(site.alice), {"alice"}),
        (lambda site: site.sales.seats.clear(), {"alice"}),
        (lambda site: site.care.delete(), {"bob"}),
        (lambda site: Seat.objects.filter(pk=site.alice.pk).update(state_at=None) and site.alice.groups.clear(), set()),
    ],
)
def test_whose_time_ends_when_groups_change(since, change, seats):
    change(since)
    assert counted() == dict.fromkeys(seats, 3600.0)
    for seat in Seat.objects.filter(im_user_id__in=seats):
        assert seat.state_at == NOW


def test_a_seat_that_is_deleted_is_counted_before(since):
    gone = since.alice.pk
    since.alice.delete()
    (fact,) = Fact.objects.filter(kind=Fact.Kind.PRESENCE)
    assert (fact.seat_id, fact.seconds, fact.detail, fact.began_at, fact.at) == (gone, 3600.0, "open", NOW - HOUR, NOW)


WHICH_STATE_ENDS = [
    ((True, "open"), (True, "busy"), "open"), ((True, "busy"), (False, "busy"), "busy"), ((False, "busy"), (True, "busy"), "offline"),
    ((True, "open"), (True, "open"), None), ((False, "open"), (False, "busy"), None),
]  # fmt: skip


def test_which_state_ends(since):
    for before, after, detail in WHICH_STATE_ENDS:
        Seat.objects.update(state_at=NOW - HOUR)
        since.alice.refresh_from_db()
        fact = presence_ended(since.alice, before, after, NOW)
        assert (fact and fact.detail) == detail
        since.alice.refresh_from_db()
        assert since.alice.state_at == (NOW if detail else NOW - HOUR)
        # Of a seat whose state was not known nothing is counted, and the new one begins.
        since.alice.state_at = None
        assert presence_ended(since.alice, before, after, NOW + HOUR) is None


def test_a_clock_that_went_back_counts_nothing_less_than_nothing(since):
    Seat.objects.update(state_at=NOW + HOUR)
    SeatGroup.objects.get(slug="sales").seats.clear()
    assert counted() == {"alice": 0.0}
