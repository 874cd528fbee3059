"""Everything in a database that holds years of messages, in turns with one that holds none: the door, the drain and the assignments.

BENCH_MESSAGES is how many; the issue's question is 10,000,000. They are written in the server itself, once, before anything is
measured. All tables that the path writes to are filled, each with one row a message, or one a conversation.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection

from benchmarks import assign, door, drain, load
from bridge import tasks
from bridge.live import endpoints
from bridge.models import Conversation, Customer, Delivery, Fact, InboundEvent, Lane, Message, SearchText
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat.models import WeChatAccount

MESSAGES = int(os.environ.get("BENCH_MESSAGES", "200000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
TO_A_CONVERSATION = 20
BATCH = 100_000  # rows written at once
LANES, EACH = 500, 2
REQUESTS = 2000
BASE = 10**9  # the ids of what is filled begin here
LAST_YEAR = "'2025-11-01 00:00:00'"


def measure(name: str, sql: Callable[[str], Any], set_up: Callable[[], None]) -> dict[str, Any]:
    """Print the ratios full / empty; return the figures. `name` is the full database, which is dropped afterwards."""
    empty = str(settings.DATABASES["default"]["NAME"])
    sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    try:
        with _connected(name):
            set_up()
            began = time.monotonic()
            _fill()
            filled = round(time.monotonic() - began)
        rates = _in_turns({"empty": empty, "full": name})
    finally:
        sql(f"DROP DATABASE {name}")
    found = {what: round(statistics.median(rates["full", what]) / statistics.median(rates["empty", what]), 3)
             for what in ("door", "drain", "assign")}  # fmt: skip
    print(
        f"full: {MESSAGES:,} messages (filled in {filled} s) / empty: "
        + ", ".join(f"{what} {ratio:.2f} x" for what, ratio in found.items())
    )
    return {**found, "messages": MESSAGES}


@contextmanager
def _connected(database: str) -> Iterator[None]:
    """Let this process work in another database. Both have endpoints of their own."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    endpoints.forget()
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
        endpoints.forget()


def _in_turns(databases: dict[str, str]) -> dict[tuple[str, str], list[float]]:
    rates: dict[tuple[str, str], list[float]] = {}
    servers = {label: _door(name) for label, name in databases.items()}
    with door.serving(servers):
        for _round in range(ROUNDS):
            for label, server in servers.items():
                rates.setdefault((label, "door"), []).append(load.run(server.port, door.pushes(REQUESTS)).rate)
    floors = {}
    with drain.answered(), drain.one_core():
        for turn in range(ROUNDS + 1):
            for label, name in databases.items():
                with _connected(name):
                    if not turn:
                        _make_room()
                        floors[label] = drain.Floor(LANES), assign.Floor(100, 3000, "full")
                    customers, seats = floors[label]
                    customers.fill(EACH)
                    drained = drain.run(tasks.process_lanes, LANES * EACH).rate
                    assigned = assign.speed(seats)
                if turn:  # the first one warms both up
                    rates.setdefault((label, "drain"), []).append(drained)
                    rates.setdefault((label, "assign"), []).append(assigned)
    return rates


def _make_room() -> None:
    drain.make_room()
    # What the door has taken in is not what is drained here.
    InboundEvent.objects.filter(state=InboundEvent.State.NEW).update(state=InboundEvent.State.DONE)


def _door(database: str) -> door.Server:
    url = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{database}"
    return door.Server("config.asgi:application", DATABASE_URL=url)


def _fill() -> None:
    """Write all rows, with ids from BASE on, in the server's own words (its engine SEQUENCE counts)."""
    account, endpoint = WeChatAccount.objects.get().pk, TencentIMApp.objects.get().pk
    key, talks = "CONCAT('full-', {n})", MESSAGES // TO_A_CONVERSATION
    talk, day = f"{BASE} + {{n}} DIV {TO_A_CONVERSATION}", f"{LAST_YEAR} + INTERVAL {{n}} SECOND"
    of_talk = f"CONCAT('full-', {{n}} DIV {TO_A_CONVERSATION})"
    _rows(Customer, talks, account_id=account, openid=key, im_id=key, created_at=day)
    _rows(Lane, talks, key=key)
    _rows(Conversation, talks, customer_id=f"{BASE} + {{n}}", status="'closed'", opened_at=day, closed_at=day)
    words = "CONCAT('第 ', {n}, ' 条，请问有货吗？')"
    _rows(Message, MESSAGES, conversation_id=talk, side="'customer'", preview=words, created_at=day,
          content="'{{\"type\": \"Text\", \"text\": \"有货吗\"}}'")  # fmt: skip
    _rows(SearchText, MESSAGES, conversation_id=talk, message_id=f"{BASE} + {{n}}", words="CONCAT('full', {n})")
    _rows(InboundEvent, MESSAGES, lane=of_talk, platform="'wechat'", account_id=account, kind="'text'", dedup=key,
          body="''", received_at=day, finished_at=day, state=str(InboundEvent.State.DONE.value))  # fmt: skip
    _rows(Delivery, MESSAGES, lane=of_talk, direction="'seat'", platform="'tencent_im'", endpoint_id=endpoint,
          conversation_id=talk, message_id=f"{BASE} + {{n}}", recipient="'bench'", payload="'{{}}'", random="1",
          state="'done'", due_at=day, created_at=day, finished_at=day)  # fmt: skip
    _rows(Fact, MESSAGES, kind=str(Fact.Kind.RECEIVED.value), at=day, conversation_id=talk, account_id=account)


def _rows(model: Any, count: int, **columns: Any) -> None:
    """Write `count` rows; a column's words may say {n}, the row's number. All others get the model's defaults."""
    marks, names, values = [], [], []
    for field in model._meta.concrete_fields:
        names.append(connection.ops.quote_name(field.column))
        if field.attname in columns:
            marks.append(str(columns[field.attname]))
        elif field.column == "id":
            marks.append(f"{BASE} + {{n}}")
        else:
            default = field.get_default() if field.has_default() or field.null else ""
            default = 0 if default == "" and field.get_internal_type() not in ("CharField", "TextField") else default
            marks.append("%s")
            values.append(field.get_db_prep_save(default, connection))
    table, listed = connection.ops.quote_name(model._meta.db_table), ", ".join(names)
    with connection.cursor() as cursor:
        for first in range(0, count, BATCH):
            rows = f"seq_{first}_to_{min(first + BATCH, count) - 1}"
            picked = ", ".join(mark.format(n=f"{rows}.seq") for mark in marks)
            cursor.execute(f"INSERT INTO {table} ({listed}) SELECT {picked} FROM {rows}", values)
