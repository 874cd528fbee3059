"""An idle site: how long a customer's message takes from the push to the request to Tencent IM, and the first one after a start.

Web, workers and beat are processes as in production; the platforms are in this process, so one clock times both ends.
"""

from __future__ import annotations

import http.client
import os
import random
import socket
import statistics
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from benchmarks import door, drain, load, platform, site

PUSHES = int(os.environ.get("BENCH_IDLE", "100"))
STARTS = int(os.environ.get("BENCH_STARTS", "3"))
PAUSE = 0.2  # seconds between two messages, and up to as much again
PATIENCE = 60  # seconds for a start


@contextmanager
def _platforms() -> Iterator[None]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(platform.application, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        site.lead_to(listening.getsockname()[1])
        try:
            yield
        finally:
            server.should_exit = True
            thread.join()


def _wait_healthy(port: int) -> None:
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).read()
            return
        except (urllib.error.URLError, http.client.HTTPException, OSError):
            assert time.monotonic() < ends, "the site does not become healthy"
            time.sleep(0.05)


def _one(port: int, openid: str, number: int) -> float:
    """Push one message; return the milliseconds until Tencent IM is asked to send it on."""
    mark = f"idle-{number}-"
    pushed = door.push(openid, mark, number)
    with socket.create_connection(("127.0.0.1", port)) as line:
        began, ends = time.perf_counter(), time.monotonic() + 20
        line.sendall(pushed)
        answer = line.recv(4096)
        assert b" 200 " in answer, answer
        while True:
            for came, body in tuple(platform.heard):
                if mark.encode() in body:
                    platform.heard.clear()
                    return (came - began) * 1000
            assert time.monotonic() < ends, "a message did not come through"
            time.sleep(0.001)


def measure() -> dict[str, Any]:
    """Print the median, the 95th percentile and the first after a start, in milliseconds; return them."""
    drain.make_room()
    floor, numbers = drain.Floor(3), iter(range(time.time_ns(), time.time_ns() + 10**6))
    openids, first, rest = list(floor.openids.values()), list[float](), list[float]()
    with _platforms():
        for _start in range(STARTS):
            port = load.free_port()
            with site.running([site.WEB, *site.workers(), site.BEAT], PORT=str(port)):
                _wait_healthy(port)
                first.append(_one(port, openids[0], next(numbers)))
                for _number in range(PUSHES // STARTS):
                    time.sleep(PAUSE * (1 + random.random()))
                    rest.append(_one(port, random.choice(openids), next(numbers)))
    rest.sort()
    median, p95 = statistics.median(rest), rest[int(len(rest) * 0.95)]
    found = {"median": round(median, 1), "p95": round(p95, 1), "after_start": round(statistics.median(first), 1)}
    print(
        f"idle: push to IM request: median {median:.1f} ms, p95 {p95:.1f} ms, max {rest[-1]:.1f} ms; the first after a start "
        f"{', '.join(f'{one:.0f}' for one in first)} ms"
    )
    return {**found, "first": round(found["after_start"] / found["median"], 2)}
