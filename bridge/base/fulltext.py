"""An index over words, on SQLite (FTS5) and on MySQL and MariaDB (FULLTEXT), and the question to it."""

from __future__ import annotations

from typing import Any

from django.db import connections, models
from django.db.backends.ddl_references import Statement

# SQLite's index is a table of its own beside the model's, and follows it by triggers, within the same transaction.
_FTS5 = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS {fts} USING fts5({column}, content='{table}', content_rowid='id', tokenize='ascii')",
    "CREATE TRIGGER IF NOT EXISTS {fts}_in AFTER INSERT ON {table} BEGIN "
    "INSERT INTO {fts}(rowid, {column}) VALUES (new.id, new.{column}); END",
    "CREATE TRIGGER IF NOT EXISTS {fts}_out AFTER DELETE ON {table} BEGIN "
    "INSERT INTO {fts}({fts}, rowid, {column}) VALUES ('delete', old.id, old.{column}); END",
)
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
        table, column = model._meta.db_table, model._meta.get_field(self.fields[0]).column
        if schema_editor.connection.vendor == "mysql":
            words = "CREATE FULLTEXT INDEX {fts} ON {table} ({column})"
            return Statement(words.format(fts=self.name, table=table, column=column))
        first, *others = [one.format(fts=self.name, table=table, column=column) for one in _FTS5]
        schema_editor.deferred_sql.extend(Statement(one) for one in others)
        return Statement(first)

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
