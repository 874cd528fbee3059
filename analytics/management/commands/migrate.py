"""`manage.py migrate`, with the reports' SQL views out of its way: SQLite changes no table that a view stands on."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db import connection

from analytics.tables import making


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate; on SQLite the views that stand are taken away before, and made anew after."""
        stood = connection.vendor == "sqlite" and making.stand()
        if stood:
            making.drop()
        super().handle(*args, **options)
        if stood:
            making.make()
