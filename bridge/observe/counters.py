"""What every process counts for Prometheus: doors, deliveries, tokens, turns, desks. Nothing personal is in a name or a label.

Each process keeps its numbers in files of its own below `settings.METRICS_DIR` (prometheus_client's multi-process mode), which
several containers may share; whoever is asked adds up all of them. A process that is forked begins with files of its own.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector

from bridge.base.flight import is_alive

logger = logging.getLogger(__name__)

LEFT_FOR = 7 * 24 * 3600  # seconds for which the numbers of a process that is gone are kept
_HOST = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())
_LIVE = re.compile(rf"gauge_live\w+_{re.escape(_HOST)}-(\d+)\.db")

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the variable in which prometheus_client looks for the folder
KINDS = ("counter", "histogram", "gauge_livesum")
ROOM = 128 * 1024  # bytes of a file; all that is counted takes a fifth of it
_begun = ""


def _process() -> str:
    """Return the name under which this process keeps its numbers; it makes the files when it is first asked.

    Two containers may have the same process ids and the same folder.
    """
    global _begun
    name = f"{_HOST}-{os.getpid()}"
    if name != _begun:
        os.environ[FOLDER] = str(_room_for(name))
        _begun = name
    return name


def _room_for(name: str) -> Path:
    """Return the folder, with files of full length: to write where a disk has become full would end the process (SIGBUS).

    Where there is no room, or no right to write, it is a folder that nobody adds up: to count is no message's business.
    """
    folder: Path = settings.METRICS_DIR
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind in KINDS:
            with contextlib.suppress(FileExistsError), (folder / f"{kind}_{name}.db").open("xb") as file:
                file.write(bytes(ROOM))
    except OSError:
        logger.warning("%s takes no files: what this process counts is not seen", folder)
        memory = Path("/dev/shm")  # noqa: S108
        return Path(tempfile.mkdtemp(prefix="bridge-metrics-", dir=memory if memory.is_dir() else None))
    return folder


if settings.METRICS_TOKEN:  # else nobody asks, and each process counts in its memory alone
    values.ValueClass = values.MultiProcessValue(_process)

DOOR = Histogram(
    "bridge_door_seconds",
    "Seconds from a callback's arrival to its acknowledgement",
    ["platform", "status"],
    registry=None,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5),
)
DELIVERIES = Counter(
    "bridge_deliveries",
    "Tries of deliveries by what became of them; the code is the platform's",
    ["platform", "state", "code"],
    registry=None,
)
TOKENS = Counter(
    "bridge_token_fetches", "Access tokens that were asked for, by the code of the answer", ["code"], registry=None
)
TURNS = Histogram(
    "bridge_turn_seconds",
    "Seconds that a worker stayed with a lane, or with several at once",
    ["lanes"],
    registry=None,
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60),
)
DESKS = Gauge(
    "bridge_desks_connected",
    "Event streams that are open: of desks, and of programs",
    ["kind"],
    registry=None,
    multiprocess_mode="livesum",
)
COUNTED = (DOOR, DELIVERIES, TOKENS, TURNS, DESKS)


@contextlib.contextmanager
def turn(lanes: str) -> Iterator[None]:
    """Count how long a worker stays with its lanes: "one" or "several"."""
    began = time.monotonic()
    try:
        yield
    finally:
        TURNS.labels(lanes).observe(time.monotonic() - began)


def register(registry: CollectorRegistry) -> None:
    """Let a registry have the sums over all processes."""
    forget_the_dead()
    settings.METRICS_DIR.mkdir(parents=True, exist_ok=True)
    MultiProcessCollector(registry, path=str(settings.METRICS_DIR))


def forget_the_dead() -> None:
    """Take away what a process that is gone said of its present, and all that is old."""
    oldest = time.time() - LEFT_FOR
    for path in settings.METRICS_DIR.glob("*.db"):
        found = _LIVE.fullmatch(path.name)
        with contextlib.suppress(FileNotFoundError):
            if (found and not is_alive(int(found[1]))) or path.stat().st_mtime < oldest:
                path.unlink()
