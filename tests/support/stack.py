"""A whole site in real processes: web, workers, beat and the sandbox, on SQLite and Valkey or on the services at hand."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from bridge.base.addresses import hosts_of, with_first_host
from config.run import demo, embedded
from tests.support import forked, prepared
from tests.support.forked import Process
from tests.support.waiting import PATIENCE, wait_until

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


LEAST_PATIENCE = 60  # seconds
ONLINE = "from seats.models import Seat; print(Seat.objects.filter(online=True).count())"


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def lives(port: int) -> bool:
    """Tell whether the web at the port answers, whatever else is away."""
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=5).status == 200
    except (OSError, http.client.HTTPException):
        return False


def services() -> dict[str, str]:
    """Return the addresses of the services this test run uses; empty for the embedded ones."""
    names = ("DATABASE_URL", "REDIS_URL", "BROKER_URL")
    return {name: os.environ[f"STACK_{name}"] for name in names if os.environ.get(f"STACK_{name}")}


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


class Player(demo.Player):
    """Waits as long as a message may take on a machine that is busy with other tests."""

    def wait_for(self, text: str, side: str, seconds: float = 0) -> dict[str, Any]:
        return super().wait_for(text, side, max(seconds, LEAST_PATIENCE))


class Stack:
    """A site with `seats` (name to capacity) all of one group; use as a context manager.

    `server` is a database server's address instead of the test run's. With `alone` each process imports all it needs
    itself, as on a real site; else they are forked, which saves a second or two of the processor's time for each.
    """

    def __init__(
        self,
        seats: dict[str, int],
        *,
        workers: int = 4,
        threads: int = 1,
        static: bool = False,
        server: str = "",
        alone: bool = False,
        **environment: str,
    ) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="bridge-stack-"))
        self.port, self.sandbox_port = free_port(), free_port()
        self.url, self.sandbox = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.sandbox_port}"
        self.platforms = self.sandbox  # where the site finds both platforms
        self.seats, self.count, self.threads, self.static = seats, workers, threads, static
        self.workers: list[Process] = []
        self.others: list[Process] = []
        self.database = f"bridge_stack_{secrets.token_hex(4)}"
        self.given = server
        self.environment = {**os.environ, **self._environment(), **environment}
        self.starter = forked.Starter(self.environment, self.home / "site.log", alone=alone)
        self.player = Player(self.sandbox)

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
            "PLATFORM_ALLOW_PRIVATE": "1",
            "LOG_LEVEL": "WARNING",
            **dict.fromkeys(("DATABASE_URL", "REDIS_URL", "BROKER_URL", "PROVISION"), ""),
        }
        found = services()
        given = self.given or found.get("DATABASE_URL", "")
        self.server = urlsplit(with_first_host(given))
        if self.server.scheme == "mysql":
            # A user of its own, so that a test can take the database away from this site alone.
            where = ",".join(f"{host}:{port}" for host, port in hosts_of(given, 3306))
            found["DATABASE_URL"] = f"mysql://{self.database}:{self.database}@{where}/{self.database}"
        return {**values, **found}

    def __enter__(self) -> Stack:
        try:
            self._set_up()
        except BaseException:
            self.__exit__()  # whoever is stopped meanwhile, and what fails, leaves nothing running
            raise
        return self

    def _set_up(self) -> None:
        site = SITE + ACCOUNT + "".join(SEAT.format(name=name, capacity=room) for name, room in self.seats.items())
        (self.home / "site.toml").write_text(site.format(sandbox=self.platforms))
        if not self.environment["REDIS_URL"]:
            self.others.append(self._start(embedded.redis_command(self.home), "redis"))
        if self.static:
            self.environment["STATIC_ROOT"] = str(prepared.folder("static", self._collect_static))
        self._create_database()
        self.manage("provision", str(self.home / "site.toml"))
        self.start_web()
        self.start_beat()
        self.start_sandbox()
        for _number in range(self.count):
            self.workers.append(self.start_worker())
        self.wait_healthy()
        self.player.log_in(list(self.seats))
        self._wait_online()

    def start_web(self, port: int = 0, *, through: tuple[str, ...] = (), **extra: str) -> None:
        """Start a web process, at another port and with other settings where they are given.

        `through` names a module that is run, with its words, and runs the web process in its turn.
        """
        if port:
            self.others.append(self._python("-m", "config.run.web", name=f"web{port}", PORT=str(port), **extra))
            return
        self.web = self._python("-m", *through, "config.run.web", name="web")
        self.others.append(self.web)

    def start_beat(self, name: str = "") -> Process:
        """Start beat, or a second one that has a name of its own."""
        words = ("-m", "celery", "-A", "config", "-q", "--skip-checks", "beat", "--pidfile=")
        own = ("-s", str(self.home / f"{name}-schedule")) if name else ()
        started = self._python(*words, *own, name=name or "beat")
        self.others.append(started)
        if not name:
            self.beat = started
        return started

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
        self.sandbox_process = self._python("-m", "uvicorn", *words, name="sandbox", **extra)
        self.others.append(self.sandbox_process)

    def start_worker(self, *through: str, threads: int = 0, **extra: str) -> Process:
        """Start a worker, with another number of threads and settings where they are given; `through` as for the web process."""
        words = ("-m", *through, "celery", "-A", "config", "-q", "--skip-checks", "worker")
        pool = ("--pool", "threads", "--concurrency", str(threads or self.threads))
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")
        return self._python(*words, *pool, *quiet, "--hostname", f"w{secrets.token_hex(3)}", name="worker", **extra)

    def kill_worker(self, position: int) -> None:
        """SIGKILL one worker and start another in its place, as a supervisor does."""
        self.workers[position].send_signal(signal.SIGKILL)
        self.workers[position].wait()
        self.workers[position] = self.start_worker()

    def manage(self, *words: str, **extra: str) -> str:
        """Run one of the site's commands, with other settings where they are given; return what it prints."""
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            code = self.starter.python(["manage.py", *words], extra, output, errors).wait()
            said, complained = (_read(one) for one in (output, errors))
        if code:
            failed = subprocess.CalledProcessError(code, words, said, complained)
            failed.add_note(complained)  # what pytest prints of it
            raise failed
        return said

    @contextlib.contextmanager
    def code_in(self, folder: Path) -> Iterator[None]:
        """Start processes and run commands with the code in another folder meanwhile, as another release does."""
        own = self.starter
        self.starter = forked.Starter(self.environment, self.home / "site.log", alone=True, folder=folder)
        try:
            yield
        finally:
            self.starter = own

    def _python(self, *words: str, name: str, **extra: str) -> Process:
        with open(self.home / f"{name}.log", "ab") as log:
            return self.starter.python(list(words), extra, log, log)

    def _start(self, command: list[str], name: str) -> Process:
        with open(self.home / f"{name}.log", "ab") as log:
            return forked.start(command, self.environment, log, log)

    def _create_database(self) -> None:
        """Make the database with all its tables; only the first one of a run is migrated, the others are copies."""
        name = self.database
        if self.server.scheme != "mysql":
            shutil.copy(prepared.folder("database", self._migrate_in) / "db.sqlite3", self.home)
            return
        self.run_sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        self.run_sql(f"CREATE USER '{name}'@'%' IDENTIFIED BY '{name}'")
        self.run_sql(f"GRANT ALL ON {name}.* TO '{name}'@'%'")
        prepared.copy_tables(self.cursor, name, lambda: self.manage("migrate", "-v0"))

    def _migrate_in(self, folder: Path) -> None:
        self.manage("migrate", "-v0", DATA_DIR=str(folder))

    def _collect_static(self, folder: Path) -> None:
        self.manage("collectstatic", "-v0", "--noinput", STATIC_ROOT=str(folder))

    def refuse_database(self) -> None:
        """Close the site's connections to the database server and let it make no new ones."""
        self.run_sql(f"ALTER USER '{self.database}'@'%' ACCOUNT LOCK")
        self.run_sql(f"KILL USER '{self.database}'@'%'")

    def admit_database(self) -> None:
        """Let the site in again."""
        self.run_sql(f"ALTER USER '{self.database}'@'%' ACCOUNT UNLOCK")

    def run_sql(self, statement: str) -> None:
        """Run a statement on the database server, as its administrator."""
        with self.cursor() as cursor:
            cursor.execute(statement)

    @contextlib.contextmanager
    def cursor(self, database: str = "") -> Iterator[Any]:
        """Return a cursor of the database server's administrator."""
        import MySQLdb

        url = self.server
        # A server that a test left frozen is not waited for.
        connection = MySQLdb.connect(
            host=url.hostname, port=url.port or 3306, user=url.username, password=url.password or "", database=database,
            connect_timeout=20, read_timeout=120, write_timeout=120,
        )  # fmt: skip
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

    def wait_healthy(self, seconds: float = PATIENCE) -> None:
        is_ok = lambda: self.health()["status"] == "ok"  # noqa: E731
        wait_until(is_ok, seconds, said=lambda: f"{self.health()}\n{self.logs()}")
        urllib.request.urlopen(f"{self.sandbox}/play/state", timeout=20).read()

    def _wait_online(self) -> None:
        """Who writes before the site knows of its seats is told to wait, which counts as a message."""
        online = lambda: int(self.manage("shell", "-v0", "-c", ONLINE).split()[-1])  # noqa: E731
        wait_until(lambda: online() >= len(self.seats), said=lambda: "the seats did not get online", pause=0.1)

    def logs(self) -> str:
        return "\n".join(f"== {path.name}\n{path.read_text()[-2000:]}" for path in self.home.glob("*.log"))

    def state(self, after: int = 0, wait: float = 0) -> dict[str, Any]:
        """Return all that the sandbox tells: entries (those changed after a number, for which it waits), names, windows, calls."""
        with urllib.request.urlopen(f"{self.sandbox}/play/state?after={after}&wait={wait}", timeout=60) as reply:
            return json.load(reply)

    def entries(self) -> list[dict[str, Any]]:
        """Return all messages on all screens of the sandbox, in order."""
        return sorted(self.state()["entries"], key=lambda entry: entry["id"])

    def wait_pushed(self) -> None:
        """Wait until the sandbox has an answer for every push: what was written only then is in the site's inbox."""
        under_way = lambda: any(entry["state"] == "sending" for entry in self.entries())  # noqa: E731
        wait_until(lambda: not under_way(), said=lambda: "a push has no answer yet", pause=0.05)

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
        self.starter.close()
        if self.server.scheme == "mysql":
            self.run_sql(f"DROP DATABASE IF EXISTS {self.database}")
            self.run_sql(f"DROP USER IF EXISTS '{self.database}'@'%'")
