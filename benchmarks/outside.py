"""From outside: worker processes empty the inbox while Tencent IM answers over local HTTP, at once or after 20 ms.

Beside it, in turns, the bare loop: as many processes as the workers have threads, each with kept-alive connections of its own.
"""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

from django.db.models import Max

from benchmarks import bare_loop, drain, load, site
from bridge.base import clock
from bridge.models import Delivery, InboundEvent
from bridge.platforms.tencent_im.models import TencentIMApp

SHAPES = ((200, 10), (1500, 1))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SHARE = float(os.environ.get("BENCH_OUTSIDE", "1"))  # of the lanes, to try it quickly
BARE_WORKERS = 8
LATENCY = 0.02  # seconds
LONGEST = 120  # seconds for one run
SETTLE = 2.5  # seconds after which every process has heard of a change


def measure() -> dict[str, Any]:
    """Print messages per second of workers and bare loops, and with a platform that takes its time; return the figures."""
    drain.make_room()
    slow, found = load.free_port(), {}
    with site.platforms() as quick, site.running([site.platform(slow)], LATENCY=str(LATENCY)):
        load.wait_for(slow)
        with site.running(site.workers()):
            for lanes, each in SHAPES:
                found[f"{lanes}x{each}"] = _in_turns(drain.Floor(round(lanes * SHARE)), each, quick, slow)
    return found


def _in_turns(floor: drain.Floor, each: int, quick: int, slow: int) -> dict[str, Any]:
    endpoint, messages = TencentIMApp.objects.get().pk, len(floor.lanes) * each
    rates: dict[str, list[float]] = {"ours": [], "bare": [], "late": []}
    for turn in range(ROUNDS + 1):
        site.lead_to(quick)
        time.sleep(SETTLE)
        ours = messages / _ours(floor, each)
        floor.fill(each)
        bare = messages / bare_loop.drain_outside(floor.lanes, floor.account.pk, endpoint, quick, BARE_WORKERS)
        site.lead_to(slow)
        time.sleep(SETTLE)
        late = messages / _ours(floor, each)
        if turn:  # the first one warms all of them up
            for name, rate in (("ours", ours), ("bare", bare), ("late", late)):
                rates[name].append(rate)
    middle = {name: round(statistics.median(listed), 1) for name, listed in rates.items()}
    return _told(f"{len(floor.lanes):,} lanes with {each}", middle)


def _ours(floor: drain.Floor, each: int) -> float:
    """Let the workers empty the inbox; return the seconds from the nudge to the last outcome that was written."""
    floor.fill(each)
    began, ends = clock.now(), time.monotonic() + LONGEST
    site.nudge()
    while _is_busy():
        assert time.monotonic() < ends, "the workers do not come to an end"
        time.sleep(0.05)
    last = Delivery.objects.aggregate(last=Max("finished_at"))["last"]
    return float((last - began).total_seconds())


def _is_busy() -> bool:
    if InboundEvent.objects.filter(state=InboundEvent.State.NEW).exists():
        return True
    return Delivery.objects.filter(state__in=(Delivery.State.QUEUED, Delivery.State.SENDING)).exists()


def _told(shape: str, rates: dict[str, float]) -> dict[str, Any]:
    ratio, slow = round(rates["ours"] / rates["bare"], 3), round(rates["late"] / rates["ours"], 3)
    print(
        f"outside: {shape}: {rates['ours']:,.0f} messages/s by {site.WORKERS} workers, {BARE_WORKERS} bare loops "
        f"{rates['bare']:,.0f}: {ratio:.2f} x; with {LATENCY * 1000:.0f} ms at the platform {rates['late']:,.0f}: {slow:.2f} x"
    )
    return {**rates, "ratio": ratio, "slow": slow}
