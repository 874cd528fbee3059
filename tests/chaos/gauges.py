"""What a soak measures: each process of the site, and what its servers hold."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psutil
import redis

from tests.chaos.scene import Scene
from tests.chaos.slopes import Bound

MEMORY = Bound("MB", noise=10, hourly=20)
FILES = Bound("", noise=6, hourly=6)
CONNECTIONS = Bound("", noise=6, hourly=6)
KEYS = Bound("", noise=25, hourly=25)
WAITING = Bound("", noise=50, hourly=50)
MB = 1024**2
Measured = dict[str, float]


def bound_of(name: str) -> Bound | None:
    """Return how much a value may rise; the sandbox keeps all messages, and the database fills its buffer pool."""
    if name.startswith(("sandbox", "MariaDB: memory")):
        return None
    ends = {"memory": MEMORY, "files": FILES, "connections": CONNECTIONS, "keys": KEYS, "waiting": WAITING}
    return ends[name.rsplit(" ", 1)[-1]]


def measure(scene: Scene) -> Measured:
    """Return all values now, by their names."""
    found: Measured = {}
    for name, pid in _processes(scene):
        with contextlib.suppress(psutil.Error):
            found |= _of_process(name, psutil.Process(pid))
    return found | _of_redis(scene) | _of_broker(scene) | _of_database(scene)


def _processes(scene: Scene) -> Iterator[tuple[str, int]]:
    site = scene.site
    yield from [("web", site.web.pid), ("beat", site.beat.pid), ("sandbox", site.sandbox_process.pid)]
    yield from ((f"worker {number}", worker.pid) for number, worker in enumerate(site.workers, 1))


def _of_process(name: str, process: psutil.Process) -> Measured:
    with process.oneshot():
        return {
            f"{name}: memory": process.memory_info().rss / MB,
            f"{name}: files": float(process.num_fds()),
            f"{name}: connections": float(len(process.net_connections())),
        }


def _of_redis(scene: Scene) -> Measured:
    if not scene.redis:
        return {}
    client = redis.Redis(port=scene.redis.port, socket_timeout=5)
    info = client.info()
    found = {"memory": info["used_memory"] / MB, "keys": client.dbsize(), "connections": info["connected_clients"]}
    return {f"Redis: {name}": float(value) for name, value in found.items()}


def _of_broker(scene: Scene) -> Measured:
    if not scene.broker:
        return {}
    lines = scene.broker.control("list_queues", "messages", "--no-table-headers").split()
    connections = scene.broker.control("list_connections", "pid", "--no-table-headers").splitlines()
    return {"RabbitMQ: waiting": float(sum(map(int, lines))), "RabbitMQ: connections": float(len(connections))}


def _of_database(scene: Scene) -> Measured:
    site = scene.site
    found: Measured = {}
    if scene.database:
        with site.cursor() as cursor:
            cursor.execute("SHOW STATUS LIKE 'Threads_connected'")
            found["MariaDB: connections"] = float(cursor.fetchone()[1])
            cursor.execute(f"SELECT COUNT(*) FROM {site.database}.bridge_inboundevent WHERE state = 0")
            found["inbox: waiting"] = float(cursor.fetchone()[0])
            cursor.execute(f"SELECT COUNT(*) FROM {site.database}.bridge_delivery WHERE state IN ('queued', 'sending')")
            found["outbox: waiting"] = float(cursor.fetchone()[0])
        found["MariaDB: memory"] = psutil.Process(scene.database.pid).memory_info().rss / MB
    return found
