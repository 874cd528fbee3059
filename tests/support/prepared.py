"""Prepared once in a run, copied for each site: a migrated database and the collected static files."""

from __future__ import annotations

import atexit
import secrets
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

_folders: dict[str, Path] = {}
_databases: dict[tuple[str, int], str] = {}


def folder(name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder that `make` filled the first time it was asked for in this process."""
    if name not in _folders:
        made = Path(tempfile.mkdtemp(prefix=f"bridge-{name}-"))
        atexit.register(shutil.rmtree, made, ignore_errors=True)
        make(made)
        _folders[name] = made
    return _folders[name]


def copy_tables(
    connect: Callable[[str], Any], where: tuple[str, int], name: str, migrate: Callable[[], object]
) -> None:
    """Fill the empty MySQL database `name`: by `migrate` the first time on a server, else from what came of that.

    `connect` opens a connection to one of the server's databases.
    """
    if where not in _databases:
        migrate()
        kept = f"bridge_kept_{secrets.token_hex(4)}"
        with connect("") as cursor:
            cursor.execute(f"CREATE DATABASE {kept} CHARACTER SET utf8mb4")
        atexit.register(_drop, connect, kept)
        _copy(connect, name, kept)
        _databases[where] = kept
        return
    _copy(connect, _databases[where], name)


def _copy(connect: Callable[[str], Any], source: str, target: str) -> None:
    with connect(target) as cursor:
        cursor.execute("SET FOREIGN_KEY_CHECKS = 0")
        cursor.execute(f"SHOW FULL TABLES FROM {source} WHERE Table_type = 'BASE TABLE'")
        for table, _type in cursor.fetchall():
            cursor.execute(f"SHOW CREATE TABLE {source}.`{table}`")
            cursor.execute(cursor.fetchone()[1])
            cursor.execute(f"INSERT INTO `{table}` SELECT * FROM {source}.`{table}`")


def _drop(connect: Callable[[str], Any], name: str) -> None:
    with connect("") as cursor:
        cursor.execute(f"DROP DATABASE {name}")
