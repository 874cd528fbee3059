"""Prepared statements: made by the ORM once in a process, and carried out again and again with other values.

For what every assignment asks: the ORM takes several times as long to make such a statement as the database takes to carry
it out. What the ORM says stays the only place where tables, columns and conditions are named.

    take = Update(Seat.objects.filter(pk=Given("seat")), load=F("load") + 1)
    take.run(seat=7)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models import BigIntegerField, Expression, Field, Model, QuerySet
from django.db.models.query import get_related_populators
from django.db.models.sql import DeleteQuery, UpdateQuery

M = TypeVar("M", bound=Model)
# Two threads that compile one query at once break it, and statements share subqueries.
_COMPILING = threading.Lock()
_KNOWN = WeakSet["_Prepared[Any]"]()
_NOTHING = "SELECT 1 FROM (SELECT 1) AS one WHERE 1 = 0"  # an empty list: MySQL knows no `IN ()`


class Given(Expression):
    """A value that is given when the statement is carried out; in `in` lists, as their only member, all of a list."""

    def __init__(self, name: str, output_field: Field[Any, Any] | None = None) -> None:
        super().__init__(output_field or BigIntegerField())
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


@dataclass(frozen=True)
class _Shape:
    """How the columns of a row become an object, as Django's own `ModelIterable` does it.

    `columns`: the model's own, by their names and places. `related`: what makes the objects of `select_related`.
    """

    model: type[Model]
    names: Sequence[str]
    columns: slice
    related: Sequence[Any]
    annotations: Sequence[tuple[str, int]]

    @classmethod
    def of(cls, compiler: Any) -> _Shape:
        info, select = compiler.klass_info, compiler.select
        columns = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
        names = [column.target.attname for column, *_rest in select[columns]]
        related = get_related_populators(info, select, connection.alias)  # type: ignore[call-arg]  # that of Django 6
        return cls(info["model"], names, columns, related, list(compiler.annotation_col_map.items()))

    def made(self, row: list[Any]) -> Any:
        made = self.model.from_db(connection.alias, self.names, row[self.columns])
        for populator in self.related:
            populator.populate(row, made)
        for name, place in self.annotations:
            setattr(made, name, row[place])
        return made


@dataclass(frozen=True)
class _Reader:
    """How the values of one column are read: its place, and what the ORM would convert them by.

    A `method` is one of a connection's operations, called with those of the connection that carries out the statement: the
    one of the thread that compiled it may be closed by then, and would never go away.
    """

    place: int
    methods: Sequence[tuple[Callable[..., Any], bool]]
    column: Any

    @classmethod
    def of(cls, place: int, converters: Iterable[Callable[..., Any]], column: Any) -> _Reader:
        owned = [(one, isinstance(getattr(one, "__self__", None), BaseDatabaseOperations)) for one in converters]
        return cls(place, [(getattr(one, "__func__", one) if own else one, own) for one, own in owned], column)

    def read(self, rows: Iterable[list[Any]]) -> None:
        for convert, is_of_connection in self.methods:
            first = (connection.ops,) if is_of_connection else ()
            for row in rows:
                row[self.place] = convert(*first, row[self.place], self.column, connection)


@dataclass(frozen=True)
class _Text:
    """A statement between its parameters, these; how many columns its rows have, how they are read, and what they make."""

    pieces: Sequence[str]
    params: Sequence[Any]
    columns: int = 0
    readers: Sequence[_Reader] = ()
    shape: _Shape | None = None

    @cached_property
    def names(self) -> Set[str]:
        """The names of the values to be given."""
        return {param.name for param in self.params if isinstance(param, Given)}

    def filled(self, values: dict[str, Any]) -> tuple[str, list[Any]]:
        """Return the statement and its parameters with these values. TypeError where other values are given than it asks for."""
        if values.keys() != self.names:
            raise TypeError(f"given {sorted(values)} instead of {sorted(self.names)}")
        text, params = self.pieces[0], list[Any]()
        for param, piece in zip(self.params, self.pieces[1:], strict=True):
            value = values[param.name] if isinstance(param, Given) else param
            listed = list(value) if isinstance(value, list | tuple | range | Set) else [value]
            params += [_stored(one) for one in listed]
            text += (", ".join(["%s"] * len(listed)) or _NOTHING) + piece
        return text, params


def _stored(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


class _Prepared(Generic[M]):
    def __init__(self, rows: QuerySet[M, Any]) -> None:
        self._rows = rows
        self._texts: dict[str, _Text] = {}
        _KNOWN.add(self)

    def _text(self) -> _Text:
        vendor = connection.vendor
        if vendor not in self._texts:
            with _COMPILING:
                if vendor not in self._texts:
                    self._texts[vendor] = self._compiled(self._rows)
        return self._texts[vendor]

    def _compiled(self, rows: QuerySet[M, Any]) -> _Text:
        raise NotImplementedError


class Update(_Prepared[M]):
    """Changes columns of the rows of a queryset."""

    def __init__(self, rows: QuerySet[M, Any], **columns: Any) -> None:
        super().__init__(rows)
        self._columns = columns

    def _compiled(self, rows: QuerySet[M, Any]) -> _Text:
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(self._columns)
        return _split(query.get_compiler(connection=connection).as_sql())

    def run(self, **values: Any) -> int:
        """Carry it out; return how many rows it has found."""
        return _run(self._text(), values)


class Delete(_Prepared[M]):
    """Deletes the rows of a queryset, to which no others may point."""

    def _compiled(self, rows: QuerySet[M, Any]) -> _Text:
        return _split(rows.query.chain(DeleteQuery).get_compiler(connection=connection).as_sql())

    def run(self, **values: Any) -> int:
        """Carry it out; return how many rows are gone."""
        return _run(self._text(), values)


class Select(_Prepared[M]):
    """Reads the rows of a queryset: as the tuples of its `values_list`, or whole, with what it annotates and joins."""

    def _compiled(self, rows: QuerySet[M, Any]) -> _Text:
        compiler = rows.query.chain().get_compiler(connection=connection)
        text = _split(compiler.as_sql())
        columns = [column for column, *_rest in compiler.select[: compiler.col_count]]
        readers = [_Reader.of(place, *found) for place, found in compiler.get_converters(columns).items()]
        shape = _Shape.of(compiler) if compiler.klass_info else None
        return _Text(text.pieces, text.params, len(columns), readers, shape)

    def rows(self, **values: Any) -> list[list[Any]]:
        """Return the rows, each as the list of its columns."""
        text = self._text()
        with connection.cursor() as cursor:
            cursor.execute(*text.filled(values))
            found = [list(row[: text.columns]) for row in cursor.fetchall()]
        for reader in text.readers:
            reader.read(found)
        return found

    def all(self, **values: Any) -> list[M]:
        """Return the rows of a queryset that reads whole ones."""
        rows, shape = self.rows(**values), self._text().shape
        assert shape, "a queryset of values has no whole rows"
        return [shape.made(row) for row in rows]

    def first(self, **values: Any) -> M | None:
        """Return the first row of a queryset that reads whole ones, None where there is none."""
        return next(iter(self.all(**values)), None)


def prepare_all() -> None:
    """Make all statements that this process has named so far: the first message need not wait for them."""
    for statement in list(_KNOWN):
        statement._text()


def _split(made: tuple[str, Iterable[Any]]) -> _Text:
    statement, params = made
    # A doubled % stands for itself: the "s" behind it is no parameter.
    pieces = statement.replace("%%", "\0").split("%s")
    return _Text([piece.replace("\0", "%%") for piece in pieces], list(params))


def _run(text: _Text, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(*text.filled(values))
        return int(cursor.rowcount)
