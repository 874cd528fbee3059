"""Prepared once in a run, copied for each site: a migrated database and the collected static files.

The processes of a run that tests side by side (pytest-xdist) share what one of them has made.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SHARED = "TESTS_PREPARED"


def share() -> Path:
    """Return the folder of what is prepared; the first process of a run to ask makes it, and removes it at its end."""
    if SHARED not in os.environ:
        os.environ[SHARED] = tempfile.mkdtemp(prefix="bridge-prepared-")
        atexit.register(shutil.rmtree, os.environ[SHARED], ignore_errors=True)
    return Path(os.environ[SHARED])


def folder(name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder that `make` filled the first time it was asked for in this run."""
    made = share() / name
    with _alone(made):
        if not made.exists():
            filled = Path(tempfile.mkdtemp(dir=made.parent))
            make(filled)
            filled.rename(made)
    return made


def copy_tables(connect: Callable[[str], Any], name: str, migrate: Callable[[], object]) -> None:
    """Fill the empty MySQL database `name`: by `migrate` the first time on a server of this version, else from what came of that.

    `connect` opens a connection to one of the server's databases.
    """
    kept = share() / f"tables-{_version(connect)}"
    with _alone(kept):
        if not kept.exists():
            migrate()
            tables = _read(connect, name)
            kept.write_bytes(pickle.dumps(tables))
            return
    _write(connect, name, pickle.loads(kept.read_bytes()))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one process of the run at a time in."""
    with open(f"{path}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _version(connect: Callable[[str], Any]) -> str:
    with connect("") as cursor:
        cursor.execute("SELECT VERSION()")
        return str(cursor.fetchone()[0])


def _read(connect: Callable[[str], Any], name: str) -> dict[str, tuple[str, tuple[Any, ...]]]:
    """Return each table of a database: the statement that makes it, and its rows."""
    tables = {}
    with connect(name) as cursor:
        cursor.execute("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")
        for table, _type in cursor.fetchall():
            cursor.execute(f"SHOW CREATE TABLE `{table}`")
            statement = cursor.fetchone()[1]
            cursor.execute(f"SELECT * FROM `{table}`")
            tables[table] = (statement, cursor.fetchall())
    return tables


def _write(connect: Callable[[str], Any], name: str, tables: dict[str, tuple[str, tuple[Any, ...]]]) -> None:
    with connect(name) as cursor:
        cursor.execute("SET FOREIGN_KEY_CHECKS = 0")
        for table, (statement, rows) in tables.items():
            cursor.execute(statement)
            if rows:
                places = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(f"INSERT INTO `{table}` VALUES ({places})", rows)
