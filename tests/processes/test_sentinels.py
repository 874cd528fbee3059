"""A site whose Redis is a pair behind three sentinels: the master goes under load, and no promise is broken."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.chaos.cases import Case
from tests.chaos.load import open_chats
from tests.chaos.play import broken
from tests.chaos.scene import Scene
from tests.support import own_redis
from tests.support.lines import Line
from tests.support.own_redis import OwnRedis
from tests.support.own_sentinel import SILENT, Guarded, guarded
from tests.support.stack import Stack

pytestmark = [
    pytest.mark.workers,
    pytest.mark.once,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not own_redis.is_here(), reason="no Redis is installed"),
]
PATIENCE = 120.0  # seconds
SIGN = "from bridge.base.redis import client; print(client().connection_pool.get_master_address()[1])"


@dataclass
class Site:
    """A running site and its Redis."""

    scene: Scene
    redis: Guarded

    def goes_on_while(self, name: str, do) -> list[str]:
        """Do something while messages go both ways; return what came of them that no promise allows."""
        case = Case(name, lambda _scene: do())
        return broken(self.scene, case, f"{name}.", PATIENCE)

    def master_of_a_process(self) -> int:
        """Return the port of the server that a process of the site connects to."""
        return int(self.scene.site.manage("shell", "-v0", "-c", SIGN).split()[-1])


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with guarded() as pair, OwnRedis() as broker:
        addresses = {"REDIS_URL": pair.url, "BROKER_URL": broker.url}
        with Stack({"alice": 6, "bob": 6}, workers=2, threads=2, **addresses) as running:
            line = Line(running.sandbox_port)
            yield Site(Scene(running, line, line, None, None, None, open_chats(running)), pair)
            line.close()


def test_the_master_is_killed_and_comes_back_as_the_copy(site):
    old = site.redis.master()

    def kill() -> None:
        old.kill()
        site.redis.wait_for_another(old)

    assert site.goes_on_while("killed", kill) == []
    assert site.master_of_a_process() == site.redis.master().port != old.port
    old.start()
    site.redis.wait_until_safe()
    assert site.redis.master() is not old


def test_the_master_freezes_and_comes_back_when_another_is_in_its_place(site):
    site.redis.wait_until_safe()
    old = site.redis.master()

    def freeze() -> None:
        old.freeze()
        site.redis.wait_for_another(old)
        time.sleep(SILENT / 1000)
        old.thaw()

    assert site.goes_on_while("frozen", freeze) == []
    site.redis.wait_until_safe()
    assert site.redis.master() is not old


def test_a_sentinel_dies_and_the_others_are_asked(site):
    first = site.redis.sentinels[0]
    first.kill()
    assert site.goes_on_while("unasked", site.redis.master().flush) == []
    assert site.master_of_a_process() == site.redis.master().port
    first.start()
