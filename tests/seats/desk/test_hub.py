"""Who is connected is looked at again: lost rights end the stream, other rights count from then on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from bridge.conversation.changes import Change
from bridge.values.agents import Agent, Roles
from seats.actors import Actor
from seats.desk import hub as hubs
from seats.desk.hub import BACKLOG, Desk, Hub
from seats.desk.stream import actor_of

pytestmark = pytest.mark.once


def actor(name: str, **roles: bool) -> Actor:
    return Actor(Agent(1, name, name), None, Roles(**roles))


@pytest.fixture
def quick(monkeypatch):
    """Signs of life each hundredth of a second, and a look at the rights with every second one."""
    monkeypatch.setattr(hubs, "BEAT", 0.01)
    monkeypatch.setattr(hubs, "RECHECK", 0.02)


def kept_connected(find: Callable[[], Actor | None], until: Callable[[Desk, Hub], bool]) -> tuple[Desk, Hub]:
    """Let a desk be connected until that is so; its events were read, whatever they were."""

    async def run() -> tuple[Desk, Hub]:
        hub, desk = Hub(), Desk(actor("alice"), "en", find)
        desk.caught_up([])
        hub.desks.add(desk)
        signs = asyncio.create_task(hub._signs())
        async with asyncio.timeout(10):
            while not until(desk, hub):
                await asyncio.sleep(0.005)
        signs.cancel()
        return desk, hub

    return asyncio.run(run())


def told(desk: Desk) -> list[bytes | None]:
    return [desk.events.get_nowait() for _number in range(desk.events.qsize())]


def test_a_desk_hears_that_its_own_seat_has_changed():
    changed = [Change(0, seat=1), Change(7)]
    assert Desk(actor("alice"), "en", lambda: None).events_of([], "1-1", changed) == [hubs.event("seat", "", "")]
    other = Actor(Agent(2, "bob", "bob"), None, Roles())
    assert Desk(other, "en", lambda: None).events_of([], "1-1", changed) == []


def test_who_may_go_on_hears_signs_of_life_and_has_the_rights_of_now(quick):
    desk, hub = kept_connected(lambda: actor("alice", site=True), lambda desk, _hub: desk.actor.roles.site)
    assert desk in hub.desks
    signs = told(desk)
    assert signs
    assert all(sign is not None and b"event: beat" in sign for sign in signs)


def test_who_has_lost_the_right_is_ended(quick):
    desk, _hub = kept_connected(lambda: None, lambda _desk, hub: not hub.desks)
    assert told(desk)[-1] is None


def test_so_is_who_cannot_be_looked_up(quick):
    def fails() -> Actor | None:
        raise ValueError("the database is away")

    desk, _hub = kept_connected(fails, lambda _desk, hub: not hub.desks)
    assert told(desk)[-1] is None


def test_who_reads_too_slowly_is_ended():
    async def run() -> list[bytes | None]:
        desk = Desk(actor("alice"), "en", lambda: None)
        desk.caught_up([])
        for _number in range(BACKLOG + 1):
            desk.push(b"x")
        return told(desk)

    assert asyncio.run(run()) == [b"x"] * BACKLOG + [None]


# What is looked at


def seen_as(user, query: str = "") -> str:
    """Return whom a stream's request with the user's session is taken for, "" for nobody."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    headers = [(b"cookie", f"sessionid={session.session_key}".encode())]
    found = actor_of({"type": "http", "method": "GET", "path": "/", "query_string": query.encode(), "headers": headers})
    return found.agent.name if found else ""


def test_the_rights_are_those_of_the_sessions_user_while_they_work_here(site):
    user = site.alice.user
    assert seen_as(user) == seen_as(user, f"user={user.pk}") == "alice"
    assert seen_as(user, f"user={site.bob.user.pk}") == "", "another user's page"
    user.is_active = False
    user.save()
    assert seen_as(user) == ""


def test_who_has_no_seat_any_more_has_none(site):
    user = site.alice.user
    site.alice.delete()
    assert seen_as(user) == ""
