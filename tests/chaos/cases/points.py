"""Processes killed at the marked points, one line a point."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator

from tests.chaos.cases.base import BROKER, DATABASE, UNKNOWN, Case, add
from tests.chaos.load import openid
from tests.chaos.points import POINTS, Found, Point
from tests.chaos.scene import Scene
from tests.support.forked import Process
from tests.support.waiting import Overdue, wait_until

PATIENCE = 60.0  # seconds until a process comes to its point
TIMES = (1, 3)  # it dies when it is there for the first time, then for the third
WAITING = 2.0  # seconds of messages that are found at once


def through(point: Point, times: int) -> tuple[str, ...]:
    """Return the words that put the mark around a program."""
    return "tests.chaos.marked", str(POINTS.index(point)), str(times)


def _start(scene: Scene, point: Point, times: int) -> Process:
    """Start a worker that dies there; with one thread, so that nothing else is interrupted."""
    return scene.site.start_worker(*through(point, times), threads=1)


def wait_dead(process: Process, point: Point) -> None:
    """Wait until it dies at its point. AssertionError, and it is dead as well, where it does not come there."""
    try:
        wait_until(
            lambda: process.poll() is not None, PATIENCE, said=lambda: f"it never came there: {point.name}", pause=0.05
        )
    except Overdue:
        process.kill()
        raise
    assert process.returncode == -9, f"it ended with {process.returncode} before it came there: {point.name}"


def kill_worker_at(scene: Scene, point: Point) -> None:
    """Let one of the workers die at the point, again and again, while the other goes on."""
    kill_one_worker(scene, [(point, times) for times in TIMES])


def kill_one_worker(scene: Scene, deaths: Iterable[tuple[Point, int]]) -> None:
    """Let one of the workers die at each of these points, when it is there for so many times, while the other goes on."""
    workers = scene.site.workers
    _stop(workers[:1])
    try:
        for point, times in deaths:
            workers[0] = _start(scene, point, times)
            wait_dead(workers[0], point)
    finally:
        workers[0].kill()
        workers[0] = scene.site.start_worker()


def kill_worker_before_many(scene: Scene, point: Point) -> None:
    """Let messages of all customers wait for the one worker, which dies at the point; then again."""
    kill_all_workers(scene, [(point, times) for times in (1, 2)])


def kill_all_workers(scene: Scene, deaths: Iterable[tuple[Point, int]]) -> None:
    """Let messages of all customers wait for the one worker that dies at each of these points."""
    with _no_workers(scene):
        for point, times in deaths:
            time.sleep(WAITING)
            wait_dead(_start(scene, point, times), point)


def kill_worker_after_outage(scene: Scene, point: Point) -> None:
    """Let messages wait for the database, and the worker die that stores them first."""
    with _no_workers(scene):
        scene.site.refuse_database()
        time.sleep(WAITING)
        scene.site.admit_database()
        wait_dead(_start(scene, point, 1), point)


def kill_web_at(scene: Scene, point: Point) -> None:
    """Let the web process die at the point, again and again; the platforms repeat what it did not acknowledge."""
    for times in TIMES:
        start_marked_web(scene, point, times)
        wait_dead(scene.site.web, point)
    scene.site.start_web()
    scene.wait_healthy()


def start_marked_web(scene: Scene, point: Point, times: int) -> None:
    """Start a web process that dies there, in place of the one that runs."""
    _stop([scene.site.web])
    scene.site.start_web(through=through(point, times))


def kill_web_without_database(scene: Scene, point: Point) -> None:
    """Take the database away once the web process knows the accounts: one that starts without it can take no push."""
    for times in TIMES:
        start_marked_web(scene, point, times)
        wait_for_push(scene)
        scene.site.refuse_database()
        try:
            wait_dead(scene.site.web, point)
        finally:
            scene.site.admit_database()
    scene.site.start_web()
    scene.wait_healthy()


def wait_for_push(scene: Scene) -> None:
    """Wait until the web process has taken a push. What the platforms could not push before, they repeat only after a while."""
    words = f"are you there? {time.time()}"
    scene.site.player.post("customer", account="shop", openid=openid(0), text=words)
    scene.site.player.wait_for(words, "im", PATIENCE)


@contextlib.contextmanager
def _no_workers(scene: Scene) -> Iterator[None]:
    workers = scene.site.workers
    _stop(workers)
    try:
        yield
    finally:
        workers[:] = [scene.site.start_worker() for _worker in workers]


def _stop(processes: list[Process]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(15)


HOW: dict[Found, tuple[Callable[[Scene, Point], None], tuple[str, ...]]] = {
    Found.LOAD: (kill_worker_at, ()),
    Found.SEVERAL: (kill_worker_before_many, ()),
    Found.SPILLED: (kill_worker_after_outage, (DATABASE, BROKER)),
    Found.WEB: (kill_web_at, ()),
    Found.WEB_ALONE: (kill_web_without_database, (DATABASE, BROKER)),
}


def case_of(point: Point) -> Case:
    """Return the case that kills a process at the point."""
    kill, needs = HOW[point.found]
    who = "web" if point.found in (Found.WEB, Found.WEB_ALONE) else "worker"
    allowed = UNKNOWN if point.unknown else frozenset()
    return Case(f"{who} killed: {point.name}", lambda scene: kill(scene, point), needs, allowed)


for _point in POINTS:
    add(case_of(_point))
