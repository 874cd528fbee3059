"""An index over words, on SQLite (FTS5) and on MySQL and MariaDB (FULLTEXT), and the question to it."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.db import connections, models
from django.db.backends.ddl_references import Statement, Table

# SQLite's index is a table of its own beside the model's, and follows it by triggers, within the same transaction. Where a migration
# makes the model's table anew, under another name at first, they go with the old one and are made for the new one at the end.
_FTS5 = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS %(fts)s "
    "USING fts5(%(column)s, content='%(table)s', content_rowid='id', tokenize='ascii')",
    "CREATE TRIGGER IF NOT EXISTS %(fts)s_in AFTER INSERT ON %(table)s BEGIN "
    "INSERT INTO %(fts)s(rowid, %(column)s) VALUES (new.id, new.%(column)s); END",
    "CREATE TRIGGER IF NOT EXISTS %(fts)s_out AFTER DELETE ON %(table)s BEGIN "
    "INSERT INTO %(fts)s(%(fts)s, rowid, %(column)s) VALUES ('delete', old.id, old.%(column)s); END",
)
_MYSQL = "CREATE FULLTEXT INDEX %(fts)s ON %(table)s (%(column)s)"
# Each finds the ids below a bound, newest first.
_FIND = {
    "sqlite": "SELECT rowid FROM {fts} WHERE {fts} MATCH %s AND rowid < %s ORDER BY rowid DESC LIMIT %s",
    "mysql": "SELECT id FROM {table} WHERE MATCH({column}) AGAINST (%s IN BOOLEAN MODE) AND id < %s ORDER BY id DESC LIMIT %s",
}
# How each writes a word's beginning, words side by side, and that all are wanted.
SYNTAX = {
    "sqlite": {"prefix": '"{}"*', "phrase": '"{}"', "join": " AND "},
    "mysql": {"prefix": "+{}*", "phrase": '+"{}"', "join": " "},
}


class FullText(models.Index):
    """An index over one column of words. Rows are added and deleted, and never changed."""

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **kwargs: Any) -> Statement:
        column = model._meta.get_field(self.fields[0]).column
        # Statements that are carried out at the end of a migration follow the table when it gets another name.
        table = Table(model._meta.db_table, str)
        if schema_editor.connection.vendor == "mysql":
            return Statement(_MYSQL, fts=self.name, table=table, column=column)
        first, *others = [Statement(one, fts=self.name, table=copy(table), column=column) for one in _FTS5]
        schema_editor.deferred_sql.extend(others)
        return first

    def remove_sql(self, model: Any, schema_editor: Any, **kwargs: Any) -> str:
        if schema_editor.connection.vendor == "mysql":
            return f"DROP INDEX {self.name} ON {model._meta.db_table}"
        for trigger in ("in", "out"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {self.name}_{trigger}")
        return f"DROP TABLE {self.name}"


def find(model: type[models.Model], index: FullText, question: str, below: int, most: int) -> list[int]:
    """Return the ids of at most `most` rows with an id below `below` that answer the question, newest first."""
    meta = model._meta
    connection = connections[model._default_manager.db]
    names = {"fts": index.name, "table": meta.db_table, "column": index.fields[0]}
    with connection.cursor() as cursor:
        cursor.execute(_FIND[connection.vendor].format(**names), [question, below, most])
        return [row[0] for row in cursor.fetchall()]
