"""`manage.py version`: which version this is, and whether the database is of the same."""

from __future__ import annotations

import platform
from typing import Any

import django
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from config import VERSION


class Command(BaseCommand):
    help = "Say which version of the product this is, on what it runs, and whether the database is up to date."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(
            f"{VERSION} (Python {platform.python_version()}, Django {django.get_version()}; {_database()})"
        )


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
    except DatabaseError:
        return "the database cannot be reached"
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not waiting:
        return "the database is up to date"
    return f"the database lacks {len(waiting)} migrations: manage.py migrate"
