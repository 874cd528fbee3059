"""Plays one case on a running site, under load."""

from __future__ import annotations

import time

from tests.chaos.cases import Case
from tests.chaos.load import PATIENCE, PAUSE, Load, Screens, wait_until_through
from tests.chaos.rows import Row, row, twice
from tests.chaos.scene import Scene

BEFORE, AFTER, LATER = 2.0, 3.0, 1.0  # seconds


def broken(scene: Scene, case: Case, mark: str, patience: float = PATIENCE, pause: float = PAUSE) -> list[str]:
    """Play the case and print what came of the messages; return what of it no promise allows."""
    line = play(scene, Screens(scene.site), case, mark, patience, pause)
    print(line)
    return case.broken(line)


def play(
    scene: Scene, screens: Screens, case: Case, mark: str, patience: float = PATIENCE, pause: float = PAUSE
) -> Row:
    """Do what the case says while messages go both ways; return what came of them, after `patience` seconds at the latest.

    `pause`: seconds between two messages of a chat.
    """
    with Load(scene.site, scene.peers, mark, pause):
        time.sleep(BEFORE)
        case.do(scene)
        ended = time.time()
        time.sleep(AFTER)
    scene.wait_healthy(patience)
    owed = wait_until_through(scene.site, screens, mark, patience)
    time.sleep(LATER)  # what would come twice has time to
    seen = screens.read()
    if repeated := twice(mark, seen):
        print("came more than once:", "; ".join(repeated), flush=True)
    return row(case.name, mark, seen, owed, ended)
