"""The reports' pages of two trees on the same history, side by side: `python -m benchmarks.report_pages OTHER_TREE`.

OTHER_TREE is a checkout of another commit (`git worktree add ../before b2d6991`). Each tree fills a database of its own with
`manage.py demo_data` (`--conversations`, 40,000 unless said), on SQLite and on MariaDB (`--on`); then its pages are asked for in
turn, A B A B, each time in a new process. What counts is the median over the rounds of each round's fastest answer, by the clock
and in processor time of the process alone (on SQLite that is all of it): on a busy machine the others measure the neighbours.
`--keep NAME` leaves the databases there for the next run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.run import server_url, sql

HERE = Path(__file__).resolve().parent.parent
PROBE = HERE / "benchmarks" / "report_pages_probe.py"
ENGINES = ("sqlite", "mariadb")


def environment(tree: Path, home: Path, engine: str, name: str) -> dict[str, str]:
    """Return the environment of one tree's site; its database is of its own."""
    mariadb = urlsplit(server_url())._replace(path=f"/{name}").geturl()
    return {
        **os.environ,
        "PYTHONPATH": str(tree),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(home),
        "SECRET_KEY": "benchmark-" + "0" * 40,
        "DATABASE_URL": mariadb if engine == "mariadb" else f"sqlite:///{home / (name + '.sqlite3')}",
        "REDIS_URL": os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/6"),
        "LOG_LEVEL": "ERROR",
    }


def fill(tree: Path, around: dict[str, str], engine: str, name: str, conversations: int, *more: str) -> None:
    """Make a tree's database and its history, unless it is there; `more` words of `demo_data` say which history."""
    if engine == "mariadb":
        if (name,) in sql("SHOW DATABASES"):
            return
        sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    elif Path(around["DATABASE_URL"].removeprefix("sqlite:///")).exists():
        return
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], cwd=tree, env=around, check=True)
    wanted = ["demo_data", "--conversations", str(conversations), *more]
    subprocess.run([*manage, *wanted], cwd=tree, env=around, check=True)
    if engine == "mariadb":
        for table in ("analytics_rollup", "analytics_tally", "bridge_fact"):
            sql(f"ANALYZE TABLE {name}.{table}")


def measured(tree: Path, around: dict[str, str]) -> dict[str, dict[str, float]]:
    """Return by page and range the milliseconds and queries of one round."""
    done = subprocess.run(
        [sys.executable, "-P", str(PROBE)], cwd=tree, env=around, check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("other", type=Path)
    asked.add_argument("--conversations", type=int, default=40_000)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--on", choices=ENGINES, action="append")
    asked.add_argument("--keep", default="")
    given = asked.parse_args()
    home = Path(tempfile.gettempdir()) / f"report-pages-{given.keep or os.getpid()}"
    home.mkdir(exist_ok=True)
    trees = {"before": given.other.resolve(), "now": HERE}
    for engine in given.on or ENGINES:
        names = {which: f"bridge_pages_{which}_{given.keep or os.getpid()}" for which in trees}
        arounds = {which: environment(tree, home, engine, names[which]) for which, tree in trees.items()}
        try:
            for which, tree in trees.items():
                fill(tree, arounds[which], engine, names[which], given.conversations)
            runs = [
                {which: measured(tree, arounds[which]) for which, tree in trees.items()}
                for _round in range(given.rounds)
            ]
            told(engine, runs)
        finally:
            if engine == "mariadb" and not given.keep:
                for name in names.values():
                    sql(f"DROP DATABASE IF EXISTS {name}")


def told(engine: str, runs: list[dict[str, dict[str, dict[str, float]]]]) -> None:
    """Print a line for each page: milliseconds by the clock and of the process alone, and queries, before → now."""
    print(f"{engine:30}{'ms':>18}{'own ms':>18}{'ratio':>8}{'queries':>12}")
    for page in runs[0]["now"]:
        pairs = {
            one: [sorted(run[which][page][one] for run in runs)[len(runs) // 2] for which in ("before", "now")]
            for one in ("ms", "own", "queries")
        }
        cells = [f"{pairs[one][0]:.1f} → {pairs[one][1]:.1f}" for one in ("ms", "own")]
        queries = f"{pairs['queries'][0]:.0f} → {pairs['queries'][1]:.0f}"
        ratio = pairs["own"][1] / pairs["own"][0]
        print(f"{page:30}{cells[0]:>18}{cells[1]:>18}{ratio:8.2f}{queries:>12}", flush=True)


if __name__ == "__main__":
    main()
