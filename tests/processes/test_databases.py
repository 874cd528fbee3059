"""A site with two addresses of its database: one after the other goes under load, and no promise is broken."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.chaos.cases import Case
from tests.chaos.cases.base import UNKNOWN
from tests.chaos.load import open_chats
from tests.chaos.play import broken
from tests.chaos.scene import Scene
from tests.support import own_mariadb
from tests.support.lines import Line
from tests.support.own_mariadb import OwnMariaDB
from tests.support.stack import Stack

pytestmark = [
    pytest.mark.workers,
    pytest.mark.services,
    pytest.mark.once,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not own_mariadb.is_here(), reason="no MariaDB is installed"),
]
PATIENCE = 240.0  # seconds
ENGINE = "from django.db import connection; connection.ensure_connection(); print(connection.settings_dict['ENGINE'])"
SYNC = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT @@wsrep_sync_wait, @@port")
    print(*cursor.fetchone())
"""


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with OwnMariaDB() as server:
        first, second = Line(server.port), Line(server.port)
        both = ",".join(f"127.0.0.1:{one.port}" for one in (first, second))
        with Stack({"alice": 6, "bob": 6}, workers=2, threads=2, server=f"mysql://root@{both}/bridge") as running:
            yield Scene(running, first, second, server, None, None, open_chats(running))
        first.close()
        second.close()


def test_what_one_server_has_committed_the_next_reading_shows(scene):
    assert scene.site.manage("shell", "-v0", "-c", ENGINE).split()[-1] == "config.mysql"
    assert scene.site.manage("shell", "-v0", "-c", SYNC).split()[-2] == "1"


def test_where_one_address_goes_the_other_is_taken(scene):
    def cut(scene: Scene) -> None:
        for line in (scene.platforms, scene.to_broker):  # here the two lines to the database
            line.cut()
            time.sleep(4)
            assert scene.site.health()["checks"]["database"] == "ok"
            line.mend()
            time.sleep(6)  # one that has failed is asked last for five seconds

    case = Case("cut", cut, allowed=UNKNOWN, within=PATIENCE)
    assert broken(scene, case, "cut.", PATIENCE) == []
