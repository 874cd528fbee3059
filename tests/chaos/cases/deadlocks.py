"""Another client of the database that takes the rows of a message's way in an order of its own."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from tests.chaos.cases.base import DATABASE, case
from tests.chaos.scene import Scene

SECONDS = 8.0
MEDDLE = [
    "SELECT `key` FROM {name}.bridge_lane ORDER BY RAND() LIMIT 3 FOR UPDATE",
    "SELECT id FROM {name}.bridge_customer ORDER BY RAND() LIMIT 3 FOR UPDATE",
    "SELECT id FROM {name}.bridge_conversation ORDER BY RAND() LIMIT 3 FOR UPDATE",
    "SELECT id FROM {name}.bridge_delivery ORDER BY id DESC LIMIT 3 FOR UPDATE",
]
COUNT = "SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'"


@case("deadlocks in the database for 8 s", DATABASE)
def deadlocks(scene: Scene) -> None:
    """Each time the server ends one of the two transactions (1213): ours are begun again."""
    import MySQLdb

    with scene.site.cursor() as cursor:
        before, ends = _count(cursor), time.monotonic() + SECONDS
        while time.monotonic() < ends:
            with contextlib.suppress(MySQLdb.OperationalError):
                for statement in MEDDLE:
                    cursor.execute(statement.format(name=scene.site.database))
                    time.sleep(0.02)
            cursor.execute("ROLLBACK")
        found = _count(cursor) - before
    assert found, "no transaction stood in another's way"
    print(f"{found} deadlocks", flush=True)


def _count(cursor: Any) -> int:
    cursor.execute(COUNT)
    return int(cursor.fetchone()[1])
