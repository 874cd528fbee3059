"""Rows of very long tables: found without an index on their time, and changed many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Field, Max, Min, Model

Columns = Mapping[str, Any]


def first_since(model: type[Model], field: str, moment: datetime) -> int:
    """Return an id from which on the rows' `field` is at `moment` or later.

    Ids and times grow together, so it is found by halving, with some twenty looks at single rows and no index.
    """
    rows = model._default_manager.order_by("pk")
    ends = rows.aggregate(low=Min("pk"), high=Max("pk"))
    low, high = ends["low"] or 0, (ends["high"] or 0) + 1
    while low < high:
        middle = (low + high) // 2
        row = rows.filter(pk__gte=middle).values_list("pk", field).first()
        if row is None or (row[1] is not None and row[1] >= moment):
            high = middle
        else:
            low = row[0] + 1
    return low


def write_columns(model: type[Model], changes: Mapping[int, Columns]) -> None:
    """Write columns of rows, by their ids: one statement for all rows of which the same columns change.

    Plain SQL: the ORM's `bulk_update` takes longer to make such a statement than the database takes to carry it out.
    """
    alike: dict[tuple[str, ...], dict[int, Columns]] = {}
    for pk, columns in changes.items():
        alike.setdefault(tuple(sorted(columns)), {})[pk] = columns
    for names, rows in alike.items():
        if names:
            _write(model, [model._meta.get_field(name) for name in names], rows)


def _write(model: type[Model], fields: Iterable[Any], rows: Mapping[int, Columns]) -> None:
    quoted, key = connection.ops.quote_name, connection.ops.quote_name("id")
    sets, values = [], list[Any]()
    for field in fields:
        column, stored = quoted(field.column), {pk: _stored(field, columns[field.name]) for pk, columns in rows.items()}
        cases, own = _cases(key, stored)
        sets.append(f"{column} = {cases}")
        values += own
    marks = ", ".join(["%s"] * len(rows))
    statement = f"UPDATE {quoted(model._meta.db_table)} SET {', '.join(sets)} WHERE {key} IN ({marks})"  # noqa: S608  our own names
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, *rows])


def _cases(key: str, stored: Mapping[int, Any]) -> tuple[str, list[Any]]:
    """Return the value of a column and its parameters: one for all rows, or one a row."""
    first, *others = stored.values()
    if all(other == first for other in others):
        return "%s", [first]
    whens = " ".join(["WHEN %s THEN %s"] * len(stored))
    return f"CASE {key} {whens} END", [part for pair in stored.items() for part in pair]


def _stored(field: Field[Any, Any], value: Any) -> Any:
    """Return the value as the database takes it; of a relation, a row or its id."""
    value = value.pk if isinstance(value, Model) else value
    return field.get_db_prep_save(value, connection)
