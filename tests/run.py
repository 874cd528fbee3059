"""`make test`: all tests on the embedded SQLite and Valkey, then once more on the services that answer.

TEST_DATABASE_URL, TEST_REDIS_URL and TEST_BROKER_URL name the services (the standard loopback ports by default). What
does not answer is left out and said so; with REQUIRE_SERVICES=1 that is a failure. ONE_LANE=1 runs the first lane only,
QUICK=1 of that what needs neither real worker processes nor Chromium and takes no long time.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tests.chaos.scene import missing
from tests.support import overdue

SERVICES = {
    "DATABASE_URL": ("MariaDB", os.environ.get("TEST_DATABASE_URL", "mysql://root@127.0.0.1:3306/bridge")),
    "REDIS_URL": ("Redis", os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")),
    "BROKER_URL": ("RabbitMQ", os.environ.get("TEST_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672//")),
}
FIRST, LAST = "not once or browser", "not browser and not embedded and not either"
QUICK = "not workers and not browser and not services and not long"
WORLDS = "20"  # of the reports' second calculation; five together are looked at from all sides
NONE_SELECTED = 5  # pytest's exit code where the words choose no test
LAST_FAILED = Path(__file__).parent.parent / ".pytest_cache/v/cache/lastfailed"  # written by pytest itself
PAGES, FEW = "tests/browser/", 4
PORTS = {"mysql": 3306, "redis": 6379, "amqp": 5672}


def answers(url: str) -> bool:
    """Tell whether something listens there, and for MySQL whether its driver is installed."""
    parts = urlsplit(url)
    if parts.scheme == "mysql":
        try:
            import MySQLdb  # noqa: F401
        except ImportError:
            return False
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((parts.hostname or "127.0.0.1", parts.port or PORTS.get(parts.scheme, 0))) == 0


def shout(line: str) -> None:
    bar = "!" * min(len(line) + 8, 100)
    print(f"\n{bar}\n!!! {line}\n{bar}\n", flush=True)


def lane(name: str, environment: dict[str, str], marks: str, *words: str) -> bool:
    """Run the tests in one lane; tell whether they passed.

    Side by side run two more than there are processors, as many wait for a site; of the quick ones as many as processors.

    The tests of a file run one after another in one process: they share what takes long to make, such as a running site.
    Files come in the order of `tests/conftest.py`, those with real processes first.
    """
    pytest = [sys.executable, "-m", "pytest"]
    print(f"\n=== Tests on {name} ===", flush=True)
    # Compiled modules are kept: the sites that tests start would compile all of them, each time.
    left = (*SERVICES, "DATA_DIR", "PYTHONDONTWRITEBYTECODE")
    clean = {key: value for key, value in os.environ.items() if key not in left}
    waiting = 0 if marks == QUICK else 2
    beside = ["-n", str(min((os.cpu_count() or 1) + waiting, 6)), "--dist", "loadfile", "--no-loadscope-reorder"]
    slowest = ["--durations", "20", "--durations-min", "5"]
    surroundings = {**clean, **environment}
    command = [*pytest, "--cache-clear", "-m", marks, *beside, *slowest, *words]
    code = subprocess.run(command, env=surroundings, check=False).returncode
    again = slow_ones() if code == 1 else []
    if again:
        shout(f"Failed beside other tests, and run once more alone: {', '.join(again)}")
        code = subprocess.run([*pytest, *again], env=surroundings, check=False).returncode
    return code in (0, NONE_SELECTED)


def slow_ones() -> list[str]:
    """Name the tests that failed, where they are few and each clicks through pages or waited for what did not come in time.

    Four processes share the machine, and no test waits for ever. What fails alone as well is a fault; so is, at once, what
    came and was wrong: a message too many or too few, or in another order.
    """
    failed = list(json.loads(LAST_FAILED.read_text())) if LAST_FAILED.exists() else []
    late = overdue.names()
    return failed if len(failed) <= FEW and all(one.startswith(PAGES) or one in late for one in failed) else []


def main() -> None:
    required = os.environ.get("REQUIRE_SERVICES") == "1"
    if os.environ.get("QUICK") == "1":
        sys.exit(0 if lane("SQLite and Valkey, quick", {}, QUICK, *sys.argv[1:]) else 1)
    wanted = {} if os.environ.get("ONE_LANE") == "1" else SERVICES
    found = {variable: url for variable, (_name, url) in wanted.items() if answers(url)}
    left_out = [f"{name} ({url.split('@')[-1]})" for key, (name, url) in wanted.items() if key not in found]
    if not shutil.which("chromium") and not shutil.which("chromium-browser") and not shutil.which("google-chrome"):
        left_out.append("Chromium")
    if left_out:
        shout(f"Not here, so LEFT OUT of the tests: {', '.join(left_out)}")
        if required:
            sys.exit("REQUIRE_SERVICES=1, so this is a failure.")
    if absent := missing():
        shout(f"Not installed here: {', '.join(absent)}. Chaos and outages are LEFT OUT of the tests.")
    words = sys.argv[1:]
    # What is the same on every database runs in one lane: in the last, where servers are stricter about what they store,
    # but for pages in Chromium, which need no server, and what takes half the time on SQLite (`either`). The long test
    # has its full length there, and workers take lanes together only there. Examples in the product's own docstrings are
    # the same everywhere, so the first of two lanes need not look for them.
    worlds = {"ORACLE_SEEDS": os.environ.get("ORACLE_SEEDS", WORLDS)}
    if not found:
        passed = lane("SQLite and Valkey", worlds, "once or not once", *words)
    else:
        shorter = {"WORKER_TEST_MESSAGES": "10", "WORKER_TEST_TOGETHER": "1"}
        passed = lane("SQLite and Valkey", shorter, FIRST, *(words or ["tests"]))
        values = {**worlds, **found, **{f"STACK_{variable}": url for variable, url in found.items()}}
        names = ", ".join(SERVICES[variable][0] for variable in found)
        passed = lane(names, values, LAST, *words) and passed
    if left_out:
        shout(f"LEFT OUT: {', '.join(left_out)}")
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
