"""A Redis of several servers and three sentinels of a test's own: one server is the master, and the sentinels say which."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import redis.sentinel

from tests.support.own import OwnServer
from tests.support.own_redis import SERVER, OwnRedis
from tests.support.place import HERE, Place
from tests.support.waiting import wait_until

MASTER = "bridge"  # the name by which the sentinels know the pair
SILENT = 1000  # milliseconds without an answer after which a sentinel takes a server for dead
WITHIN = 60.0  # seconds for the sentinels to agree, on a machine that is busy with other tests


class Replica(OwnRedis):
    """A server that copies another's, until the sentinels make it the master."""

    def __init__(self, of: OwnRedis, place: Place = HERE) -> None:
        super().__init__(place)
        self._of = of

    def command(self) -> list[str]:
        return [
            *super().command(),
            "--replicaof",
            self._of.host,
            str(self._of.port),
            "--replica-announce-ip",
            self.host,
        ]


class OwnSentinel(OwnServer):
    """One sentinel, which finds the others and the replica by the master."""

    name = "sentinel"

    def __init__(self, master: OwnRedis, place: Place = HERE) -> None:
        super().__init__(place)
        self._master = master

    def prepare(self) -> None:
        lines = [
            f"port {self.port}", f"bind {self.host}", f"dir {self.home}", "protected-mode no",
            f"sentinel announce-ip {self.host}", f"sentinel monitor {MASTER} {self._master.host} {self._master.port} 2",
            f"sentinel down-after-milliseconds {MASTER} {SILENT}",
            f"sentinel failover-timeout {MASTER} 5000",
        ]  # fmt: skip
        (self.home / "sentinel.conf").write_text("\n".join(lines) + "\n")

    def command(self) -> list[str]:
        return [str(SERVER), str(self.home / "sentinel.conf"), "--sentinel"]


class Guarded:
    """The servers and their sentinels."""

    def __init__(self, servers: list[OwnRedis], sentinels: list[OwnSentinel]) -> None:
        self.servers, self.sentinels = servers, sentinels
        self._asked = redis.sentinel.Sentinel([(one.host, one.port) for one in sentinels])

    @property
    def url(self) -> str:
        """Return the address, as the site's settings take it."""
        hosts = ",".join(f"{one.host}:{one.port}" for one in self.sentinels)
        return f"redis+sentinel://{hosts}/{MASTER}/0"

    def master(self) -> OwnRedis:
        """Return the server that is the master. Raises: redis.RedisError while the sentinels have not agreed."""
        found = self._asked.discover_master(MASTER)
        return next(one for one in self.servers if (one.host, one.port) == found)

    def wait_until_safe(self) -> None:
        """Wait until the other server can take over: the sentinels know each other, and it has a copy of all."""
        wait_until(self._is_safe, WITHIN, said=lambda: "the sentinels do not agree")

    def wait_for_another(self, than: OwnRedis) -> None:
        """Wait until the sentinels have made another server the master."""

        def is_another() -> bool:
            with contextlib.suppress(redis.RedisError):
                return self.master() is not than
            return False

        wait_until(is_another, WITHIN, said=lambda: "no other became the master", pause=0.1)

    def _is_safe(self) -> bool:
        others, copies, knows = len(self.sentinels) - 1, len(self.servers) - 1, []
        for one in self.sentinels:
            state = redis.Redis(one.host, one.port, socket_timeout=5).sentinel_master(MASTER)
            knows.append(state["num-other-sentinels"] >= others and state["num-slaves"] >= copies)
        return all(knows) and all(one["master_link_status"] == "up" for one in self._copies())

    def _copies(self) -> list[dict]:
        found = [redis.Redis(one.host, one.port, socket_timeout=5).info("replication") for one in self.servers]
        return [one for one in found if one["role"] == "slave"]


@contextlib.contextmanager
def guarded(
    places: Sequence[Place] = (HERE, HERE), watching: Sequence[Place] = (HERE, HERE, HERE)
) -> Iterator[Guarded]:
    """Start a server in each place and a sentinel in each of the others; return once one of the servers can die."""
    with contextlib.ExitStack() as entered:
        first = entered.enter_context(OwnRedis(places[0]))
        copies = [entered.enter_context(Replica(first, place)) for place in places[1:]]
        sentinels = [entered.enter_context(OwnSentinel(first, place)) for place in watching]
        found = Guarded([first, *copies], sentinels)
        found.wait_until_safe()
        yield found
