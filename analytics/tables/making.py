"""Making the views in the database, and taking them away."""

from __future__ import annotations

from typing import Any

from django.db import connection

from analytics.tables.columns import View, views

# How each database joins a conversation's tags, and a user's names.
_WORDS = {
    "mysql": ("GROUP_CONCAT(t.name ORDER BY t.name SEPARATOR ', ')", "TRIM(CONCAT(u.first_name, ' ', u.last_name))"),
    # SQLite before 3.44 knows no order within an aggregate; over a window it does.
    "sqlite": (
        "GROUP_CONCAT(t.name, ', ') OVER (ORDER BY t.name ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
        "TRIM(u.first_name || ' ' || u.last_name)",
    ),
}


def all_views() -> tuple[View, ...]:
    """Return the views in this database's words."""
    return views(connection.ops.quote_name, *_WORDS[connection.vendor])


def stand() -> bool:
    """Tell whether the views were made and not taken away."""
    with connection.cursor() as cursor:
        names = {one.name for one in connection.introspection.get_table_list(cursor) if one.type == "v"}
    return any(view.name in names for view in all_views())


def make() -> list[str]:
    """Make all views anew; return their names."""
    drop()
    with connection.cursor() as cursor:
        for view in all_views():
            cursor.execute(f"CREATE VIEW {view.name} AS {view.select()}")
    return [view.name for view in all_views()]


def drop() -> list[str]:
    """Take the views away; return their names."""
    with connection.cursor() as cursor:
        for view in all_views():
            cursor.execute(f"DROP VIEW IF EXISTS {view.name}")
    return [view.name for view in all_views()]


def rows_of(view: View, where: str, values: list[Any]) -> Any:
    """Yield some rows of a view, whether it was made or not."""
    with connection.cursor() as cursor:
        cursor.execute(view.select(f" WHERE {where}"), values)
        while some := cursor.fetchmany(1000):
            yield from some
