"""Changes of tables beside a site that runs: each waits for its locks only briefly, and is tried again.

While it waits for a table, nobody else can begin to use that. Under load it may also wait for a transaction that in its turn waits
for it, which the server does not notice: a row that points to the table locks it within InnoDB alone. What was given up so has
changed nothing; but a migration that failed in the middle could not be repeated, as MySQL cannot take back what it did before.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from django.db import OperationalError
from django.db.backends.mysql import schema

logger = logging.getLogger(__name__)

LOCKED = (1205, 1213)  # lock wait timeout, deadlock
WAIT = 1  # seconds for which a statement waits for each of its locks
PAUSE = 1.0  # seconds in which the others go on
GIVE_UP = 600.0  # seconds
_LIMITS = ("lock_wait_timeout", "innodb_lock_wait_timeout")


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """Django's own, with patience."""

    def __enter__(self) -> DatabaseSchemaEditor:
        super().__enter__()
        if not self.collect_sql:
            with self.connection.cursor() as cursor:
                cursor.execute(f"SELECT {', '.join(f'@@SESSION.{name}' for name in _LIMITS)}")
                self._usual = cursor.fetchone()
            self._limit((WAIT, WAIT))
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            super().__exit__(*error)
        finally:
            if not self.collect_sql:
                self._limit(self._usual)

    def execute(self, sql: Any, params: Any = ()) -> None:
        """Carry out a statement, again where it did not get its locks. Raises: OperationalError, where it never does."""
        deadline = time.monotonic() + GIVE_UP
        while True:
            try:
                return super().execute(sql, params)
            except OperationalError as error:
                if error.args[0] not in LOCKED or time.monotonic() > deadline or self.connection.in_atomic_block:
                    raise
            logger.warning("a table is in use; this is tried again: %s", str(sql)[:100])
            time.sleep(PAUSE)

    def _limit(self, seconds: tuple[int, ...]) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(f"SET SESSION {', '.join(f'{name} = %s' for name in _LIMITS)}", seconds)
