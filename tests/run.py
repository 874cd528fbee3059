"""`make test`: all tests on the embedded SQLite and Valkey, then once more on the services that answer.

TEST_DATABASE_URL, TEST_REDIS_URL and TEST_BROKER_URL name the services (the standard loopback ports by default). What
does not answer is left out and said so; with REQUIRE_SERVICES=1 that is a failure. ONE_LANE=1 runs the first lane only.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from urllib.parse import urlsplit

SERVICES = {
    "DATABASE_URL": ("MariaDB", os.environ.get("TEST_DATABASE_URL", "mysql://root@127.0.0.1:3306/bridge")),
    "REDIS_URL": ("Redis", os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")),
    "BROKER_URL": ("RabbitMQ", os.environ.get("TEST_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672//")),
}
NONE_SELECTED = 5  # pytest's exit code where the words choose no test
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
    """Run the tests in one lane, one more side by side than there are processors, as many wait; tell whether they passed.

    The tests of a file run one after another in one process: they share what takes long to make, such as a running site.
    Files come in the order of `tests/conftest.py`, those with real processes first.
    """
    print(f"\n=== Tests on {name} ===", flush=True)
    # Compiled modules are kept: the sites that tests start would compile all of them, each time.
    left = (*SERVICES, "DATA_DIR", "PYTHONDONTWRITEBYTECODE")
    clean = {key: value for key, value in os.environ.items() if key not in left}
    beside = ["-n", str(min((os.cpu_count() or 1) + 1, 5)), "--dist", "loadfile", "--no-loadscope-reorder"]
    slowest = ["--durations", "20", "--durations-min", "5"]
    command = [sys.executable, "-m", "pytest", "-m", marks, *beside, *slowest, *words]
    return subprocess.run(command, env={**clean, **environment}, check=False).returncode in (0, NONE_SELECTED)


def main() -> None:
    required = os.environ.get("REQUIRE_SERVICES") == "1"
    wanted = {} if os.environ.get("ONE_LANE") == "1" else SERVICES
    found = {variable: url for variable, (_name, url) in wanted.items() if answers(url)}
    left_out = [f"{name} ({url.split('@')[-1]})" for key, (name, url) in wanted.items() if key not in found]
    if not shutil.which("chromium") and not shutil.which("chromium-browser") and not shutil.which("google-chrome"):
        left_out.append("Chromium")
    if left_out:
        shout(f"Not here, so LEFT OUT of the tests: {', '.join(left_out)}")
        if required:
            sys.exit("REQUIRE_SERVICES=1, so this is a failure.")
    words = sys.argv[1:]
    # What is the same on every database runs in the last lane alone, but for pages, which need no server. The long test
    # has its full length there, and each lane plays worlds of its own for the reports' second calculation.
    shorter = {"WORKER_TEST_MESSAGES": "10", "ORACLE_SEEDS": "10"} if found else {}
    passed = lane("SQLite and Valkey", shorter, "not once or browser" if found else "once or not once", *words)
    if found:
        worlds = {"ORACLE_FIRST": "11", "ORACLE_SEEDS": "10"}
        values = {**worlds, **found, **{f"STACK_{variable}": url for variable, url in found.items()}}
        names = ", ".join(SERVICES[variable][0] for variable in found)
        passed = lane(names, values, "not browser and not embedded", *words) and passed
    if left_out:
        shout(f"LEFT OUT: {', '.join(left_out)}")
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
