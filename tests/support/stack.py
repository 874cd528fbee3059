"""A whole site in real processes: web, workers, beat and the sandbox, on SQLite and Valkey or on the services at hand."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config.run import demo, embedded
from tests.support import prepared

BASE = Path(__file__).resolve().parents[2]
ACCOUNT = """
[[wechat_account]]
slug = "shop"
name = "旗舰店"
app_id = "wx1234567890abcdef"
app_secret = "wxSecret0123456789abcdef01234567"
token = "wxToken01"
encoding_aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
api_base = "{sandbox}/wechat"
group = "sales"
survey = false
reopen_minutes = 0
"""
SITE = """
[tencent_im]
sdk_app_id = 1400000001
secret_key = "im-secret"
callback_token = "callback-token"
api_base = "{sandbox}/im"
[[group]]
slug = "sales"
name = "销售"
"""
SEAT = """
[[seat]]
username = "{name}"
groups = ["sales"]
capacity = {capacity}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def services() -> dict[str, str]:
    """Return the addresses of the services this test run uses; empty for the embedded ones."""
    names = ("DATABASE_URL", "REDIS_URL", "BROKER_URL")
    return {name: os.environ[f"STACK_{name}"] for name in names if os.environ.get(f"STACK_{name}")}


class Stack:
    """A site with `seats` (name to capacity) all of one group; use as a context manager.

    `server` is a database server's address instead of the test run's.
    """

    def __init__(
        self,
        seats: dict[str, int],
        *,
        workers: int = 4,
        threads: int = 1,
        static: bool = False,
        server: str = "",
        **environment: str,
    ) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="bridge-stack-"))
        self.port, self.sandbox_port = free_port(), free_port()
        self.url, self.sandbox = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.sandbox_port}"
        self.seats, self.count, self.threads, self.static = seats, workers, threads, static
        self.workers: list[subprocess.Popen[bytes]] = []
        self.others: list[subprocess.Popen[bytes]] = []
        self.database = f"bridge_stack_{secrets.token_hex(4)}"
        self.given = server
        self.environment = {**os.environ, **self._environment(), **environment}
        self.player = demo.Player(self.sandbox)

    def _environment(self) -> dict[str, str]:
        values = {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATA_DIR": str(self.home),
            "SECRET_KEY": secrets.token_hex(32),
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "BACKGROUND_THREADS": "1",
            "QUEUE": f"bridge-{self.home.name}",
            "SANDBOX_PORT": str(self.sandbox_port),
            "SANDBOX_BRIDGE_URL": self.url,
            "SANDBOX_SITE": str(self.home / "site.toml"),
            "SANDBOX_WINDOW_COUNT": "100000",
            "LOG_LEVEL": "WARNING",
            **dict.fromkeys(("DATABASE_URL", "REDIS_URL", "BROKER_URL", "PROVISION"), ""),
        }
        found = services()
        self.server = urlsplit(self.given or found.get("DATABASE_URL", ""))
        if self.server.scheme == "mysql":
            # A user of its own, so that a test can take the database away from this site alone.
            where = f"{self.server.hostname}:{self.server.port or 3306}"
            found["DATABASE_URL"] = f"mysql://{self.database}:{self.database}@{where}/{self.database}"
        return {**values, **found}

    def __enter__(self) -> Stack:
        site = SITE + ACCOUNT + "".join(SEAT.format(name=name, capacity=room) for name, room in self.seats.items())
        (self.home / "site.toml").write_text(site.format(sandbox=self.sandbox))
        if not self.environment["REDIS_URL"]:
            self.others.append(self._start(embedded.redis_command(self.home), "redis"))
        self._create_database()
        if self.static:
            self.environment["STATIC_ROOT"] = str(prepared.folder("static", self._collect_static))
        self.manage("provision", str(self.home / "site.toml"))
        self.start_web()
        self.others.append(self._python("-m", "celery", "-A", "config", "beat", "--pidfile=", name="beat"))
        self.start_sandbox()
        for _number in range(self.count):
            self.workers.append(self.start_worker())
        self.wait_healthy()
        self.player.log_in(list(self.seats))
        return self

    def start_web(self, port: int = 0, **extra: str) -> None:
        """Start a web process, at another port and with other settings where they are given."""
        if port:
            self.others.append(self._python("-m", "config.run.web", name=f"web{port}", PORT=str(port), **extra))
            return
        self.web = self._python("-m", "config.run.web", name="web")
        self.others.append(self.web)

    def start_sandbox(self) -> None:
        words = (
            "sandbox.asgi:application",
            "--port",
            str(self.sandbox_port),
            "--no-access-log",
            "--log-level",
            "warning",
        )
        extra = {"DJANGO_SETTINGS_MODULE": "sandbox.settings"}
        self.others.append(self._python("-m", "uvicorn", *words, name="sandbox", **extra))

    def start_worker(self) -> subprocess.Popen[bytes]:
        words = ("-m", "celery", "-A", "config", "--skip-checks", "worker")
        threads = ("--pool", "threads", "--concurrency", str(self.threads))
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")
        return self._python(*words, *threads, *quiet, "--hostname", f"w{secrets.token_hex(3)}", name="worker")

    def kill_worker(self, position: int) -> None:
        """SIGKILL one worker and start another in its place, as a supervisor does."""
        self.workers[position].send_signal(signal.SIGKILL)
        self.workers[position].wait()
        self.workers[position] = self.start_worker()

    def manage(self, *words: str, **extra: str) -> str:
        """Run one of the site's commands, with other settings where they are given; return what it prints."""
        command = [sys.executable, "manage.py", *words]
        environment = {**self.environment, **extra}
        return subprocess.run(command, cwd=BASE, env=environment, check=True, capture_output=True, text=True).stdout

    def _python(self, *words: str, name: str, **extra: str) -> subprocess.Popen[bytes]:
        return self._start([sys.executable, *words], name, **extra)

    def _start(self, command: list[str], name: str, **extra: str) -> subprocess.Popen[bytes]:
        with open(self.home / f"{name}.log", "ab") as log:
            return subprocess.Popen(
                command, cwd=BASE, env={**self.environment, **extra}, stdout=log, stderr=log, start_new_session=True
            )

    def _create_database(self) -> None:
        """Make the database with all its tables; only the first one of a run is migrated, the others are copies."""
        name = self.database
        if self.server.scheme != "mysql":
            shutil.copy(prepared.folder("database", self._migrate_in) / "db.sqlite3", self.home)
            return
        self._sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        self._sql(f"CREATE USER '{name}'@'%' IDENTIFIED BY '{name}'")
        self._sql(f"GRANT ALL ON {name}.* TO '{name}'@'%'")
        where = (self.server.hostname or "", self.server.port or 3306)
        prepared.copy_tables(self._cursor, where, name, lambda: self.manage("migrate", "-v0"))

    def _migrate_in(self, folder: Path) -> None:
        self.manage("migrate", "-v0", DATA_DIR=str(folder))

    def _collect_static(self, folder: Path) -> None:
        self.manage("collectstatic", "-v0", "--noinput", STATIC_ROOT=str(folder))

    def refuse_database(self) -> None:
        """Close the site's connections to the database server and let it make no new ones."""
        self._sql(f"ALTER USER '{self.database}'@'%' ACCOUNT LOCK")
        self._sql(f"KILL USER '{self.database}'@'%'")

    def admit_database(self) -> None:
        """Let the site in again."""
        self._sql(f"ALTER USER '{self.database}'@'%' ACCOUNT UNLOCK")

    def _sql(self, statement: str) -> None:
        with self._cursor() as cursor:
            cursor.execute(statement)

    @contextlib.contextmanager
    def _cursor(self, database: str = "") -> Iterator[Any]:
        import MySQLdb

        url = self.server
        connection = MySQLdb.connect(
            host=url.hostname, port=url.port or 3306, user=url.username, password=url.password or "", database=database
        )
        with contextlib.closing(connection):
            yield connection.cursor()
            connection.commit()

    def health(self) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=10) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            return json.load(error)
        except OSError:
            return {"status": "unreachable", "checks": {}}

    def wait_healthy(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while (health := self.health())["status"] != "ok":
            if time.monotonic() > deadline:
                raise TimeoutError(f"{health}\n{self.logs()}")
            time.sleep(0.2)
        urllib.request.urlopen(f"{self.sandbox}/play/state", timeout=20).read()

    def logs(self) -> str:
        return "\n".join(f"== {path.name}\n{path.read_text()[-2000:]}" for path in self.home.glob("*.log"))

    def state(self) -> dict[str, Any]:
        """Return all that the sandbox tells: entries, names, windows, calls, refusals."""
        with urllib.request.urlopen(f"{self.sandbox}/play/state", timeout=60) as reply:
            return json.load(reply)

    def entries(self) -> list[dict[str, Any]]:
        """Return all messages on all screens of the sandbox, in order."""
        return sorted(self.state()["entries"], key=lambda entry: entry["id"])

    def __exit__(self, *_error: object) -> None:
        for process in [*self.workers, *reversed(self.others)]:
            if process.poll() is None:
                process.terminate()
        for process in [*self.workers, *self.others]:
            try:
                process.wait(8)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self.server.scheme == "mysql":
            self._sql(f"DROP DATABASE {self.database}")
            self._sql(f"DROP USER '{self.database}'@'%'")
