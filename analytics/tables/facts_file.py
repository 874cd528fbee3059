"""One row a conversation, as a file: the columns of the view `analytics_conversation`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.db import connection

from analytics.reports.query import Scope, groups_of
from analytics.tables.making import all_views, rows_of
from bridge.models import Conversation, Tag
from bridge.values.cells import BOM, guarded_row


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def lines(scope: Scope, tag: str = "") -> Iterator[str]:
    """Yield the file line by line: of the conversations opened within the scope, with the tag or any, as many as there are."""
    writer, view = csv.writer(_Echo()), all_views()[0]
    yield BOM + str(writer.writerow([one.name for one in view.columns]))
    where, values = _limits(scope, tag)
    for row in rows_of(view, where, values):
        yield str(writer.writerow(guarded_row(row)))


def _limits(scope: Scope, tag: str) -> tuple[str, list[Any]]:
    where, values = ["r.day BETWEEN %s AND %s"], [scope.first.isoformat(), scope.last.isoformat()]
    found: list[Any] = list(values)
    for column, value in (("account_id", scope.account), ("seat_id", scope.seat)):
        if value:
            where.append(f"r.{column} = %s")
            found.append(value)
    groups = groups_of(scope)
    if groups is not None:
        where.append(f"r.{connection.ops.quote_name('group')} IN ({', '.join(['%s'] * len(groups)) or 'NULL'})")
        found += groups
    if tag:
        tags, names = Conversation.tags.through._meta.db_table, Tag._meta.db_table
        where.append(
            f"r.conversation_id IN (SELECT ct.conversation_id FROM {tags} ct JOIN {names} t ON t.id = ct.tag_id "  # noqa: S608
            "WHERE t.name = %s)"
        )
        found.append(tag)
    return " AND ".join(where), found
