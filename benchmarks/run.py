"""`make bench`: all that is to be reached, measured in turns (A B A B) on MariaDB with flush at commit, in at most 15 minutes.

It prints medians, ratios and the machine, writes them into `var/bench.json`, and fails where one falls below nine tenths of what
`goals` says. Some parts alone: `python -m benchmarks.run drain outside`, or `search 1000000`, which takes the number of messages.
BENCH_MESSAGES=10000000 fills the full database with as many, which takes longer; BENCH_ROUNDS=1 is a quick look.
"""

from __future__ import annotations

import json
import os
import platform
import re
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

DATABASE = f"bridge_bench_{secrets.token_hex(4)}"
FIGURES = Path(__file__).resolve().parent.parent / "var" / "bench.json"
# In this order: those that need the site as it was made come before those that change it.
NAMES = ("door", "busy", "drain", "outside", "idle", "full", "assign", "desk", "search", "passive", "start")
SITE = """
[tencent_im]
sdk_app_id = 1400000001
secret_key = "bench"
allow_unsigned = true
[[group]]
slug = "sales"
[[wechat_account]]
slug = "bench"
app_id = "wxbench0000000001"
app_secret = "bench"
token = "bench-token"
encoding_aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
group = "sales"
[[seat]]
username = "bench"
groups = ["sales"]
capacity = 1000
"""


def server_url() -> str:
    return os.environ.get("TEST_DATABASE_URL", "mysql://root@127.0.0.1:3306/test")


def sql(statement: str) -> list[tuple[object, ...]]:
    """Run a statement on the server itself."""
    import MySQLdb

    url = urlsplit(server_url())
    connection = MySQLdb.connect(
        host=url.hostname, port=url.port or 3306, user=url.username, password=url.password or "", autocommit=True
    )
    cursor = connection.cursor()
    cursor.execute(statement)
    rows = list(cursor.fetchall())
    connection.close()
    return rows


def machine(server: str) -> dict[str, Any]:
    """Return on what it is measured."""
    cpu = re.search(r"^model name\s*: (.*)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": cpu[1] if cpu else platform.processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "server": server,
    }


def main() -> None:
    names, count = [word for word in sys.argv[1:] if not word.isdigit()], [w for w in sys.argv[1:] if w.isdigit()]
    if unknown := set(names) - set(NAMES):
        sys.exit(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}.")
    home = Path(tempfile.mkdtemp(prefix="bridge-bench-"))
    try:
        version, flush = sql("SELECT VERSION(), @@innodb_flush_log_at_trx_commit")[0]
    except Exception as error:
        sys.exit(f"The benchmarks need MariaDB at TEST_DATABASE_URL and mysqlclient ({type(error).__name__}).")
    found = {"machine": machine(f"MariaDB {version}, innodb_flush_log_at_trx_commit={flush}")}
    print(", ".join(f"{name} {value}" for name, value in found["machine"].items()))
    sql(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(home),
        "SECRET_KEY": secrets.token_hex(32),
        "DATABASE_URL": urlsplit(server_url())._replace(path=f"/{DATABASE}").geturl(),
        "REDIS_URL": os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/6"),
        # A queue of its own: where no workers run, the nudges are sent as in production, and nothing drains.
        "BROKER_URL": os.environ.get("TEST_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672//"),
        "QUEUE": DATABASE,
        "LOG_LEVEL": "ERROR",
        "PLATFORM_ALLOW_PRIVATE": "1",
    }
    try:
        found |= _measure(home, names or list(NAMES), *map(int, count))
    finally:
        sql(f"DROP DATABASE {DATABASE}")
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps(found, indent=1))
    from benchmarks.goals import judge

    if missed := judge(found):
        sys.exit("Missed by more than a tenth: " + "; ".join(missed))


def set_up(site: Path) -> None:
    """Make tables and site in the database that is connected."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("provision", str(site))


def _measure(home: Path, names: list[str], messages: int = 0) -> dict[str, Any]:
    import django

    django.setup()
    from benchmarks import assign, busy, desk, door, drain, full, idle, outside, passive, search, start
    from bridge.models import InboundEvent

    (home / "site.toml").write_text(SITE)
    set_up(home / "site.toml")
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "door": door.measure,
        "busy": busy.measure,
        "drain": drain.measure,
        "outside": outside.measure,
        "idle": idle.measure,
        "full": lambda: full.measure(f"{DATABASE}_full", sql, lambda: set_up(home / "site.toml")),
        "assign": assign.measure,
        "desk": desk.measure,
        "search": lambda: search.measure(messages or search.MESSAGES),
        "passive": passive.measure,
        "start": start.measure,
    }
    found = {}
    for name in names:
        # What the part before has left undone is not what is measured.
        InboundEvent.objects.filter(state=InboundEvent.State.NEW).update(state=InboundEvent.State.DONE)
        began = time.monotonic()
        found[name] = parts[name]() or {}
        found[name]["took"] = round(time.monotonic() - began)
        print(f"({name} took {found[name]['took']} s)\n", flush=True)
    print(f"{sum(one['took'] for one in found.values())} s in all")
    return found


if __name__ == "__main__":
    main()
