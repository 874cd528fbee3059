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
    for operation in migration.operations:
        if (why := _why(operation)) and not since:
            yield f"{operation.describe()}: {why}"


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
