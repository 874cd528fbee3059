"""Writing very many rows: plain multi-row INSERTs, with ids given beforehand, which nobody else gets meanwhile."""

from __future__ import annotations

from typing import Any

from django.db import connection, models, transaction
from django.db.models import Max

from bridge.base import clock

BLOCK = 20_000  # ids that are kept at a time
# MySQL may have given the ids after the last row to rows that are not committed yet: those stay theirs.
MARGIN = 1_000


class Table:
    """Collects rows of one model, as tuples of some columns; all others get the model's defaults."""

    def __init__(self, model: type[models.Model], *columns: str) -> None:
        fields = {field.attname: field for field in model._meta.concrete_fields}
        rest = [name for name in fields if name not in columns and name != "id"]
        self._rest = tuple(self._default(fields[name]) for name in rest)
        self._empty = tuple(self._default(fields[name]) for name in columns)
        names = [connection.ops.quote_name(str(fields[name].column)) for name in ("id", *columns, *rest)]
        marks = ", ".join(["%s"] * len(names))
        table = connection.ops.quote_name(model._meta.db_table)
        self._sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 -- names of our own columns
        self._rows: list[tuple[Any, ...]] = []
        self._model = model
        self._next_id = self._end = 0

    @staticmethod
    def _default(field: models.Field[Any, Any]) -> Any:
        if field.has_default() or field.null:
            value = field.get_default()
        elif isinstance(field, models.DateTimeField):
            value = clock.now()
        elif isinstance(field, models.ForeignKey):
            value = -1  # nobody's
        else:
            value = "" if isinstance(field, models.CharField | models.TextField | models.JSONField) else 0
        return field.get_db_prep_save(value, connection)

    @property
    def next_id(self) -> int:
        """Return the id that the next row gets."""
        if self._next_id == self._end:
            self._next_id = self._reserve()
            self._end = self._next_id + BLOCK
        return self._next_id

    def _reserve(self) -> int:
        """Keep the next BLOCK ids to ourselves, and return the first: what others write meanwhile gets ids above them.

        A row with the last of them comes and goes; both SQLite and InnoDB give no id below one that was there.
        """
        last = max(self._model._default_manager.aggregate(last=Max("pk"))["last"] or 0, self._end) + MARGIN
        with transaction.atomic(), connection.constraint_checks_disabled(), connection.cursor() as cursor:
            cursor.execute(self._sql, (last + BLOCK, *self._empty, *self._rest))
            self._model._default_manager.filter(pk=last + BLOCK)._raw_delete(connection.alias)
        return last + 1

    def add(self, *values: Any) -> int:
        """Add a row; return its id."""
        number = self.next_id
        self._next_id += 1
        self._rows.append((number, *values, *self._rest))
        return number

    def flush(self) -> None:
        """Write what is collected."""
        if self._rows:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.executemany(self._sql, self._rows)
            self._rows = []
