"""The reports and the admin's lists on very much data, beside a hundredth of it: `python -m benchmarks.reports`.

Both databases are made on MariaDB (TEST_DATABASE_URL) by `manage.py demo_data`, the large one by copies of the small one's
conversations (`benchmarks.copies`), then measured in turn. The goals: the queries of each dashboard and list under 300 ms, a
dashboard's at most 1.5 times those on the small one; no list counts or skips a whole table.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import copies
from benchmarks.run import server_url, sql

DAYS = 90
GOAL_MS, GOAL_RATIO = 300, 1.5
ROUNDS = 5
TIMES = 100  # as many conversations


def environment(name: str, home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(home),
        "SECRET_KEY": "benchmark-" + "0" * 40,
        "DATABASE_URL": urlsplit(server_url())._replace(path=f"/{name}").geturl(),
        "REDIS_URL": os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/6"),
        "LOG_LEVEL": "ERROR",
    }


def fill(name: str, home: Path, conversations: int, times: int) -> None:
    sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    manage = [sys.executable, "manage.py"]
    around = environment(name, home)
    subprocess.run([*manage, "migrate", "-v0"], env=around, check=True)
    wanted = ["demo_data", "--days", str(DAYS), "--conversations", str(conversations)]
    subprocess.run([*manage, *wanted], env=around, check=True)
    if times > 1:
        copies.copy(name, times)
        subprocess.run([*manage, "rollup"], env=around, check=True, stdout=subprocess.DEVNULL)
    for table in ("analytics_rollup", "analytics_tally", "bridge_message", "bridge_conversation", "bridge_delivery"):
        sql(f"ANALYZE TABLE {name}.{table}")


def measured(name: str, home: Path) -> dict[str, float]:
    """Return milliseconds by dashboard and list, measured in a process of its own."""
    code = [sys.executable, "-m", "benchmarks.reports_probe"]
    done = subprocess.run(code, env=environment(name, home), check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    conversations = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    kept = sys.argv[2] if len(sys.argv) > 2 else ""
    home = Path(tempfile.mkdtemp(prefix="bridge-bench-"))
    names = {size: f"bridge_reports_{size}{kept or secrets.token_hex(3)}" for size in ("small", "large")}
    there = {str(row[0]) for row in sql("SHOW DATABASES")}
    try:
        for size, times in (("small", 1), ("large", TIMES)):
            if names[size] not in there:
                fill(names[size], home, conversations // TIMES, times)
        compare(names, home)
    finally:
        if not kept:
            for name in names.values():
                sql(f"DROP DATABASE IF EXISTS {name}")


def compare(names: dict[str, str], home: Path) -> None:
    for table in ("bridge_conversation", "bridge_message", "bridge_fact", "analytics_rollup"):
        counts = {size: sql(f"SELECT COUNT(*) FROM {name}.{table}")[0][0] for size, name in names.items()}
        print(f"{table}: {counts['small']:,} and {counts['large']:,} rows")
    runs = [{size: measured(name, home) for size, name in names.items()} for _round in range(ROUNDS)]
    missed = 0
    print(f"{'':38}{'small ms':>10}{'large ms':>10}{'ratio':>8}")
    for what in runs[0]["large"]:
        small, large = (sorted(run[size][what] for run in runs)[ROUNDS // 2] for size in ("small", "large"))
        grows = what.startswith("dashboard") and large > GOAL_RATIO * max(small, 1)
        wrong = grows or large > GOAL_MS
        missed += wrong
        print(f"{what:38}{small:10.1f}{large:10.1f}{large / max(small, 0.1):8.2f}{'  over the goal' if wrong else ''}")
    sys.exit(f"{missed} over the goal" if missed else 0)


if __name__ == "__main__":
    main()
