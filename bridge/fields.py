"""Model fields of our own."""

from __future__ import annotations

from typing import Any

from django.db import models


class KeyField(models.CharField):
    """A short ASCII key compared byte by byte, also on MySQL.

    MySQL's usual collations ignore case, but openids differ by case: two customers would share one lane.
    """

    def db_type(self, connection: Any) -> str | None:
        if connection.vendor == "mysql":
            return f"varchar({self.max_length}) CHARACTER SET ascii COLLATE ascii_bin"
        return super().db_type(connection)
