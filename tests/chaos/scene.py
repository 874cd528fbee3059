"""The site that things are done to, with servers of its own, and what can be done to them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.chaos.load import open_chats
from tests.support import own_mariadb, own_rabbitmq, own_redis
from tests.support.lines import Line
from tests.support.own_mariadb import OwnMariaDB
from tests.support.own_rabbitmq import OwnRabbitMQ
from tests.support.own_redis import OwnRedis
from tests.support.stack import Stack
from tests.support.waiting import wait_until

SEATS = {"alice": 6, "bob": 6}
SETTINGS = {
    # A repeat every five seconds, three times, as WeChat does.
    "SANDBOX_TRIES": "4",
    "SANDBOX_REPEAT_SECONDS": "5",
    # Shorter than usual, so that a case with a silent platform is over soon.
    "HTTP_TIMEOUT": "3",
}
SERVERS: dict[str, Any] = {"MariaDB": own_mariadb, "Redis": own_redis, "RabbitMQ": own_rabbitmq}
SENDS = ("message/custom/send", "openim/sendmsg")


@dataclass
class Scene:
    """A running site, with lines to the platforms and the broker that can be cut; what is not installed here is None.

    The platforms come to the site through the `entrance`, as through a reverse proxy; straight where there is none.
    """

    site: Stack
    platforms: Line
    to_broker: Line
    database: OwnMariaDB | None
    redis: OwnRedis | None
    broker: OwnRabbitMQ | None
    peers: dict[int, tuple[str, str]]
    entrance: Line | None = None

    def sends(self, **fault: Any) -> None:
        """Let both platforms meet the site's messages with a fault of the sandbox, until `calm`."""
        for path in SENDS:
            self.site.player.post("fault", path=path, times=10**6, **fault)

    def calm(self) -> None:
        """Let both platforms work again."""
        self.site.player.post("calm")

    def wait_healthy(self, seconds: float = 60) -> None:
        """Wait until the site says that nothing is down. Raises: Overdue."""
        is_up = lambda: self.site.health()["status"] not in ("down", "unreachable")  # noqa: E731
        wait_until(is_up, seconds, said=lambda: f"{self.site.health()}\n{self.site.logs()}", pause=0.3)


def missing() -> list[str]:
    """Return the servers that are not installed here."""
    return [name for name, server in SERVERS.items() if not _is_wanted(server)]


def _is_wanted(server: Any) -> bool:
    return not os.environ.get("EMBEDDED") and bool(server.is_here())


@contextlib.contextmanager
def set_up() -> Iterator[Scene]:
    """Start what is installed, and a site on it; what is not is embedded, as in `make run`."""
    with contextlib.ExitStack() as entered:
        # Nothing is ever done to servers that were there before.
        names = ("STACK_DATABASE_URL", "STACK_REDIS_URL", "STACK_BROKER_URL")
        entered.callback(os.environ.update, {name: os.environ.pop(name) for name in names if name in os.environ})
        database = entered.enter_context(OwnMariaDB()) if _is_wanted(own_mariadb) else None
        redis = entered.enter_context(OwnRedis()) if _is_wanted(own_redis) else None
        broker = entered.enter_context(OwnRabbitMQ()) if _is_wanted(own_rabbitmq) else None
        to_broker = Line(broker.port if broker else 0)
        entered.callback(to_broker.close)
        cut = f"amqp://guest:guest@127.0.0.1:{to_broker.port}//"
        addresses = {"REDIS_URL": redis.url if redis else "", "BROKER_URL": cut if broker else ""}
        server = database.url if database else ""
        entrance = Line()
        entered.callback(entrance.close)
        addresses["SANDBOX_BRIDGE_URL"] = f"http://127.0.0.1:{entrance.port}"
        site = Stack(SEATS, workers=2, threads=2, server=server, **SETTINGS, **addresses)
        entrance.to.append(site.port)
        platforms = Line(site.sandbox_port)
        site.platforms = f"http://127.0.0.1:{platforms.port}"
        entered.callback(platforms.close)
        entered.enter_context(site)
        try:
            peers = open_chats(site)
        except TimeoutError:
            print(site.logs())
            raise
        yield Scene(site, platforms, to_broker, database, redis, broker, peers, entrance)
