"""A site on three hosts: MariaDB (Galera), RabbitMQ, Redis with its Sentinel, web, worker and beat on each, behind HAProxy."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from config.run import demo
from tests.support import (
    hosts,
    own_galera,
    own_haproxy,
    own_mariadb,
    own_rabbitmq,
    own_rabbitmqs,
    own_redis,
    own_s3,
    own_sentinel,
)
from tests.support.forked import Process, Starter
from tests.support.hosts import Host, Hosts
from tests.support.own import OwnServer
from tests.support.own_galera import GaleraServer
from tests.support.own_haproxy import Gateway, OwnHAProxy
from tests.support.own_rabbitmqs import RabbitNode
from tests.support.own_s3 import OwnS3
from tests.support.own_sentinel import Guarded
from tests.support.stack import Stack, free_port

NEEDS: dict[str, Any] = {
    "MariaDB": own_mariadb, "Galera and rsync": own_galera, "RabbitMQ": own_rabbitmq, "Redis": own_redis,
    "HAProxy": own_haproxy, "moto": own_s3,
}  # fmt: skip


def missing() -> list[str]:
    """Return what is not installed here of what the three hosts need."""
    return [name for name, server in NEEDS.items() if not server.is_here()]


class Machine:
    """One host with its servers and the processes of the site on it."""

    def __init__(self, host: Host, servers: list[OwnServer], web_port: int) -> None:
        self.host, self.servers, self.web_port = host, servers, web_port
        self.processes: dict[str, Process] = {}

    @property
    def web(self) -> str:
        """Return where its web takes connections."""
        return f"{self.host.address}:{self.web_port}"

    def lose_power(self) -> None:
        """SIGKILL all that runs on it, at once."""
        for process in self.processes.values():
            process.kill()
        for server in self.servers:
            server.kill()
        self.end_processes()

    def end_processes(self) -> None:
        """SIGKILL what of the site still runs on it."""
        for process in self.processes.values():
            process.kill()
            process.wait()


class HostedStack(Stack):
    """The site itself; the machine that runs the tests has the sandbox, the proxy and the files."""

    def __init__(self, machines: list[Machine], proxy: OwnHAProxy, seats: dict[str, int], **environment: str) -> None:
        super().__init__(seats, workers=0, threads=2, **environment)
        self.machines, self.url = machines, proxy.url
        self.sandbox_port = int(environment["SANDBOX_PORT"])
        self.sandbox = f"http://127.0.0.1:{self.sandbox_port}"
        self.platforms = self.sandbox
        self.player = demo.Player(self.sandbox)

    def start_web(self, port: int = 0, *, through: tuple[str, ...] = (), **extra: str) -> None:
        """Start all that runs on each of the machines."""
        for machine in self.machines:
            self.start_all_on(machine)

    def start_beat(self, name: str = "") -> Process:
        """Do nothing: each machine has its own."""
        return self.machines[0].processes["beat"]

    def health(self) -> dict[str, Any]:
        """Return what the site says; "unreachable" also where it is the proxy that answers."""
        with contextlib.suppress(ValueError):
            return super().health()
        return {"status": "unreachable", "checks": {}}

    def start_all_on(self, machine: Machine) -> None:
        """Start web, worker and beat on a machine, as it does when it is switched on."""
        home = self.home / f"host{machine.host.number}"
        home.mkdir(exist_ok=True)
        own = {"DATA_DIR": str(home), "BIND": machine.web, "BROKER_URL": self._brokers(machine)}
        starter = Starter({**self.environment, **own}, home / "site.log", alone=True, inside=machine.host.inside)
        celery = ("-m", "celery", "-A", "config", "-q", "--skip-checks")
        worker = ("worker", "--pool", "threads", "--concurrency", "2", "--hostname", f"w{machine.host.number}")
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")
        programs = {
            "web": ("-m", "config.run.web"),
            "worker": (*celery, *worker, *quiet),
            "beat": (*celery, "beat", "--pidfile="),
        }
        for name, words in programs.items():
            with open(self.home / f"host{machine.host.number}-{name}.log", "ab") as log:
                machine.processes[name] = starter.python(list(words), {}, log, log)
        self.others = [self.sandbox_process] if hasattr(self, "sandbox_process") else []
        self.others += [process for one in self.machines for process in one.processes.values()]

    def _brokers(self, machine: Machine) -> str:
        """Return the brokers' addresses, the machine's own first."""
        urls = sorted(self.environment["BROKER_URL"].split(";"), key=lambda url: f"@{machine.host.address}:" not in url)
        return ";".join(urls)


class Site:
    """The site, its machines and the network between them."""

    def __init__(self, network: Hosts, stack: HostedStack, redis: Guarded, files: OwnS3) -> None:
        self.network, self.stack, self.redis, self.files = network, stack, redis, files
        self.machines = stack.machines

    def switch_on(self, machine: Machine) -> None:
        """Start all that a machine has, its servers first; return once they serve."""
        for server in machine.servers:
            server.begin()
        for server in machine.servers:
            server.wait_ready()
        self.stack.start_all_on(machine)


@contextlib.contextmanager
def site(seats: dict[str, int], **environment: str) -> Iterator[Site]:
    """Start all of it."""
    with contextlib.ExitStack() as entered:
        network = entered.enter_context(hosts.three())
        databases = entered.enter_context(own_galera.cluster(network.all))
        brokers = entered.enter_context(own_rabbitmqs.cluster(network.all))
        redis = entered.enter_context(own_sentinel.guarded(network.all, network.all))
        files = entered.enter_context(OwnS3(network.outside))
        machines = [
            Machine(host, [*servers], host.free_port())
            for host, *servers in zip(network.all, databases, brokers, redis.servers, redis.sentinels, strict=True)
        ]
        for machine in machines:
            entered.callback(machine.end_processes)
        sandbox_port = free_port()
        proxy = OwnHAProxy(network.outside, [one.web for one in machines], f"127.0.0.1:{sandbox_port}")
        entered.enter_context(proxy)
        for machine in machines if network.can_be_cut else ():
            way = Gateway(machine.host, sandbox_port, f"{proxy.host}:{proxy.beside_port}")
            machine.servers.append(entered.enter_context(way))
        addresses = _addresses(databases, brokers, redis) | files.settings()
        named = {"PUBLIC_URL": proxy.url, "SANDBOX_BRIDGE_URL": proxy.url, "SANDBOX_PORT": str(sandbox_port)}
        named |= {"FORWARDED_ALLOW_IPS": proxy.host, "MEDIA_ALLOW_PRIVATE": "1"}
        stack = HostedStack(
            machines, proxy, seats, server=addresses.pop("DATABASE_URL"), **addresses, **named, **environment
        )
        yield Site(network, entered.enter_context(stack), redis, files)


def _addresses(databases: list[GaleraServer], brokers: list[RabbitNode], redis: Guarded) -> dict[str, str]:
    where = ",".join(f"{one.host}:{one.port}" for one in databases)
    return {
        "DATABASE_URL": f"mysql://root@{where}/bridge",
        "REDIS_URL": redis.url,
        "BROKER_URL": ";".join(one.url for one in brokers),
        "BROKER_QUORUM": "1",
    }
