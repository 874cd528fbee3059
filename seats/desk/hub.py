"""The hub: one reader of the changes for all desks that are connected to this process."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import redis
from django.conf import settings
from django.db import close_old_connections

from bridge.base.redis import connect_async
from bridge.conversation.changes import KEY, LENGTH, START, Change, merged
from seats.actors import Actor
from seats.desk.news import News, compose

logger = logging.getLogger(__name__)

# Seconds in which changes are gathered, one look at the database for all of them: as long as the last look took, within these.
GATHER = (0.01, 0.1)
BATCH = 500
BLOCK = 5  # seconds that one reading waits for something new
BEAT = 15  # seconds between two signs of life
RECHECK = 30  # seconds after which is looked again what an actor may see
BACKLOG = 200  # events that a slow reader may be behind before it has to come again
T = TypeVar("T")


@dataclass(eq=False)
class Desk:
    """One connected desk: who sits there, in which language, and the events that are on the way to it.

    `find` tells anew what its user may see; None ends it. `owner` is whose it is: each owner has so many at a time. An event of
    None is the end. What the hub tells while the desk still catches up stands back, in `_later`, so that nothing older comes
    after it.
    """

    actor: Actor
    language: str
    find: Callable[[], Actor | None]
    owner: str = ""
    events: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    _later: list[bytes] | None = field(default_factory=list)

    def __post_init__(self) -> None:
        self.actor = self.actor.kept()

    def push(self, event: bytes) -> None:
        """Put an event on the way; a desk that reads too slowly is ended, and resumes where it was."""
        if self._later is not None:
            self._later.append(event)
        elif self.events.qsize() >= BACKLOG:
            self.end()
        else:
            self.events.put_nowait(event)

    def caught_up(self, events: list[bytes]) -> None:
        """Put what the desk had missed on the way, then what came meanwhile."""
        later, self._later = self._later or [], None
        for one in [*events, *later]:
            self.events.put_nowait(one)

    def end(self) -> None:
        """Let it come again."""
        self.events.put_nowait(None)

    def events_of(self, news: list[News], position: str, changes: Iterable[Change] = ()) -> list[bytes]:
        """Return what of the news is the actor's business, and before it whether one of the changes is of its own seat.

        Only the last event carries the position: where the line breaks before it, all of them come again.
        """
        cut: list[dict[str, Any]] = []
        for one in news:
            data = self.told(one)
            if data and data not in cut:  # that lists have changed is said once
                cut.append(data)
        own = any(one.seat and one.seat == self.actor.agent.id for one in changes)
        told = [event("conversation", data, position if data is cut[-1] else "") for data in cut]
        return [event("seat", "", ""), *told] if own else told

    def told(self, news: News) -> dict[str, Any] | None:
        """Return what the desk hears of a changed conversation; None for nothing."""
        return news.to(self.actor, self.language)


class Program(Desk):
    """A program that listens with a token: it hears ids, and reads the API for the rest. Nothing is drawn for it."""

    def __init__(self, actor: Actor, find: Callable[[], Actor | None], owner: str = "") -> None:
        super().__init__(actor, "", find, owner)

    def told(self, news: News) -> dict[str, Any] | None:
        return news.ids(self.actor)


def event(name: str, data: Any, position: str) -> bytes:
    """Return a server-sent event. Its id is the place in the changes up to which the desk has everything then.

    >>> event("beat", "", "12-0")
    b'id: 12-0\\nevent: beat\\ndata: ""\\n\\n'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    head = f"id: {position}\n" if position else ""
    return f"{head}event: {name}\ndata: {text}\n\n".encode()


class Hub:
    """Reads what has changed, once for all its desks, and tells each what it may see.

    It runs while there are desks. Where Redis fails it ends them all: they poll until it is back.
    """

    def __init__(self) -> None:
        self.desks: set[Desk] = set()
        self._open: set[Desk] = set()  # those that were let in and have not left, listening or not
        self._task: asyncio.Task[None] | None = None
        self._redis: Any = None
        self._position = START
        # One thread composes, the other looks who comes in; each keeps its database connection.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="desk")

    async def in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run something that asks the database."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _on_database, work, *arguments)

    def let_in(self, desk: Desk, most: int) -> bool:
        """Tell whether the desk may join: fewer than `most` of its owner's are open; 0: any number. `leave` makes room."""
        if most and sum(one.owner == desk.owner for one in self._open) >= most:
            return False
        self._open.add(desk)
        return True

    async def join(self, desk: Desk, after: str) -> None:
        """Let a desk in that has everything up to `after`; it gets what came since first. redis.RedisError."""
        reader = await self._start(desk)
        # Nothing is awaited since the desk was added: what comes later than this, the hub itself tells it.
        until = self._position
        try:
            desk.caught_up(await self._missed(desk, reader, after, until))
        except Exception:
            self.leave(desk)
            raise

    def leave(self, desk: Desk) -> None:
        """A desk has gone."""
        self.desks.discard(desk)
        self._open.discard(desk)

    async def close(self) -> None:
        """End all desks, and the reading."""
        self._end_all()
        if self._task:
            self._task.cancel()
        if self._redis:
            await self._redis.aclose()

    def _end_all(self) -> None:
        for desk in self.desks:
            desk.end()
        self.desks.clear()

    async def _start(self, desk: Desk) -> Any:
        """Add the desk, and see to it that the reading goes on."""
        if self._redis is None:
            self._redis = connect_async(
                settings.REDIS_URL, decode_responses=True, socket_connect_timeout=2, socket_timeout=3 * BLOCK
            )
        if self._task is None:
            position = await _newest(self._redis)
            if self._task is None:
                self._position = position
                self._task = asyncio.create_task(self._run(self._redis))
        self.desks.add(desk)
        return self._redis

    async def _missed(self, desk: Desk, reader: Any, after: str, until: str) -> list[bytes]:
        """Return the events since `after`; where that is too long ago, one that says that all is to be read anew."""
        if after == until:
            return [event("beat", "", until)]
        known = await _reaches_back(reader, after)
        entries = await reader.xrange(KEY, f"({after}", until, count=BATCH) if known else []
        if not known or len(entries) == BATCH:
            return [event("reset", "", until)]
        changes = merged(Change.read(fields) for _id, fields in entries)
        news = await self.in_thread(compose, changes, [desk.language])
        return [*desk.events_of(news, until, changes), event("beat", "", until)]

    async def _run(self, reader: Any) -> None:
        try:
            signs = asyncio.create_task(self._signs())
            try:
                while self.desks:
                    await self._read(reader)
            finally:
                signs.cancel()
        except redis.RedisError as error:
            logger.warning("Redis is away (%s); the desks poll until it is back", type(error).__name__)
        except Exception:
            logger.exception("the hub failed; the desks come again")
        finally:
            self._task = None
            self._end_all()

    async def _read(self, reader: Any) -> None:
        answer = await reader.xread({KEY: self._position}, count=BATCH, block=BLOCK * 1000)
        began = asyncio.get_running_loop().time()
        for _key, entries in answer or []:
            await self._spread([Change.read(fields) for _id, fields in entries], entries[-1][0])
        await asyncio.sleep(gathering(asyncio.get_running_loop().time() - began))

    async def _spread(self, changes: list[Change], position: str) -> None:
        made: dict[str, list[News]] = {}
        # Desks may come in while it is composed, with a language of their own.
        while missing := {desk.language for desk in self.desks} - made.keys():
            news = await self.in_thread(compose, merged(changes), missing)
            made |= dict.fromkeys(missing, news)
        self._position = position
        for desk in list(self.desks):
            for one in desk.events_of(made[desk.language], position, changes):
                desk.push(one)

    async def _signs(self) -> None:
        """Let desks and whatever stands between know that the line is alive, and look again who may see what."""
        beats = 0
        while True:
            await asyncio.sleep(BEAT)
            beats += 1
            for desk in list(self.desks):
                desk.push(event("beat", "", self._position))
                if beats % (RECHECK // BEAT) == 0:
                    await self._recheck(desk)

    async def _recheck(self, desk: Desk) -> None:
        try:
            actor = await self.in_thread(desk.find)
        except Exception:
            logger.exception("could not look whether a desk may go on")
            actor = None
        if actor is None:
            desk.end()
            self.leave(desk)
        else:
            desk.actor = actor.kept()


def gathering(took: float) -> float:
    """Return for how many seconds to gather changes after a look that took so long: at most half the time goes to looking.

    >>> gathering(0.002), gathering(0.03), gathering(2.0)
    (0.01, 0.03, 0.1)
    """
    return min(max(took, GATHER[0]), GATHER[1])


async def _newest(reader: Any) -> str:
    newest = await reader.xrevrange(KEY, count=1)
    return newest[0][0] if newest else START


async def _reaches_back(reader: Any, after: str) -> bool:
    """Tell whether all that came after this place is still there."""
    if after == START:
        # Nothing had been told when the page was made: all of it is there until the first entries go.
        return bool(await reader.xlen(KEY) < LENGTH)
    oldest = await reader.xrange(KEY, count=1)
    return bool(oldest) and _order(oldest[0][0]) <= _order(after)


def _order(position: str) -> tuple[int, int]:
    """Return the place of a stream id in their order."""
    milliseconds, _dash, number = position.partition("-")
    return int(milliseconds), int(number or 0)


def _on_database(work: Callable[..., T], *arguments: Any) -> T:
    close_old_connections()
    try:
        return work(*arguments)
    finally:
        close_old_connections()
