"""Very many conversations quickly: those of `manage.py demo_data` are copied by the database itself, and counted afterwards."""

from __future__ import annotations

from benchmarks.run import sql

TABLES = (
    "bridge_customer",
    "bridge_customer_tags",
    "bridge_conversation",
    "bridge_conversation_tags",
    "bridge_message",
    "bridge_searchtext",
    "bridge_fact",
    "seats_assignment",
)
MOVED = ("id", "customer_id", "conversation_id", "message_id", "open_for_id", "active_for_id")
TOLD_APART = ("openid", "im_id")
WORDS_INDEX = "search_words"


def copy(name: str, times: int) -> None:
    """Put `times` - 1 copies of each conversation and all that belongs to it beside it, with ids of their own."""
    distance = max(int(sql(f"SELECT COALESCE(MAX(id), 0) FROM {name}.{table}")[0][0]) for table in TABLES) + 1_000
    sql(f"ALTER TABLE {name}.bridge_searchtext DROP INDEX {WORDS_INDEX}")
    for table in TABLES:
        _copy_table(name, table, times, distance)
    sql(f"ALTER TABLE {name}.bridge_searchtext ADD FULLTEXT INDEX {WORDS_INDEX} (words)")


def _copy_table(name: str, table: str, times: int, distance: int) -> None:
    columns = [str(row[0]) for row in sql(f"SHOW COLUMNS FROM {name}.{table}")]
    listed = ", ".join(f"`{column}`" for column in columns)
    # A table of its own to read from: from the same table, each statement would first write all rows to a file.
    sql(f"CREATE TABLE {name}.pattern AS SELECT * FROM {name}.{table}")
    for number in range(1, times):
        values = ", ".join(_value(column, number, distance) for column in columns)
        sql(f"INSERT INTO {name}.{table} ({listed}) SELECT {values} FROM {name}.pattern")
    sql(f"DROP TABLE {name}.pattern")


def _value(column: str, number: int, distance: int) -> str:
    if column in MOVED:
        return f"`{column}` + {number * distance}"
    return f"CONCAT(`{column}`, '-{number}')" if column in TOLD_APART else f"`{column}`"
