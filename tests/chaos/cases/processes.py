"""The site's own processes: killed, frozen, restarted, too many."""

from __future__ import annotations

import signal
import time

from tests.chaos.cases.base import UNKNOWN, case
from tests.chaos.scene import Scene

STOPPED_WITHIN = 15  # seconds


@case("nothing at all")
def nothing(scene: Scene) -> None:
    time.sleep(3)


@case("workers killed, one a second", allowed=UNKNOWN)
def workers_killed(scene: Scene) -> None:
    for number in range(6):
        scene.site.kill_worker(number % len(scene.site.workers))
        time.sleep(1)


@case("a worker frozen for longer than its leases", allowed=UNKNOWN)
def worker_frozen(scene: Scene) -> None:
    scene.site.workers[0].send_signal(signal.SIGSTOP)
    time.sleep(9)
    scene.site.workers[0].send_signal(signal.SIGCONT)
    time.sleep(1)


@case("all workers gone for 10 s", allowed=UNKNOWN)
def workers_gone(scene: Scene) -> None:
    for worker in scene.site.workers:
        worker.kill()
        worker.wait()
    time.sleep(10)
    scene.site.workers[:] = [scene.site.start_worker() for _worker in scene.site.workers]


@case("web killed, back after 2 s")
def web_killed(scene: Scene) -> None:
    scene.site.web.kill()
    scene.site.web.wait()
    time.sleep(2)
    scene.site.start_web()
    scene.wait_healthy()


@case("web restarted three times")
def web_restarted(scene: Scene) -> None:
    for _time in range(3):
        scene.site.web.terminate()
        scene.site.web.wait(15)
        scene.site.start_web()
        time.sleep(3)
    scene.wait_healthy()


@case("workers restarted one after another (SIGTERM)")
def workers_restarted(scene: Scene) -> None:
    """As a new release does: the others go on, so there is always work."""
    for number, worker in enumerate(scene.site.workers):
        worker.terminate()
        worker.wait(STOPPED_WITHIN)
        scene.site.workers[number] = scene.site.start_worker()
        time.sleep(2)


@case("two beats")
def two_beats(scene: Scene) -> None:
    second = scene.site.start_beat("beat2")
    time.sleep(8)
    second.terminate()
    second.wait(15)


@case("everything told to stop (SIGTERM), then started again")
def everything_stopped(scene: Scene) -> None:
    site, began = scene.site, time.monotonic()
    running = [site.web, site.beat, *site.workers]
    for process in running:
        process.terminate()
    for process in running:
        process.wait(STOPPED_WITHIN)
    assert time.monotonic() - began < STOPPED_WITHIN, "it took 15 s and more to stop"
    site.start_web()
    site.start_beat()
    site.workers[:] = [site.start_worker() for _worker in site.workers]
    scene.wait_healthy()
