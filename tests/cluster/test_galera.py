"""`make cluster`: a site whose database is a Galera cluster of three; one server after the other goes and comes back under load."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tests.chaos.cases import Case
from tests.chaos.cases.base import UNKNOWN
from tests.chaos.load import open_chats
from tests.chaos.play import broken
from tests.chaos.scene import Scene
from tests.cluster.by_hand import played_by_hand
from tests.support import own_galera
from tests.support.lines import Line
from tests.support.own_galera import GaleraServer, cluster
from tests.support.stack import Stack

pytestmark = played_by_hand("" if own_galera.is_here() else "MariaDB, Galera and rsync")
PATIENCE = 240.0  # seconds
REFUSED = ("wsrep_local_cert_failures", "wsrep_local_bf_aborts")


@pytest.fixture(scope="module")
def servers() -> Iterator[list[GaleraServer]]:
    with cluster() as found:
        yield found


@pytest.fixture(scope="module")
def scene(servers) -> Iterator[Scene]:
    addresses = ",".join(f"{one.host}:{one.port}" for one in servers)
    with Stack({"alice": 6, "bob": 6}, workers=2, threads=2, server=f"mysql://root@{addresses}/bridge") as running:
        line = Line(running.sandbox_port)
        yield Scene(running, line, line, None, None, None, open_chats(running))
        line.close()


def broken_by(scene: Scene, name: str, do: Callable[[Scene], None]) -> list[str]:
    """Do something while messages go both ways; return what came of them that no promise allows."""
    return broken(scene, Case(name, do, allowed=UNKNOWN, within=PATIENCE), f"{name}.", PATIENCE)


def test_the_server_that_all_write_to_is_killed_and_comes_back(scene, servers):
    def kill(_scene: Scene) -> None:
        servers[0].kill()
        scene.wait_healthy()
        servers[0].start()
        time.sleep(6)  # from here on new connections go to it again

    assert broken_by(scene, "killed", kill) == []
    assert servers[1].status("wsrep_cluster_size") == "3"


def test_a_server_that_is_cut_off_from_the_majority_is_passed_over(scene, servers):
    """It takes connections, and refuses every statement (1047)."""

    def isolate(_scene: Scene) -> None:
        servers[0].isolate()
        time.sleep(8)
        assert servers[0].status("wsrep_cluster_status") != "Primary"
        assert scene.site.health()["checks"]["database"] == "ok"
        servers[0].isolate(end=True)
        time.sleep(6)

    assert broken_by(scene, "cutoff", isolate) == []


def test_workers_may_write_to_different_servers(scene, servers):
    """There is no lock between them: who comes second is refused at COMMIT."""
    url = scene.site.environment["DATABASE_URL"]
    first, second = (f"{one.host}:{one.port}" for one in servers[:2])
    other = url.replace(first, "-").replace(second, first).replace("-", second)
    scene.site.workers += [scene.site.start_worker(DATABASE_URL=other) for _number in range(2)]
    assert broken_by(scene, "both", lambda _scene: time.sleep(10)) == []
    refused = sum(int(one.status(name)) for one in servers for name in REFUSED)
    print(f"{refused} transactions were refused")
    assert refused, "they never met: the test shows nothing"
