"""`make chaos`: does one thing after another to a site under load, and prints what came of the messages.

CASES="redis broker" chooses those in whose names one of the words is; WRITE=1 writes the table into docs/chaos.md too. It
touches only servers that it has started itself. Exit code 1 where something happened that no promise allows.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections import deque

from tests.chaos import page
from tests.chaos.cases import CASES, Case
from tests.chaos.load import Screens
from tests.chaos.play import play
from tests.chaos.rows import Row
from tests.chaos.scene import Scene, missing, set_up
from tests.run import shout


def chosen(absent: list[str]) -> list[Case]:
    """Return the cases that were asked for and can be played here."""
    words = os.environ.get("CASES", "").lower().split()
    wanted = [one for one in CASES if not words or any(word in one.name.lower() for word in words)]
    attributes = {"MariaDB": "database", "Redis": "redis", "RabbitMQ": "broker"}
    out = {attributes[name] for name in absent}
    if left := [one.name for one in wanted if out & set(one.needs)]:
        shout(f"Not installed here: {', '.join(absent)}. LEFT OUT: {'; '.join(left)}")
    return [one for one in wanted if not out & set(one.needs)]


def play_all(cases: list[Case]) -> tuple[list[Row], list[str]]:
    """Play the cases, on a new site where one could not be ended; return the table's lines, and what no promise allows."""
    rows: list[Row] = []
    broken: list[str] = []
    print(page.line(page.HEAD), flush=True)
    left = deque(enumerate(cases))
    while left:
        with set_up() as scene:
            play_on(scene, left, rows, broken)
    return rows, broken


def play_on(scene: Scene, left: deque[tuple[int, Case]], rows: list[Row], broken: list[str]) -> None:
    """Play what is left on this site, until one case cannot be played to its end."""
    screens = Screens(scene.site)
    while left:
        number, case = left.popleft()
        try:
            found = play(scene, screens, case, f"k{number}.")
        except Exception:
            traceback.print_exc()
            print(scene.site.logs())
            broken.append(f"{case.name}: it could not be played to its end")
            return
        wrong = case.broken(found)
        print(page.line(found.cells()), f"✗ {', '.join(wrong)}" if wrong else "", flush=True)
        rows.append(found)
        broken += [f"{case.name}: {one}" for one in wrong]


def main() -> None:
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit("stopped"))  # its servers are stopped then, too
    absent = missing()
    cases = chosen(absent)
    if not cases:
        sys.exit("There is no such case.")
    rows, broken = play_all(cases)
    if os.environ.get("WRITE") and rows:
        page.write(rows, [one.name for one in CASES])
    if broken:
        sys.exit("\n".join(["", "What no promise allows:", *broken]))


if __name__ == "__main__":
    main()
