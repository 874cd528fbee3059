"""The disk that holds the site's data fills up under load and is freed again: no message is lost, doubled or out of order.

On the embedded site database, Valkey, files and logs share that disk; on services MariaDB has it for itself.
"""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.cases import Case
from tests.chaos.cases.base import REFUSED, UNKNOWN
from tests.chaos.load import open_chats
from tests.chaos.play import broken
from tests.chaos.scene import SEATS, SETTINGS, Scene
from tests.support.lines import Line
from tests.support.own_mariadb import OwnMariaDB, is_here
from tests.support.stack import Stack, services

pytestmark = [pytest.mark.workers, pytest.mark.timeout(600)]
MEGABYTES, FULL_SECONDS, PATIENCE = 400, 8.0, 240.0


@pytest.fixture
def disk() -> Iterator[Path]:
    """A file system of its own; left out where we may not mount one. Its path is short, as that of a socket must be."""
    place = Path(tempfile.mkdtemp(prefix="bridge-disk-"))
    words = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}M", "tmpfs", str(place)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("a file system cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)
    place.rmdir()


@contextlib.contextmanager
def homes_below(folder: Path) -> Iterator[None]:
    """Whatever is started inside the block keeps its files below the folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        yield


def fill(disk: Path) -> None:
    """Leave no byte, and take what others free meanwhile; a while later there is room again."""
    ends = time.monotonic() + FULL_SECONDS
    with (disk / "fill").open("wb", buffering=0) as file:
        while time.monotonic() < ends:
            with contextlib.suppress(OSError):
                while time.monotonic() < ends:
                    file.write(bytes(4096))
            time.sleep(0.01)
    (disk / "fill").unlink()


@contextlib.contextmanager
def supervised(site: Stack) -> Iterator[None]:
    """Start each process that ends meanwhile anew, as a supervisor does."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.5):
            for position, worker in enumerate(site.workers):
                if worker.poll() is not None:
                    site.workers[position] = site.start_worker()
            if site.web.poll() is not None:
                site.start_web()
            if site.beat.poll() is not None:
                site.start_beat()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def broken_by_full(
    site: Stack, disk: Path, health: Callable[[dict[str, Any]], bool], revive: Callable[[], None] = lambda: None
) -> list[str]:
    """Return what no promise allows of the messages that went both ways; `health` says whether the site noticed at all.

    `revive` starts what has ended and is none of the site's own processes.
    """
    scene = Scene(site, Line(site.sandbox_port), Line(0), None, None, None, open_chats(site))
    noticed: list[bool] = []

    def do(_scene: Scene) -> None:
        asked = threading.Timer(FULL_SECONDS * 0.8, lambda: noticed.append(health(site.health())))
        asked.start()
        fill(disk)
        revive()
        asked.join()

    case = Case("disk full", do, allowed=UNKNOWN | REFUSED, within=PATIENCE)
    with supervised(site):
        found = broken(scene, case, "d.", PATIENCE)
    assert noticed == [True]
    return found


@pytest.mark.embedded
def test_the_embedded_sites_disk(disk, monkeypatch):
    for name in ("STACK_DATABASE_URL", "STACK_REDIS_URL", "STACK_BROKER_URL"):
        monkeypatch.delenv(name, raising=False)
    with homes_below(disk), Stack(SEATS, workers=2, threads=2, **SETTINGS) as site:
        assert broken_by_full(site, disk, lambda health: health["checks"]["redis"] == "down") == []


@pytest.mark.services
@pytest.mark.once
@pytest.mark.skipif(not is_here(), reason="needs MariaDB's server to start one of its own")
def test_the_databases_disk(disk):
    with homes_below(disk):
        database = OwnMariaDB()

    def revive() -> None:
        """MariaDB ends where it can write no page that it must write; an administrator's systemd starts it again."""
        if not database.is_ready():
            database.kill()
            database.start()

    given = {name: url for name, url in services().items() if name != "DATABASE_URL"}
    with database, Stack(SEATS, workers=2, threads=2, server=database.url, **SETTINGS, **given) as site:
        assert broken_by_full(site, disk, lambda health: bool(health["waiting_for_database"]), revive) == []
