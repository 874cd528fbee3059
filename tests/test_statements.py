"""What a message costs the database is found by lane, account or key, so its tables can be spread over servers: docs/scaling.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from bridge.platforms.tencent_im.door_app import door_app

# By these columns a statement reaches the server of one lane: the lane itself (a customer's is `im_id`), the primary key, what
# belongs to a conversation; an account is on every server.
LANE = {"lane", "key", "im_id"}
KEY = {"id", "endpoint_ptr_id", "account_ptr_id"}
CONVERSATION = {"conversation_id", "active_for_id", "open_for_id"}
ACCOUNT = {"account_id", "slug"}
FOUND_BY = LANE | KEY | CONVERSATION | ACCOUNT
# Which lanes have work is asked of each server for its own lanes (`bridge.lanes.leases.lanes_with_work`).
OF_EACH_SERVER = (
    r'FROM "bridge_inboundevent" e LEFT JOIN "bridge_lane" l .* ORDER BY e.id LIMIT',
    r'FROM "bridge_lane" l WHERE .* l.wake_at <= %s ORDER BY l.wake_at LIMIT',
)
COMPARED = re.compile(r"""(?:^|[ (])(?:["`]?\w+["`]?\.)?["`]?(\w+)["`]?\)? (?:=|IN) """)


@contextmanager
def listening() -> Iterator[list[str]]:
    """Return the statements that are carried out inside the block."""
    found: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found.append(sql.replace("`", '"'))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def columns_of(statement: str) -> set[str]:
    """Return the columns that the statement's WHERE compares with a value."""
    return set(COMPARED.findall(statement.partition(" WHERE ")[2]))


def without_key(statements: list[str]) -> list[str]:
    """Return the statements that read or change rows and name none of the columns by which those are found."""
    rows = [one for one in statements if one.startswith(("SELECT", "UPDATE", "DELETE"))]
    alone = [one for one in rows if not columns_of(one) & FOUND_BY]
    return [one for one in alone if not any(re.search(each, one) for each in OF_EACH_SERVER)]


@pytest.mark.parametrize(
    ("statement", "columns"),
    [
        ('UPDATE "a" SET "b" = %s WHERE "a"."id" = %s', {"id"}),
        ('SELECT x FROM "a" WHERE ("a"."lane" IN (%s) AND "a"."state" = %s)', {"lane", "state"}),
        ('UPDATE "a" SET owner = %s WHERE "key" IN (%s) AND owner = %s', {"key", "owner"}),
        ('SELECT x FROM "a" WHERE ("a"."id") IN ((%s))', {"id"}),
        ('SELECT x FROM "a" WHERE "a"."id" > %s', set()),
        ('DELETE FROM "a"', set()),
    ],
)
def test_columns_are_read_from_a_statement(statement, columns):
    assert columns_of(statement) == columns
    assert without_key([statement]) == ([] if columns & FOUND_BY else [statement])


def test_each_statement_on_a_messages_way_names_lane_account_or_key(talking):
    im_id = talking.im_id()
    talking.im_id = lambda _openid="": im_id  # the test's own question to the database
    door_app.get()  # remembered by every process, as the rest of the app is
    with listening() as statements:
        talking.customer_says("one")
        talking.work()
        talking.seat_says("two")
        talking.work()
    assert len(statements) > 20
    assert without_key(statements) == []
