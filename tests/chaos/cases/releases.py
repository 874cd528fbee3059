"""An upgrade without a pause, as docs/operations.md has it, and the way back: two releases side by side."""

from __future__ import annotations

import time
from pathlib import Path

from tests.chaos import next_release
from tests.chaos.cases.base import case
from tests.chaos.cases.processes import STOPPED_WITHIN
from tests.chaos.scene import Scene
from tests.support.forked import Process
from tests.support.stack import Stack, free_port, lives
from tests.support.waiting import wait_until

SIDE_BY_SIDE = 8.0  # seconds
READY_WITHIN = 60.0  # seconds, for a web on a busy machine
WRITTEN = "from bridge.models import Message as M; print(*[M.objects.filter(next_note=one).count() for one in ('next', None)])"


@case("the next release beside this one, its tables grown under load, and the way back")
def next_release_beside(scene: Scene) -> None:
    site, second = scene.site, free_port()
    with next_release.made(site) as folder:
        start_web(site, second)  # one web goes after the other, behind the proxy
        lead(scene, site.port, second)
        with site.code_in(folder):
            site.manage("migrate", "-v0")
        time.sleep(SIDE_BY_SIDE / 2)  # old code, new tables
        upgrade(scene, folder, second)
        check_both_wrote(site, folder)
        go_back(scene)


def upgrade(scene: Scene, folder: Path, second: int) -> None:
    """Start the new release's processes beside the old one's, whose connections go to both; then the old one ends."""
    site, third = scene.site, free_port()
    old = [site.web, site.others[-1], site.beat, *site.workers]
    with site.code_in(folder):
        site.workers[:] = [site.start_worker() for _worker in site.workers]
        start_web(site, third)
        lead(scene, second, third)
        stop(old[:1])
        time.sleep(SIDE_BY_SIDE)
        lead(scene, third)
        stop(old[1:])
        site.start_beat()
    time.sleep(SIDE_BY_SIDE / 2)


def check_both_wrote(site: Stack, folder: Path) -> None:
    """Look whether the new release wrote what it alone knows, beside what the old one wrote without."""
    with site.code_in(folder):
        assert site.manage("version").startswith(next_release.VERSION)
        new, old = map(int, site.manage("shell", "-v0", "-c", WRITTEN).split()[-2:])
    assert new, "the next release has written nothing"
    assert old, "this release has written nothing"


def go_back(scene: Scene) -> None:
    """Start this release's processes beside the new one's, on the tables as they are; then the new one ends."""
    site = scene.site
    new = [site.others[-2], site.beat, *site.workers]
    site.workers[:] = [site.start_worker() for _worker in site.workers]
    site.start_web()
    wait_ready(site.port)
    lead(scene, site.port)
    time.sleep(SIDE_BY_SIDE / 2)
    stop(new)
    site.start_beat()
    scene.wait_healthy()


def lead(scene: Scene, *ports: int) -> None:
    """Let new connections of the platforms go to the webs at these ports, in turn."""
    assert scene.entrance
    scene.entrance.to[:] = ports


def start_web(site: Stack, port: int) -> None:
    site.start_web(port)
    wait_ready(port)


def wait_ready(port: int) -> None:
    """Wait until the web at the port answers. Raises: Overdue."""
    wait_until(lambda: lives(port), READY_WITHIN, said=lambda: f"the web at {port} does not answer")


def stop(processes: list[Process]) -> None:
    """Tell them to stop, and wait until they have. `subprocess.TimeoutExpired` where one takes too long."""
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(STOPPED_WITHIN)
