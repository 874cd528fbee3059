"""`make run` with its demo, on a machine where all is installed: seconds to the first message both ways, and what it holds in memory.

Memory is PSS (/proc/PID/smaps_rollup): what several processes share is counted once, in equal parts.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks import load

STARTS = int(os.environ.get("BENCH_STARTS", "3"))
SETTLE = 10  # seconds after the first message, before memory is looked at
OURS = ("DATABASE_URL", "REDIS_URL", "BROKER_URL", "QUEUE", "SECRET_KEY", "LOG_LEVEL", "BACKGROUND_THREADS")
FIRST_MESSAGE = "customer → seat"
ROOT = Path(__file__).resolve().parent.parent


def measure() -> dict[str, Any]:
    """Print both; return the figures."""
    runs = []
    for _start in range(STARTS):
        with tempfile.TemporaryDirectory(prefix="bridge-start-") as home:
            runs.append(_start_once(home, SETTLE if not runs else 0))
    seconds, memory = statistics.median(one for one, _memory in runs), runs[0][1]
    listed = ", ".join(f"{name} {size:.0f}" for name, size in sorted(memory.items(), key=lambda one: -one[1]))
    starts = ", ".join(f"{one:.1f}" for one, _memory in runs)
    print(f"start: make run to the first message both ways: {seconds:.1f} s ({starts})")
    print(f"memory: {sum(memory.values()):.0f} MB in all: {listed}")
    return {
        "seconds": round(seconds, 2),
        "memory": round(sum(memory.values())),
        "largest": round(max(memory.values())),
        "processes": {name: round(size) for name, size in memory.items()},
    }


def _start_once(home: str, settle: float) -> tuple[float, dict[str, float]]:
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    environment |= {"DATA_DIR": home, "PORT": str(load.free_port()), "SANDBOX_PORT": str(load.free_port())}
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "config.run.serve"], env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            for line in process.stdout:
                if FIRST_MESSAGE in line:
                    break
            else:
                raise AssertionError("the site did not start")
            seconds = time.perf_counter() - began
            time.sleep(settle)
            return seconds, _memory(process.pid) if settle else {}
        finally:
            process.terminate()
            process.wait()


def _memory(pid: int) -> dict[str, float]:
    """Return the megabytes of each process of the site."""
    found: dict[str, float] = {}
    site = psutil.Process(pid)
    for process in (site, *site.children(recursive=True)):
        try:
            rollup, words = Path(f"/proc/{process.pid}/smaps_rollup").read_text(), " ".join(process.cmdline())
        except (OSError, psutil.NoSuchProcess):
            continue
        size = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
        found[f"{_name(words)} {process.pid}"] = int(size[1]) / 1024 if size else 0.0
    return found


def _name(words: str) -> str:
    kinds = ("config.run.serve", "config.run.web", "worker", "beat", "sandbox", "valkey", "redis", "forking", "guard")
    return next((kind.rpartition(".")[2] for kind in kinds if kind in words), words[:20] or "?")
