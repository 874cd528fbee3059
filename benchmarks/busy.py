"""The door while workers drain: its slowest hundredth at half of its peak, beside a bare view's at the same rate.

All share the machine's cores: two workers with a full inbox, the database, the platforms, the server and the pushes.
"""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

from benchmarks import door, drain, load, site
from bridge.models import InboundEvent

SECONDS = float(os.environ.get("BENCH_BUSY_SECONDS", "4"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
PEAK = 2000  # requests from which the peak is told
LANES, EACH = 1000, 4
LONGEST = 120  # seconds until the inbox is empty again


def measure() -> dict[str, Any]:
    """Print the p99 of both, round by round in turn, and the median ratio; return the figures."""
    drain.make_room()
    floor = drain.Floor(LANES)
    servers = {"bare view": door.bare_view(None), "door": door.Server("config.asgi:application", None)}
    try:
        for server in servers.values():
            load.run(server.port, door.pushes(500))
        rate = load.run(servers["door"].port, door.pushes(PEAK)).rate / 2
        with site.platforms(), site.running(site.workers()):
            rounds = [
                {name: _slowest(floor, server, rate) for name, server in servers.items()} for _round in range(ROUNDS)
            ]
    finally:
        for server in servers.values():
            server.stop()
    found = {name: round(statistics.median(one[name] for one in rounds), 1) for name in servers}
    ratio = statistics.median(one["door"] / one["bare view"] for one in rounds)
    print(
        f"busy: {rate:,.0f} pushes/s while {site.WORKERS} workers drain: p99 {found['door']} ms at the door, "
        f"{found['bare view']} ms at the bare view: {ratio:.2f} x"
    )
    return {"rate": round(rate), "door": found["door"], "bare": found["bare view"], "ratio": round(ratio, 2)}


def _slowest(floor: drain.Floor, server: door.Server, rate: float) -> float:
    """Return the p99 in milliseconds while workers have more to do than they can in this time."""
    waiting, ends = InboundEvent.objects.filter(state=InboundEvent.State.NEW), time.monotonic() + LONGEST
    while waiting.exists():
        assert time.monotonic() < ends, "the workers do not come to an end"
        time.sleep(0.2)
    floor.fill(EACH)
    requests = door.pushes(round(rate * SECONDS))
    site.nudge()
    result = load.steady(server.port, requests, rate)
    assert not result.refused, "a push was refused"
    assert waiting.exists(), "the workers had nothing left to do"
    return result.percentile(0.99)
