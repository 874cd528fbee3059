"""Changes: which conversations have something new, told to whoever looks on, such as the desks.

A bounded Redis stream, written after each commit. It says where to look, not what is there; who reads it looks into the
database. Where Redis is away, or a process dies between its commit and this, whoever looks on finds it at their next own
look.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import redis

from bridge.base.redis import client

logger = logging.getLogger(__name__)

KEY = "bridge:changes"
# Entries, about: at 50 messages a second some minutes, for a client that comes back after a lost connection.
LENGTH = 10_000
START = "0-0"


@dataclass(frozen=True)
class Change:
    """What is new of a conversation: the ids of the messages that came or whose delivery went on.

    `moved`: it stands elsewhere now (opened, waiting, assigned, closed, tagged), so others may see it or no longer.
    Of a seat (then `conversation` is 0): its presence, as it or others see it.
    """

    conversation: int
    messages: tuple[int, ...] = ()
    moved: bool = False
    seat: int = 0

    def fields(self) -> dict[str, str]:
        """Return it as the fields of a stream entry."""
        messages = ",".join(map(str, self.messages))
        own = {"c": str(self.conversation), "m": messages, "moved": "1" if self.moved else ""}
        return {**own, "s": str(self.seat)} if self.seat else own

    @classmethod
    def read(cls, fields: dict[str, str]) -> Change:
        """Return the change of a stream entry.

        >>> Change.read(Change(3, (7, 8), moved=True).fields())
        Change(conversation=3, messages=(7, 8), moved=True, seat=0)
        """
        messages = tuple(int(one) for one in fields["m"].split(",") if one)
        return cls(int(fields["c"]), messages, bool(fields["moved"]), int(fields.get("s", 0)))


def announce(changes: Iterable[Change]) -> None:
    """Tell of changes that are committed, once of each conversation. Never raises."""
    told = merged(changes)
    if not told:
        return
    try:
        with client().pipeline(transaction=False) as pipe:
            for change in told:
                pipe.xadd(KEY, cast(Any, change.fields()), maxlen=LENGTH, approximate=True)
            pipe.execute()
    except redis.RedisError:
        logger.warning("Redis is away; the desks find what is new at their next look")


def position() -> str:
    """Return the id of the newest entry: whoever reads on from there misses nothing that comes later."""
    try:
        newest = client().xrevrange(KEY, count=1)
    except redis.RedisError:
        return START
    return str(newest[0][0]) if newest else START


def merged(changes: Iterable[Change]) -> list[Change]:
    """Return one change for each conversation and each seat, in the order in which they were last told of.

    >>> [one.fields() for one in merged([Change(1, (5,)), Change(2), Change(1, (6, 5), moved=True)])]
    [{'c': '2', 'm': '', 'moved': ''}, {'c': '1', 'm': '5,6', 'moved': '1'}]
    """
    found: dict[tuple[int, int], Change] = {}
    for change in changes:
        key = change.conversation, change.seat
        before = found.pop(key, Change(change.conversation))
        messages = tuple(sorted({*before.messages, *change.messages}))
        found[key] = Change(change.conversation, messages, before.moved or change.moved, change.seat)
    return list(found.values())
