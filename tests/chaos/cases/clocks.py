"""Clocks that are set five minutes forth and back while everything runs; the platforms' clocks stay right."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.cases.base import UNKNOWN, case
from tests.chaos.scene import Scene

STEP = 300  # seconds


def set_clock(file: Path, seconds: int) -> None:
    """Let all look at the same wrong time at once."""
    other = file.with_suffix(".new")
    other.write_text(f"{seconds}")
    other.replace(file)


@contextlib.contextmanager
def shifted(scene: Scene) -> Iterator[Path]:
    """Run web and workers with a clock that can be set, which a file says by how much."""
    file = scene.site.home / "clock"
    set_clock(file, 0)
    _restart(scene, "tests.chaos.shifted", str(file))
    try:
        yield file
    finally:
        set_clock(file, 0)
        _restart(scene)


def _restart(scene: Scene, *through: str) -> None:
    site = scene.site
    for process in (site.web, *site.workers):
        process.terminate()
    for process in (site.web, *site.workers):
        process.wait(15)
    site.start_web(through=through)
    site.workers[:] = [site.start_worker(*through) for _worker in site.workers]
    scene.wait_healthy()


@case("clocks set 5 min forth and back", allowed=UNKNOWN)
def clocks_set(scene: Scene) -> None:
    with shifted(scene) as file:
        for seconds in (STEP, 0, -STEP, 0):
            time.sleep(4)
            set_clock(file, seconds)
        time.sleep(4)
