"""Where a word is still stored: every column of every table, and every key of Redis.

What is encrypted (callbacks as WeChat sent them, secrets) and what lies in files is not read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from bridge.base.redis import client
from bridge.values.grams import indexed

_READ = {
    "list": lambda redis, key: redis.lrange(key, 0, -1),
    "string": lambda redis, key: redis.get(key),
    "hash": lambda redis, key: redis.hgetall(key),
    "set": lambda redis, key: redis.smembers(key),
    "zset": lambda redis, key: redis.zrange(key, 0, -1),
    "stream": lambda redis, key: redis.xrange(key),
}


@dataclass(frozen=True)
class Found:
    """A place that holds the word: a table's column, or a key of Redis (its column is its type), and in how many rows."""

    table: str
    column: str
    count: int


def find(word: str) -> Iterator[Found]:
    """Yield the places where `word` is stored: as it is, as JSON writes it, or as the search index does."""
    forms = {word, json.dumps(word)[1:-1]}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            for column in connection.introspection.get_table_description(cursor, table):
                if count := _count(
                    cursor, table, column.name, forms | ({indexed(word)} if column.name == "words" else set())
                ):
                    yield Found(table, column.name, count)
    yield from _in_redis(forms)


def _count(cursor: Any, table: str, column: str, forms: set[str]) -> int:
    quote, kind = connection.ops.quote_name, "TEXT" if connection.vendor == "sqlite" else "CHAR"
    # The escape character is not the backslash, which JSON writes.
    any_of = " OR ".join([f"CAST({quote(column)} AS {kind}) LIKE %s ESCAPE '|'"] * len(forms))
    cursor.execute(f"SELECT COUNT(*) FROM {quote(table)} WHERE {any_of}", [_like(form) for form in forms])  # noqa: S608  # names are the database's own
    return int(cursor.fetchone()[0])


def _like(form: str) -> str:
    for sign in "|%_":
        form = form.replace(sign, f"|{sign}")
    return f"%{form}%"


def _in_redis(forms: set[str]) -> Iterator[Found]:
    redis = client()
    for key in redis.scan_iter(count=1000):
        kind = str(redis.type(key))
        held = f"{key} {_READ[kind](redis, key)}" if kind in _READ else str(key)
        if any(form in held or form.replace("\\", "\\\\") in held for form in forms):
            yield Found(f"redis {key}", kind, 1)
