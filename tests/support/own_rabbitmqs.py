"""Three RabbitMQs that are one broker, a node on each host."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
from collections.abc import Iterator, Sequence

from tests.support.own_rabbitmq import OwnRabbitMQ
from tests.support.place import Place
from tests.support.stack import free_port

# A node that says nothing for so many seconds is gone; by itself RabbitMQ takes a minute for it.
SILENT = 8


class RabbitNode(OwnRabbitMQ):
    """One of the three. `peers` are all of them; each finds the others by the list in its configuration."""

    def __init__(self, place: Place, peers: list[RabbitNode], names_port: int, cookie: str) -> None:
        super().__init__(place, names_port)
        self._peers, self._cookie = peers, cookie

    @property
    def node(self) -> str:
        return f"bridge{self.port}@{self.host}"

    def configuration(self) -> list[str]:
        discovery = "cluster_formation"
        peers = (f"{discovery}.classic_config.nodes.{number} = {one.node}" for number, one in enumerate(self._peers, 1))
        return [
            *super().configuration(),
            "loopback_users = none",
            f"{discovery}.peer_discovery_backend = classic_config",
            *peers,
            "cluster_partition_handling = pause_minority",
            f"net_ticktime = {SILENT}",
        ]

    def prepare(self) -> None:
        super().prepare()
        cookie = self.home / ".erlang.cookie"
        cookie.write_text(self._cookie)
        cookie.chmod(0o400)

    def start_names(self, *words: str) -> subprocess.Popen[bytes] | None:
        """Start the host's name server; hosts that are mere addresses of this machine share the first one's."""
        if self.place.inside or self is self._peers[0]:
            return super().start_names()
        return None

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "RABBITMQ_USE_LONGNAME": "true"}

    def running(self) -> int:
        """Return how many nodes this one sees, itself among them."""
        return len(json.loads(self.control("cluster_status", "--formatter", "json"))["running_nodes"])


@contextlib.contextmanager
def cluster(places: Sequence[Place]) -> Iterator[list[RabbitNode]]:
    """Start a cluster with one node in each place."""
    nodes: list[RabbitNode] = []
    names_port, cookie = free_port(), secrets.token_hex(10)
    nodes += [RabbitNode(place, nodes, names_port, cookie) for place in places]
    with contextlib.ExitStack() as entered:
        for node in nodes:
            entered.enter_context(node)
        assert nodes[0].running() == len(nodes), "they did not find each other"
        yield nodes
