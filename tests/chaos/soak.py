"""`make soak`: a site under steady load for an hour (MINUTES=3 for less): does anything grow that should not?

Prints how each value rose, and ends with exit code 1 where one rose more than it may, or a message was lost, doubled or
reordered. WRITE=1 writes the table into docs/chaos.md.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import defaultdict

from tests.chaos import page
from tests.chaos.gauges import bound_of, measure
from tests.chaos.load import Load, Screens, wait_until_through
from tests.chaos.rows import row
from tests.chaos.scene import Scene, missing, set_up
from tests.chaos.slopes import Rise, rise
from tests.run import shout

MINUTES = float(os.environ.get("MINUTES", "60"))
PAUSE = 1.0  # seconds between two messages of a customer, and of their seat
SAMPLES = 200  # of each value, in the whole time
MOST_OFTEN = 5.0  # seconds between two
MARK = "soak."


def soak(scene: Scene, screens: Screens, seconds: float) -> list[Rise]:
    """Let messages go both ways for so long; return how each value rose."""
    series: dict[str, list[tuple[float, float]]] = defaultdict(list)
    began = time.monotonic()
    with Load(scene.site, scene.peers, MARK, PAUSE):
        while (passed := time.monotonic() - began) < seconds:
            for name, value in measure(scene).items():
                series[name].append((passed, value))
            screens.read()
            time.sleep(max(MOST_OFTEN, seconds / SAMPLES))
    return [rise(name, points, bound_of(name)) for name, points in sorted(series.items())]


def main() -> None:
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit("stopped"))
    if absent := missing():
        shout(f"Not installed here, so not measured: {', '.join(absent)}")
    with set_up() as scene:
        screens = Screens(scene.site)
        rises = soak(scene, screens, 60 * MINUTES)
        ended = time.time()
        owed = wait_until_through(scene.site, screens, MARK)
        line = row("the soak", MARK, screens.read(), owed, ended)
    for cells in [page.SOAK_HEAD, *(one.cells() for one in rises), page.HEAD, line.cells()]:
        print(page.line(cells), flush=True)
    if os.environ.get("WRITE"):
        page.write_soak(rises, line, MINUTES)
    broken = [f"{one.name} rose from {one.first:.1f} to {one.last:.1f}" for one in rises if one.is_too_much]
    if broken := broken + line.broken(()):
        sys.exit("\n".join(["", "More than it may be:", *broken]))


if __name__ == "__main__":
    main()
