"""`make bench`: the door against a bare view, the drain, the desks, routing and search, on MariaDB with flush at commit.

One of them alone: `python -m benchmarks.run drain`, or `search 1000000`, which takes the number of messages. What has figures to
keep writes them into `var/bench.json` as well.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

DATABASE = f"bridge_bench_{secrets.token_hex(4)}"
FIGURES = Path(__file__).resolve().parent.parent / "var" / "bench.json"
NAMES = ("passive", "door", "drain", "desk", "assign", "search")
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
        host=url.hostname, port=url.port or 3306, user=url.username, password=url.password or ""
    )
    cursor = connection.cursor()
    cursor.execute(statement)
    rows = list(cursor.fetchall())
    connection.close()
    return rows


def main() -> None:
    if sys.argv[1:] and sys.argv[1] not in NAMES:
        sys.exit(f"There is no benchmark {sys.argv[1]}; there are {', '.join(NAMES)}.")
    home = Path(tempfile.mkdtemp(prefix="bridge-bench-"))
    try:
        version, flush = sql("SELECT VERSION(), @@innodb_flush_log_at_trx_commit")[0]
    except Exception as error:
        sys.exit(f"The benchmarks need MariaDB at TEST_DATABASE_URL and mysqlclient ({type(error).__name__}).")
    print(f"MariaDB {version}, innodb_flush_log_at_trx_commit={flush}, {os.cpu_count()} cores")
    sql(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(home),
        "SECRET_KEY": secrets.token_hex(32),
        "DATABASE_URL": urlsplit(server_url())._replace(path=f"/{DATABASE}").geturl(),
        "REDIS_URL": os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/6"),
        # A queue that nobody reads: the nudges are sent as in production, and nothing drains while the door is measured.
        "BROKER_URL": os.environ.get("TEST_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672//"),
        "QUEUE": DATABASE,
        "LOG_LEVEL": "ERROR",
    }
    try:
        _measure(home)
    finally:
        sql(f"DROP DATABASE {DATABASE}")


def _measure(home: Path) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks import assign, desk, door, drain, passive, search

    call_command("migrate", verbosity=0)
    (home / "site.toml").write_text(SITE)
    call_command("provision", str(home / "site.toml"))

    def drained() -> dict[str, Any]:
        os.sched_setaffinity(0, {door.CORE})
        os.environ["BACKGROUND_THREADS"] = "0"
        try:
            return drain.measure()
        finally:
            os.sched_setaffinity(0, range(os.cpu_count() or 1))

    parts = {
        "passive": passive.measure,
        "door": door.measure,
        "drain": drained,
        "desk": desk.measure,
        "assign": assign.measure,
        "search": lambda: search.measure(int(sys.argv[2]) if sys.argv[2:] else search.MESSAGES),
    }
    found = {name: parts[name]() for name in ([sys.argv[1]] if sys.argv[1:] else NAMES)}
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps({name: figures for name, figures in found.items() if figures}, indent=1))


if __name__ == "__main__":
    main()
