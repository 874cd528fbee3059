"""How much memory a rollup of one day takes, of few facts and of many: `python -m benchmarks.rollup_memory`.

`manage.py demo_data` makes two days of few conversations, and of many in a second database (`--conversations`, of the larger
one; the smaller has a fifth of them), on SQLite and on MariaDB (`--on`). Then `manage.py rollup` makes the day before today anew,
and `rollup --check` counts it a second time, each in a process of its own, whose largest resident size is what counts: it is
to be the same. Exits with 1 where it has grown by more than a tenth. `--keep NAME` leaves the databases there for the next run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from benchmarks.report_pages import ENGINES, HERE, environment, fill
from benchmarks.run import sql

MOST_GROWTH = 1.1
ZONE = timezone(timedelta(hours=8))  # of the site, where its settings say nothing else
COUNT = "from bridge.models import Fact; print(Fact.objects.filter(at__gte='{first}', at__lt='{last}').count())"


def facts(around: dict[str, str], day: str, after: str) -> int:
    """Return how many facts the day has."""
    words = ["shell", "-v0", "-c", COUNT.format(first=day + "T00:00+08:00", last=after + "T00:00+08:00")]
    done = subprocess.run([sys.executable, "manage.py", *words], cwd=HERE, env=around, check=True, capture_output=True)
    return int(done.stdout.split()[-1])


def measured(around: dict[str, str], *words: str) -> tuple[float, float]:
    """Return the largest resident size in MB of `manage.py rollup` with these words, and its seconds."""
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "manage.py", "rollup", *words], cwd=HERE, env=around, stdout=subprocess.DEVNULL
    ) as running:
        _pid, status, usage = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        sys.exit("rollup failed")
    return usage.ru_maxrss / 1024, time.monotonic() - began


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--conversations", type=int, default=160_000)
    asked.add_argument("--on", choices=ENGINES, action="append")
    asked.add_argument("--keep", default="")
    given = asked.parse_args()
    home = Path(tempfile.gettempdir()) / f"rollup-memory-{given.keep or os.getpid()}"
    home.mkdir(exist_ok=True)
    grown = 0.0
    print(f"{'':10}{'facts of the day':>18}{'rollup MB':>12}{'s':>8}{'check MB':>12}{'s':>8}")
    for engine in given.on or ENGINES:
        sizes: list[list[float]] = []
        for count in (given.conversations // 5, given.conversations):
            name = f"bridge_memory_{count}_{given.keep or os.getpid()}"
            around = environment(HERE, home, engine, name)
            try:
                fill(HERE, around, engine, name, count, "--days", "2")
                sizes.append(told(engine, around))
            finally:
                if engine == "mariadb" and not given.keep:
                    sql(f"DROP DATABASE IF EXISTS {name}")
        grown = max(grown, *(many / few for few, many in zip(*sizes, strict=True)))
    sys.exit(f"grown to {grown:.2f} times" if grown > MOST_GROWTH else 0)


def told(engine: str, around: dict[str, str]) -> list[float]:
    """Measure and print one line; return the sizes."""
    today = datetime.now(ZONE).date()
    day = str(today - timedelta(days=1))
    words = "--from", day, "--to", day
    made, checked = measured(around, *words), measured(around, *words, "--check")
    cells = f"{made[0]:12.1f}{made[1]:8.1f}{checked[0]:12.1f}{checked[1]:8.1f}"
    print(f"{engine:10}{facts(around, day, str(today)):18,}{cells}", flush=True)
    return [made[0], checked[0]]


if __name__ == "__main__":
    main()
