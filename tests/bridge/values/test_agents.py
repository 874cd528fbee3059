"""Agents: what they oversee, and authors of events as JSON."""

import pytest

from bridge.values.agents import Agent, Author, Roles

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
