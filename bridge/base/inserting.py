"""Inserting: rows go into their table with plain SQL, the statement's words made once for each model in a process.

Django's `bulk_create` takes several times as long to make such a statement as the database takes to carry it out: it asks
anew of each value of each row how it is stored. It is for tables that grow with each message; their fields set nothing by
themselves when a row is saved (as `auto_now` does).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any

from django.db import connection, models

from bridge.base.fields import KeyField

_Store = Callable[[Any], Any]
_Types = frozenset[type]
_NONE: _Types = frozenset({type(None)})
# Values of exactly these types are stored as they are in fields of exactly these; of all else the field is asked.
_PLAIN: dict[type[models.Field[Any, Any]], _Types] = {
    **dict.fromkeys((KeyField, models.CharField, models.TextField), _NONE | {str}),
    **dict.fromkeys((
        models.ForeignKey, models.OneToOneField, models.IntegerField, models.BigIntegerField, models.SmallIntegerField,
        models.PositiveIntegerField, models.PositiveSmallIntegerField,
    ), _NONE | {int}),
    models.BooleanField: _NONE | {bool},
    models.FloatField: _NONE | {float},
}  # fmt: skip


def insert(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Insert the rows; they have their ids after, for which MySQL takes a statement a row: it tells the last one's only."""
    if connection.features.can_return_rows_from_bulk_insert:
        _insert(model, rows, returning=True)
        return
    for row in rows:
        with connection.cursor() as cursor:
            cursor.execute(*_table(model, connection.vendor).statement([row]))
            row.pk = connection.ops.last_insert_id(cursor, model._meta.db_table, "id")
        row._state.adding = False


def append(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Insert rows whose ids nobody needs, in one statement on every database."""
    _insert(model, rows, returning=False)


def _insert(model: type[models.Model], rows: Sequence[models.Model], *, returning: bool) -> None:
    table = _table(model, connection.vendor)
    size = connection.ops.bulk_batch_size(table.fields, rows) if rows else 1
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        statement, values = table.statement(batch)
        with connection.cursor() as cursor:
            cursor.execute(statement + table.returning if returning else statement, values)
            ids = cursor.fetchall() if returning else ()
        for row, (pk,) in zip(batch, ids, strict=False):
            row.pk = pk
        for row in batch:
            row._state.adding = False


@dataclass(frozen=True)
class _Table:
    """A model's table as rows are inserted into it: all columns but the id, which the database gives."""

    fields: Sequence[models.Field[Any, Any]]
    relations: Sequence[models.ForeignKey[Any, Any]]
    read: attrgetter[Any]
    stores: Sequence[tuple[_Types, _Store]]
    head: str
    marks: str
    returning: str

    def statement(self, rows: Sequence[models.Model]) -> tuple[str, list[Any]]:
        """Return the statement that inserts these rows, and its parameters."""
        values = list[Any]()
        for row in rows:
            self._point(row)
            values += [
                value if type(value) in plain else store(value)
                for value, (plain, store) in zip(self.read(row), self.stores, strict=True)
            ]
        return self.head + ", ".join([self.marks] * len(rows)), values

    def _point(self, row: models.Model) -> None:
        """Let the row point to rows that had no ids yet when it was made. ValueError where one still has none."""
        for field in self.relations:
            if getattr(row, field.attname) is None and (other := row._state.fields_cache.get(field.name)) is not None:
                if other.pk is None:
                    raise ValueError(f"{field} points to a row that is not written yet")
                setattr(row, field.attname, other.pk)


@cache
def _table(model: type[models.Model], _vendor: str) -> _Table:
    meta, name = model._meta, connection.ops.quote_name
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    columns = ", ".join(name(str(field.column)) for field in fields)
    return _Table(
        fields=fields,
        relations=[field for field in fields if isinstance(field, models.ForeignKey)],
        read=attrgetter(*(field.attname for field in fields)),
        stores=[_store(field) for field in fields],
        head=f"INSERT INTO {name(meta.db_table)} ({columns}) VALUES ",  # noqa: S608  our own names
        marks=f"({', '.join(['%s'] * len(fields))})",
        returning=f" RETURNING {name('id')}",
    )


def _store(field: models.Field[Any, Any]) -> tuple[_Types, _Store]:
    """Return of which types a field's values are stored as they are, and what makes one of another type into such."""

    def asked(value: Any) -> Any:
        return field.get_db_prep_save(value, connection)

    def moment(value: Any) -> Any:
        plain = type(value) is datetime and value.tzinfo is not None
        return connection.ops.adapt_datetimefield_value(value) if plain else asked(value)

    if type(field) is models.DateTimeField:
        return _NONE, moment
    return _PLAIN.get(type(field), frozenset()), asked
