"""Which stored secrets cannot be read, because SECRET_KEY was changed."""

from __future__ import annotations

from collections import Counter

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.db import connection

from bridge.base.fields import SecretField


def unreadable() -> Counter[str]:
    """Return how many stored secrets cannot be decrypted, by the name of their model; one query a model that has any."""
    found: Counter[str] = Counter()
    for model in apps.get_models():
        fields = [field for field in model._meta.concrete_fields if isinstance(field, SecretField)]
        if not fields:
            continue
        columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
        table = connection.ops.quote_name(model._meta.db_table)
        with connection.cursor() as cursor:
            # The plain columns: through the ORM a secret that cannot be read looks like one that is empty.
            cursor.execute(f"SELECT {columns} FROM {table}")  # noqa: S608  names of our own models
            for row in cursor.fetchall():
                found[str(model._meta.verbose_name)] += sum(map(_fails, fields, row))
    return +found


def _fails(field: SecretField, stored: str | None) -> bool:
    if stored is None:
        return False
    try:
        field.f.decrypt(stored.encode())
    except InvalidToken:
        return True
    return False
