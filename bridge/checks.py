"""System checks: what must be so for no message to be garbled or lost."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections


@register(Tags.database)
def character_set(app_configs: Any = None, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """MySQL's databases must be utf8mb4, else an emoji cannot be stored."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if connection.vendor != "mysql":
            continue
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@character_set_database")
            (name,) = cursor.fetchone()
        if name != "utf8mb4":
            hint = (
                "Before the first migrate: ALTER DATABASE ... CHARACTER SET utf8mb4; emoji cannot be stored otherwise."
            )
            found.append(Error(f"The database's character set is {name}, not utf8mb4.", hint=hint, id="bridge.E001"))
    return found
