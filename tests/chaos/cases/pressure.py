"""More than the workers can do: the doors stay quick, what waits is delivered in order, and others hardly notice.

Rates are compared within one run, so that a slow machine says the same as a quick one.
"""

from __future__ import annotations

import statistics
import threading
import time
from typing import Any

from tests.chaos.cases.base import case
from tests.chaos.cases.platforms import meeting
from tests.chaos.load import PAUSE
from tests.chaos.scene import Scene
from tests.support.stack import Stack
from tests.support.waiting import wait_until

SECONDS = 120.0
TIMES = 3  # as much comes as the workers can do
FLOOD_SECONDS, FLOOD_RATE = 6.0, 300  # of one customer, messages a second at most
SLOWER, NOTICED = 2.0, 0.5  # others may wait so many times as long as before; less than so many seconds nobody notices
DOOR = 1.0  # seconds a door may take
TALKER = "oChaosTalker0000000000000001"
PATIENCE = 180.0  # seconds for all that one customer has written


@case("three times as much as can be sent, for 2 min", longest=DOOR)
def too_much(scene: Scene) -> None:
    press(scene, SECONDS)


def press(scene: Scene, seconds: float) -> None:
    """Each chat has a message of either side every PAUSE seconds, and one call of the platforms takes TIMES / 2 as long."""
    began = time.time()
    with meeting(scene, delay=TIMES * PAUSE / 2):
        time.sleep(seconds)
        pushed, came = _counts(scene.site.entries(), began)
    assert pushed >= 0.8 * TIMES * came, f"{pushed} came and {came} were sent: that was no pressure"


def _counts(entries: list[dict[str, Any]], began: float) -> tuple[int, int]:
    """Return how many messages were written and how many arrived since then."""
    mine = [one["mine"] for one in entries if one["at"] >= began]
    return sum(mine), len(mine) - sum(mine)


@case("one customer writes as fast as the doors take it", longest=DOOR)
def one_floods(scene: Scene) -> None:
    """What the others wait for their messages is compared with what they waited right before."""
    _open(scene.site)
    before = time.time()
    time.sleep(FLOOD_SECONDS)
    began = time.time()
    count = _flood(scene.site)
    ended = time.time()
    _wait_arrived(scene.site, count)
    entries = scene.site.entries()
    calm, during = (_waits(entries, *span) for span in ((before, began), (began, ended)))
    words = f"others waited {during:.2f} s, before that {calm:.2f} s, while one wrote {count / (ended - began):.0f} messages/s"
    print(words, flush=True)
    assert during <= max(SLOWER * calm, NOTICED), words


def _open(site: Stack) -> None:
    site.player.post("customer", account="shop", openid=TALKER, text="talker 0")
    site.player.wait_for("talker 0", "im", 120)


def _flood(site: Stack) -> int:
    """Write as much as the rate allows, from several threads as one alone is not quick enough; return how much that was."""
    ends, lock, count = time.monotonic() + FLOOD_SECONDS, threading.Lock(), 0

    def write() -> None:
        nonlocal count
        while time.monotonic() < ends:
            with lock:
                count += 1
                number = count
            site.player.post("customer", account="shop", openid=TALKER, text=f"talker {number}")
            time.sleep(max(0.0, number / FLOOD_RATE - (time.monotonic() - ends + FLOOD_SECONDS)))

    threads = [threading.Thread(target=write) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return count


def _wait_arrived(site: Stack, count: int) -> None:
    """Wait until all of it arrived, each once and in its order."""
    said = lambda: f"{len(_talked(site, mine=False))} of {count + 1} arrived"  # noqa: E731
    wait_until(lambda: len(_talked(site, mine=False)) > count, PATIENCE, said=said, pause=1)
    assert _talked(site, mine=False) == _talked(site, mine=True), "the one who wrote most has them in another order"


def _talked(site: Stack, *, mine: bool) -> list[str]:
    """Return what the one who writes most has written, or what of it arrived."""
    return [one["text"] for one in site.entries() if one["mine"] is mine and one["text"].startswith("talker ")]


def _waits(entries: list[dict[str, Any]], begins: float, ends: float) -> float:
    """Return the median of what messages of the load, written in that time, waited for until they arrived."""
    came = {one["text"]: one["at"] for one in entries if not one["mine"]}
    written = {one["text"]: one["at"] for one in entries if one["mine"] and begins <= one["at"] < ends}
    found = [came[text] - at for text, at in written.items() if text in came and not text.startswith("talker ")]
    assert found, "nothing of the load arrived"
    return statistics.median(found)
