"""Two transactions at the worst moment for each other, without chance: for what only a lock keeps apart."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from django.db import connection

SECONDS = 20
PAUSE = 0.2  # the table of transactions is made anew only where nobody has read it for 0.1 seconds
# Those of this database alone: other runs share the server.
_WAITING = """
SELECT COUNT(*) FROM information_schema.innodb_trx t JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
WHERE t.trx_state = 'LOCK WAIT' AND p.db = DATABASE()
"""


def meet(first: Callable[[], Any], second: Callable[[], Any], *, at: str) -> None:
    """Run `first` up to its first statement with `at` in it, then `second` until it is through or waits for a lock, then the rest.

    Raises whatever either raises. Only with a database that has several writers; skips the test on others.
    """
    if connection.vendor != "mysql":
        pytest.skip("needs a database with several writers")
    stands, goes_on, errors = threading.Event(), threading.Event(), []

    def hold(execute: Any, sql: str, *rest: Any) -> Any:
        if at in sql and not stands.is_set():
            stands.set()
            assert goes_on.wait(SECONDS)
        return execute(sql, *rest)

    def run(work: Callable[[], Any], *, holds: bool) -> None:
        try:
            with connection.execute_wrapper(hold) if holds else nullcontext():
                work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    one, other = (threading.Thread(target=run, args=(work,), kwargs={"holds": holds})
                  for work, holds in ((first, True), (second, False)))  # fmt: skip
    one.start()
    try:
        assert stands.wait(SECONDS), f"no statement with {at!r} in it: {errors}"
        other.start()
        deadline = time.monotonic() + SECONDS
        while other.is_alive() and not _waits() and time.monotonic() < deadline:
            time.sleep(PAUSE)
    finally:
        goes_on.set()
        one.join()
        if other.ident:
            other.join()
    for error in errors:
        raise error


def _waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        return bool(cursor.fetchone()[0])
