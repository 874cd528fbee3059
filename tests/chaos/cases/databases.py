"""The database: killed, gone, frozen, taking nothing; and the broker with it."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from tests.chaos.cases.base import BROKER, DATABASE, REFUSED, UNKNOWN, case
from tests.chaos.scene import Scene


@case("database killed, back at once", DATABASE, allowed=UNKNOWN)
def database_killed(scene: Scene) -> None:
    assert scene.database
    scene.database.kill()
    scene.database.start()


@case("database gone for 12 s", DATABASE, allowed=UNKNOWN)
def database_gone(scene: Scene) -> None:
    assert scene.database
    scene.database.kill()
    time.sleep(12)
    scene.database.start()


@case("database restarted (SIGTERM)", DATABASE, allowed=UNKNOWN)
def database_restarted(scene: Scene) -> None:
    assert scene.database
    scene.database.restart()


@case("database frozen for 12 s", DATABASE, allowed=UNKNOWN)
def database_frozen(scene: Scene) -> None:
    assert scene.database
    scene.database.freeze()
    time.sleep(12)
    scene.database.thaw()


@case("web restarted while the database is away", DATABASE, allowed=UNKNOWN)
def web_restarted_meanwhile(scene: Scene) -> None:
    """For longer than WeChat's three repeats: without the accounts that Redis keeps, nothing of it would be acknowledged."""
    assert scene.database
    scene.database.kill()
    time.sleep(2)
    scene.site.web.terminate()
    scene.site.web.wait(15)
    scene.site.start_web()
    time.sleep(25)
    scene.database.start()


@case("database read-only for 8 s", DATABASE, allowed=UNKNOWN)
def database_read_only(scene: Scene) -> None:
    scene.site.run_sql("SET GLOBAL read_only = 1")
    time.sleep(8)
    scene.site.run_sql("SET GLOBAL read_only = 0")


@case("the database's connections used up for 8 s", DATABASE, allowed=UNKNOWN)
def connections_used_up(scene: Scene) -> None:
    assert scene.database
    with contextlib.ExitStack() as taken:
        # Opened first: later there is none left for an administrator either.
        admin = taken.enter_context(contextlib.closing(_connect(scene, "root", "")))
        name, cursor = scene.site.database, admin.cursor()
        cursor.execute("SET GLOBAL max_connections = 10")
        cursor.execute(f"KILL USER '{name}'@'%'")
        for _second in range(8):
            _take_all(scene, taken)
            time.sleep(1)
        cursor.execute("SET GLOBAL max_connections = 151")


def _connect(scene: Scene, user: str, password: str) -> Any:
    import MySQLdb

    port = scene.site.server.port or 3306
    return MySQLdb.connect(host="127.0.0.1", port=port, user=user, password=password, connect_timeout=2)


def _take_all(scene: Scene, taken: contextlib.ExitStack) -> None:
    """Connect as others do until the server refuses."""
    import MySQLdb

    with contextlib.suppress(MySQLdb.OperationalError):
        while True:
            taken.enter_context(contextlib.closing(_connect(scene, scene.site.database, scene.site.database)))


@case("database and broker gone for 8 s", DATABASE, BROKER, allowed=UNKNOWN | REFUSED)
def both_gone(scene: Scene) -> None:
    assert scene.database
    assert scene.broker
    scene.database.kill()
    scene.broker.kill()
    time.sleep(8)
    scene.database.start()
    scene.broker.start()
