"""Writing very many rows: plain multi-row INSERTs, with ids given beforehand."""

from __future__ import annotations

from typing import Any

from django.db import connection, models, transaction
from django.db.models import Max


class Table:
    """Collects rows of one model, as tuples of some columns; all others get the model's defaults."""

    def __init__(self, model: type[models.Model], *columns: str) -> None:
        fields = {field.attname: field for field in model._meta.concrete_fields}
        rest = [name for name in fields if name not in columns and name != "id"]
        values = {name: fields[name].get_db_prep_save(self._default(fields[name]), connection) for name in rest}
        names = [connection.ops.quote_name(str(fields[name].column)) for name in ("id", *columns, *rest)]
        marks = ", ".join(["%s"] * len(names))
        table = connection.ops.quote_name(model._meta.db_table)
        self._sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 -- names of our own columns
        self._rest = tuple(values.values())
        self._rows: list[tuple[Any, ...]] = []
        self.next_id = (model._default_manager.aggregate(last=Max("pk"))["last"] or 0) + 1

    @staticmethod
    def _default(field: models.Field[Any, Any]) -> Any:
        if field.has_default() or field.null:
            return field.get_default()
        return "" if isinstance(field, models.CharField | models.TextField) else 0

    def add(self, *values: Any) -> int:
        """Add a row; return its id."""
        number = self.next_id
        self.next_id += 1
        self._rows.append((number, *values, *self._rest))
        return number

    def flush(self) -> None:
        """Write what is collected."""
        if self._rows:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.executemany(self._sql, self._rows)
            self._rows = []
