"""Agents: what they oversee, authors of events as JSON, and a bridge without seats."""

from datetime import UTC, datetime, timedelta

import pytest

from bridge.values.agents import Agent, Author, Nobody, Roles

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("roles", "any_group", "a", "b"),
    [
        (Roles(), False, False, False),
        (Roles(serves=frozenset("a")), False, False, False),
        (Roles(supervises=frozenset("a")), True, True, False),
        (Roles(site=True), True, True, True),
    ],
)
def test_who_oversees_what(roles, any_group, a, b):
    assert (roles.oversees_any, roles.oversees("a"), roles.oversees("b")) == (any_group, a, b)


@pytest.mark.parametrize(("site", "quiet"), [(True, False), (False, True)])
def test_an_author_comes_back_from_json(site, quiet):
    agent = {"id": 7, "name": "Alice", "im_id": "seat_7"}
    assert Author.from_json({"agent": agent, "site": site, "quiet": quiet}) == Author(
        Agent(7, "Alice", "seat_7"), site, quiet
    )
    assert Agent(**agent).active


def test_without_seats_nobody_is_there_and_every_second_counts():
    who, at = Nobody(), datetime(2026, 11, 26, tzinfo=UTC)
    assert (who.find("a"), who.assigned(1), who.last_assigned(1), who.staff("a")) == (None, None, None, None)
    assert (who.roles(1), who.groups(), who.supervisors("a")) == (Roles(), [], [])
    assert who.working_seconds(1, "a", at, at + timedelta(minutes=1)) == 60
