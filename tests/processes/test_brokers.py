"""A site with two addresses of its broker and quorum queues: one address after the other goes, then the broker dies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.chaos.cases import Case
from tests.chaos.load import open_chats
from tests.chaos.play import broken
from tests.chaos.scene import Scene
from tests.support import own_rabbitmq
from tests.support.lines import Line
from tests.support.own_rabbitmq import OwnRabbitMQ
from tests.support.stack import Stack

pytestmark = [
    pytest.mark.workers,
    pytest.mark.services,
    pytest.mark.once,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not own_rabbitmq.is_here(), reason="no RabbitMQ is installed"),
]
PATIENCE = 240.0  # seconds


@dataclass
class Site:
    """A running site, its broker, and the two lines to it."""

    scene: Scene
    broker: OwnRabbitMQ
    first: Line
    second: Line

    def goes_on_while(self, name: str, do: Callable[[], None]) -> list[str]:
        """Do something while messages go both ways; return what came of them that no promise allows."""
        case = Case(name, lambda _scene: do(), within=PATIENCE)
        return broken(self.scene, case, f"{name}.", PATIENCE)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with OwnRabbitMQ() as broker:
        first, second = Line(broker.port), Line(broker.port)
        both = ";".join(f"amqp://guest:guest@127.0.0.1:{one.port}//" for one in (first, second))
        with Stack({"alice": 6, "bob": 6}, workers=2, threads=2, BROKER_URL=both, BROKER_QUORUM="1") as running:
            peers = open_chats(running)
            yield Site(Scene(running, first, second, None, None, broker, peers), broker, first, second)
        first.close()
        second.close()


def test_the_queues_of_messages_are_on_several_servers(site):
    kinds = dict(map(str.split, site.broker.control("list_queues", "name", "type", "--no-table-headers").splitlines()))
    ours = {name for name in kinds if name.endswith(("-quorum", "-quorum-spill"))}
    assert len(ours) == 2, kinds
    assert {kinds[name] for name in ours} == {"quorum"}
    assert not any(name.startswith("celery_delayed") for name in kinds), "nothing here is for later"


def test_where_one_address_goes_the_other_is_taken(site):
    def cut() -> None:
        for line in (site.first, site.second):
            line.cut()
            time.sleep(4)
            assert site.scene.site.health()["checks"]["broker"] == "ok"
            line.mend()

    assert site.goes_on_while("cut", cut) == []


def test_what_is_in_the_queues_outlives_the_broker(site):
    def kill() -> None:
        site.broker.kill()
        site.broker.start()

    assert site.goes_on_while("killed", kill) == []
