"""`make cluster`: a site whose broker is three RabbitMQs with quorum queues; a node goes and comes back under load."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tests.chaos.cases import Case
from tests.chaos.load import open_chats
from tests.chaos.play import broken
from tests.chaos.scene import Scene
from tests.cluster.by_hand import played_by_hand
from tests.cluster.timing import slowest
from tests.support import hosts, own_rabbitmq, own_rabbitmqs
from tests.support.lines import Line
from tests.support.own_rabbitmqs import RabbitNode
from tests.support.stack import Stack

pytestmark = played_by_hand("" if own_rabbitmq.is_here() else "RabbitMQ")
PATIENCE = 240.0  # seconds
PAUSE = 2.0  # seconds between two messages of a chat and direction, so that it is not the processor that is waited for
WITHIN = 30.0  # seconds until all is through that was pushed before the node was back


@pytest.fixture(scope="module")
def network() -> Iterator[hosts.Hosts]:
    with hosts.three() as found:
        yield found


@pytest.fixture(scope="module")
def nodes(network) -> Iterator[list[RabbitNode]]:
    with own_rabbitmqs.cluster(network.all) as found:
        yield found


@pytest.fixture(scope="module")
def scene(nodes) -> Iterator[Scene]:
    broker = {"BROKER_URL": ";".join(one.url for one in nodes), "BROKER_QUORUM": "1"}
    with Stack({"alice": 6, "bob": 6}, workers=2, threads=2, **broker) as running:
        line = Line(running.sandbox_port)
        yield Scene(running, line, line, None, None, None, open_chats(running))
        line.close()


def broken_by(scene: Scene, name: str, do: Callable[[], None]) -> list[str]:
    """Do something while messages go both ways; return what came of them that no promise allows."""
    found = broken(scene, Case(name, lambda _scene: do(), within=WITHIN), f"{name}.", PATIENCE, PAUSE)
    took = slowest(scene, f"{name}.")
    print(f"{name}: the slowest message took {took:.1f} s")
    return found + ([f"a message took {took:.1f} s"] if took > WITHIN else [])


def test_the_queues_stand_on_all_nodes(scene, nodes):
    lines = nodes[1].control("list_queues", "name", "type", "members", "--no-table-headers").splitlines()
    ours = [line.split("\t") for line in lines if "-quorum" in line]
    assert {kind for _name, kind, _members in ours} == {"quorum"}, lines
    assert all(one.node in members for _name, _kind, members in ours for one in nodes), lines


@pytest.mark.parametrize("number", [0, 1])
def test_a_node_is_killed_and_comes_back(scene, nodes, number):
    """The first is the one that all connect to."""

    def kill() -> None:
        nodes[number].kill()
        time.sleep(30)
        nodes[number].start()

    assert broken_by(scene, f"killed{number}", kill) == []
    assert nodes[2].running() == len(nodes)


def test_a_node_is_cut_off_and_comes_back(scene, nodes, network):
    if not network.can_be_cut:
        pytest.skip("no network namespaces here: no link can be cut")

    def cut() -> None:
        network.all[0].cut()
        time.sleep(40)
        network.all[0].mend()

    assert broken_by(scene, "cut", cut) == []
