"""What a migration may do so that the code of the release before still runs on the tables: it only adds.

An upgrade without a pause has three steps: expand (new columns and tables beside the old ones), migrate (the new code runs, and
fills them), contract (in a later release: what nobody uses any more goes). docs/operations.md says it for whoever upgrades.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import migrations, models
from django.db.migrations.operations.base import Operation

# What the code of before still reads or writes, under its old name.
TAKES_AWAY = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.DeleteModel,
    migrations.RenameModel,
    migrations.AlterModelTable,
    migrations.AddConstraint,
    migrations.AlterUniqueTogether,
)


def breaks(migration: Any, released: set[str]) -> Iterator[str]:
    """Yield what in the migration breaks the release before.

    A migration that contracts says so: `unused_since = "0.2.0"` names a release that was the first to do without what it takes.
    """
    since = getattr(migration, "unused_since", "")
    if since and since not in released:
        yield f"{since} is no release"
    made = {one.name_lower for one in migration.operations if isinstance(one, migrations.CreateModel)}
    for operation in migration.operations:
        why = _why(operation)
        if not why and any(_holds(field, made) for field in _added(operation)):
            why = "the release before could not delete what the new rows point to: db_constraint=False"
        if why and not since:
            yield f"{operation.describe()}: {why}"


def _added(operation: Operation) -> list[Any]:
    if isinstance(operation, migrations.CreateModel):
        return [field for _name, field in operation.fields]
    return [operation.field] if isinstance(operation, migrations.AddField) else []


def _holds(field: Any, made: set[str]) -> bool:
    """Tell whether the database would keep a row from being deleted to which the field points; all but those `made` with it."""
    if not isinstance(field, models.ForeignKey | models.ManyToManyField):
        return False
    if not getattr(field, "db_constraint", getattr(field.remote_field, "db_constraint", True)):
        return False
    target = field.remote_field.model
    return (target if isinstance(target, str) else target._meta.model_name).rpartition(".")[2].lower() not in made


def _why(operation: Operation) -> str:
    if isinstance(operation, TAKES_AWAY):
        return "the release before still knows it otherwise"
    field = getattr(operation, "field", None)
    if isinstance(operation, migrations.AddField) and _needs_value(field):
        return "the release before writes rows without it: null=True or db_default"
    if isinstance(operation, migrations.AlterField) and _needs_value(field):
        return "the release before may write rows without it"
    if isinstance(operation, migrations.RunSQL):
        return "nobody can tell what it does"
    return ""


def _needs_value(field: Any) -> bool:
    if isinstance(field, models.ManyToManyField):
        return False
    return not field.null and field.db_default is models.NOT_PROVIDED
