"""Who is connected is looked at again: lost rights end the stream, other rights count from then on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
import redis
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from bridge.conversation.changes import Change
from bridge.values.agents import Agent, Roles
from seats.actors import Actor
from seats.desk import hub as hubs
from seats.desk import stream as streams
from seats.desk.hub import BACKLOG, Desk, Hub
from seats.desk.stream import Streams, position_of, who
from seats.models import Seat

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


def test_no_row_of_the_database_is_kept_while_a_desk_listens(quick):
    sits = replace(actor("alice"), seat=Seat(capacity=3))
    desk, _hub = kept_connected(lambda: replace(sits, roles=Roles(site=True)), lambda desk, hub: desk.actor.roles.site)
    assert Desk(sits, "en", lambda: None).actor.seat is desk.actor.seat is None


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


def test_an_owner_has_so_many_open_and_leaving_makes_room():
    hub = Hub()
    desks = [Desk(actor("alice"), "en", lambda: None, owner) for owner in ("desk:1", "desk:1", "desk:1", "desk:2")]
    assert [hub.let_in(one, 2) for one in desks] == [True, True, False, True]
    hub.leave(desks[0])
    hub.leave(desks[0])
    assert hub.let_in(desks[2], 2)
    assert all(hub.let_in(Desk(actor("alice"), "en", lambda: None, "desk:1"), 0) for _number in range(50))


def answers(monkeypatch, door: str, path: str, count: int, accept: str) -> list[tuple[int, dict[bytes, bytes], bytes]]:
    """Ask for so many streams that stay open; return status, headers and body of each answer."""
    monkeypatch.setattr(f"seats.{door}.enter", lambda scope: Desk(actor("alice"), "en", lambda: None, "mine"))
    monkeypatch.setattr(streams.programs, "enter", lambda scope: Desk(actor("alice"), "en", lambda: None, "mine"))
    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [(b"accept-language", accept.encode())],
    }  # fmt: skip

    async def run() -> list[tuple[int, dict[bytes, bytes], bytes]]:
        app, found = Streams(), []

        async def listen() -> None:
            sent: list[dict] = []

            async def receive() -> dict:
                await asyncio.sleep(30)
                return {"type": "http.disconnect"}

            async def send(message: dict) -> None:
                sent.append(message)

            found.append(sent)
            await app({**scope}, receive, send)

        tasks = []
        for _number in range(count):
            tasks.append(asyncio.create_task(listen()))
            async with asyncio.timeout(10):
                while len(found) < len(tasks) or not any("body" in one for one in found[-1]):
                    await asyncio.sleep(0.005)
        await app.close()
        await asyncio.wait(tasks, timeout=5)
        return [(one[0]["status"], dict(one[0]["headers"]), one[1]["body"]) for one in found]

    return asyncio.run(run())


@pytest.mark.parametrize("path", ["/desk/stream/", "/api/stream/"])
@pytest.mark.parametrize(("accept", "words"), [("en", "close one first"), ("zh-hans", "请先关闭一个")])
def test_one_stream_more_is_refused_in_words(monkeypatch, settings, path, accept, words):
    settings.STREAMS_PER_USER = 2
    found = answers(monkeypatch, "desk.stream", path, 3, accept)
    assert [status for status, _headers, _body in found] == [200, 200, 429]
    _status, headers, body = found[-1]
    assert headers[b"retry-after"] == b"30"
    said = json.loads(body) if path == "/api/stream/" else {"code": "too_many_streams", "detail": body.decode()}
    assert said["code"] == "too_many_streams"
    assert words in said["detail"]


def test_where_redis_is_away_no_place_is_taken_for_ever(monkeypatch, settings):
    settings.STREAMS_PER_USER = 1
    desk = Desk(actor("alice"), "en", lambda: None, "mine")
    monkeypatch.setattr(streams, "enter", lambda scope: desk)

    async def away(*_words: object) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(Hub, "_start", away)
    sent: list[dict] = []

    async def send(message: dict) -> None:
        sent.append(message)

    async def run() -> None:
        app = Streams()
        for _number in range(2):
            scope = {"type": "http", "path": "/desk/stream/", "query_string": b"", "headers": []}
            await app(scope, None, send)

    asyncio.run(run())
    assert [one["status"] for one in sent if "status" in one] == [503, 503]


# What is looked at


def seen_as(user, query: str = "") -> str:
    """Return whom a stream's request with the user's session is taken for, "" for nobody."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    headers = [(b"cookie", f"sessionid={session.session_key}".encode())]
    found = who({"type": "http", "method": "GET", "path": "/", "query_string": query.encode(), "headers": headers})[0]
    return found.agent.name if found else ""


def test_the_rights_are_those_of_the_sessions_user_while_they_work_here(site):
    user = site.alice.user
    assert seen_as(user) == seen_as(user, f"user={user.pk}") == "alice"
    assert seen_as(user, f"user={site.bob.user.pk}") == "", "another user's page"
    user.is_active = False
    user.save()
    assert seen_as(user) == ""


def test_the_desks_of_one_user_are_counted_together(site):
    def owner(user) -> str:
        session = SessionStore()
        session.update({SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
                        HASH_SESSION_KEY: user.get_session_auth_hash()})  # fmt: skip
        session.save()
        headers = [(b"cookie", f"sessionid={session.session_key}".encode())]
        desk = streams.enter({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers})
        return desk.owner

    assert owner(site.alice.user) == owner(site.alice.user) != owner(site.bob.user)


def test_who_has_no_seat_any_more_has_none(site):
    user = site.alice.user
    site.alice.delete()
    assert seen_as(user) == ""


# What a desk has missed, and what comes while it is told


class Reader:
    """The stream of changes, as Redis has it: its entries by their ids, oldest first."""

    def __init__(self, *ids: str) -> None:
        self.entries = [(one, Change(int(one.split("-")[0])).fields()) for one in ids]

    async def xrange(self, _key: str, since: str = "-", until: str = "+", count: int = 1):
        after = hubs._order(since[1:]) if since.startswith("(") else (0, -1)
        most = hubs._order(until) if until != "+" else (10**15, 0)
        return [one for one in self.entries if after < hubs._order(one[0]) <= most][:count]

    async def xlen(self, _key: str) -> int:
        return len(self.entries)


class Noticed:
    """What is new of one conversation, for everybody alike."""

    def __init__(self, number: int) -> None:
        self.number = number

    def to(self, _actor: Actor, language: str) -> dict[str, object]:
        return {"id": self.number, "language": language}


@pytest.fixture
def composing(monkeypatch):
    """Compose without a database; what was asked for stands in the list."""
    asked: list[tuple[list[int], list[str]]] = []

    def compose(changes, languages):
        asked.append(([one.conversation for one in changes], sorted(languages)))
        return [Noticed(one.conversation) for one in changes]

    monkeypatch.setattr(hubs, "compose", compose)
    monkeypatch.setattr(hubs, "_on_database", lambda work, *arguments: work(*arguments))
    return asked


def names(events: list[bytes]) -> list[str]:
    """Return the kind of each event with its place; of conversations which ones."""
    found = []
    for one in events:
        head, data = one.decode().rsplit("data: ", 1)
        place = head.split("\n")[0][4:] if head.startswith("id: ") else ""
        name = head.split("event: ")[1].strip()
        found.append(f"{name} {json.loads(data)['id']} {place}" if name == "conversation" else f"{name} {place}")
    return found


def missed(reader: Reader, after: str, until: str) -> list[str]:
    desk = Desk(actor("alice"), "en", lambda: None)
    return names(asyncio.run(Hub()._missed(desk, reader, after, until)))


def test_a_desk_that_comes_back_gets_what_it_has_missed(composing):
    reader = Reader("1-0", "2-0", "3-0")
    # Only the last carries the place: where the line breaks before it, all of them come again.
    assert missed(reader, "1-0", "3-0") == ["conversation 2 ", "conversation 3 3-0", "beat 3-0"]
    assert missed(reader, "1-0", "2-0") == ["conversation 2 2-0", "beat 2-0"], "the hub itself tells of the rest"
    assert missed(reader, "3-0", "3-0") == ["beat 3-0"]
    assert composing == [([2, 3], ["en"]), ([2], ["en"])]


def test_where_it_is_too_much_or_too_long_ago_all_is_to_be_read_anew(composing, monkeypatch):
    reader = Reader("5-0", "6-0", "7-0")
    assert missed(reader, "4-9", "7-0") == ["reset 7-0"], "what came before 5-0 is no longer there"
    monkeypatch.setattr(hubs, "BATCH", 2)
    assert missed(reader, "5-0", "7-0") == ["reset 7-0"]
    assert composing == []


def test_what_comes_while_a_desk_catches_up_comes_after_what_it_had_missed():
    async def run() -> list[bytes | None]:
        desk = Desk(actor("alice"), "en", lambda: None)
        desk.push(b"later")
        desk.caught_up([b"missed"])
        desk.push(b"last")
        return told(desk)

    assert asyncio.run(run()) == [b"missed", b"later", b"last"]


def test_a_desk_of_another_language_that_comes_in_meanwhile_is_told_in_it(composing, monkeypatch):
    async def run() -> list[bytes]:
        hub = Hub()
        one, other = (Desk(actor("alice"), language, lambda: None) for language in ("en", "zh-hans"))
        for desk in (one, other):
            desk.caught_up([])
        hub.desks.add(one)
        compose = hubs.compose

        def late(changes, languages):
            hub.desks.add(other)
            return compose(changes, languages)

        monkeypatch.setattr(hubs, "compose", late)
        await hub._spread([Change(3), Change(3)], "9-0")
        assert hub._position == "9-0"
        return [*told(one), *told(other)]

    found = asyncio.run(run())
    assert names(found) == ["conversation 3 9-0"] * 2
    assert [json.loads(one.decode().rsplit("data: ", 1)[1])["language"] for one in found] == ["en", "zh-hans"]
    assert composing == [([3], ["en"]), ([3], ["zh-hans"])]


def test_a_desk_that_could_not_catch_up_is_not_told_anything_any_more(monkeypatch):
    async def run() -> None:
        hub, desk = Hub(), Desk(actor("alice"), "en", lambda: None)

        async def started(_desk):
            hub.desks.add(_desk)

        async def fails(*_what):
            raise redis.ConnectionError

        monkeypatch.setattr(hub, "_start", started)
        monkeypatch.setattr(hub, "_missed", fails)
        with pytest.raises(redis.ConnectionError):
            await hub.join(desk, "1-0")
        assert hub.desks == set()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("header", "query", "place"),
    [
        ("", "after=3-1", "3-1"),
        ("7-0", "after=3-1", "7-0"),
        ("", "", "0-0"),
        ("x", "after=3-1", "0-0"),
        ("", "after=3", "0-0"),
    ],
)
def test_a_browser_that_comes_again_goes_on_where_it_was(header, query, place):
    """The page's address has the place of its first load for ever; the header that of the last event."""
    headers = [(b"last-event-id", header.encode())] if header else []
    assert position_of({"headers": headers, "query_string": query.encode()}) == place
