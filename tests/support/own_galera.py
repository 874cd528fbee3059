"""Three MariaDB servers that are one database (Galera), each on a loopback address of its own."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.support import own_mariadb, prepared
from tests.support.own import OwnServer
from tests.support.place import Place

HOSTS = tuple(map(Place, ("127.0.1.1", "127.0.1.2", "127.0.1.3")))
PROVIDERS = ("/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so", "/usr/lib/libgalera_smm.so")
ANYWHERE = """INSERT INTO mysql.global_priv VALUES ('%', 'root', '{"access": 18446744073709551615}');\n"""
# A server that says nothing for two seconds is asked about, and is out after four.
PATIENCE = (
    "evs.suspect_timeout=PT2S; evs.inactive_timeout=PT4S; evs.inactive_check_period=PT0.5S; evs.keepalive_period=PT0.5S"
)


def provider() -> str:
    """Return where Galera's library lies; "" where it is not installed."""
    return next((one for one in PROVIDERS if Path(one).exists()), "")


def owner() -> str:
    """Return the user whom the servers run as: not root, as whom rsync could not write what another server sends."""
    names = {one.pw_name for one in pwd.getpwall()}
    here = pwd.getpwuid(os.getuid()).pw_name
    return "mysql" if here == "root" and "mysql" in names else here


def is_here() -> bool:
    """Tell whether such servers can be started on this machine."""
    return bool(own_mariadb.is_here() and provider() and shutil.which("rsync") and owner() != "root")


class GaleraServer(OwnServer):
    """One of the three. `peers` are all of them; the first makes the cluster, the others are sent its tables."""

    name = "galera"
    starts_within = 180.0

    def __init__(self, place: Place, peers: list[GaleraServer]) -> None:
        super().__init__(place)
        self.group_port, self._copy_port, self._step_port = (place.free_port() for _number in range(3))
        self._peers = peers
        self._makes_it = False

    def prepare(self) -> None:
        data, self._makes_it = self.home / "data", self is self._peers[0]
        if self._makes_it:
            shutil.copytree(prepared.folder("mariadb-open", _install), data)
        else:
            data.mkdir()
        for path in [self.home, data, *data.rglob("*")]:
            shutil.chown(path, owner())

    def begin(self) -> None:
        """Start it, and do not wait until it has what the others have."""
        super().begin()
        self._makes_it = False

    def command(self) -> list[str]:
        return [*self._alone(), *self._together(), *(["--wsrep-new-cluster"] if self._makes_it else [])]

    def _alone(self) -> list[str]:
        return [
            str(own_mariadb.SERVER), "--no-defaults", f"--datadir={self.home}/data", f"--port={self.port}",
            f"--bind-address={self.host}", f"--socket={self.home}/s", f"--pid-file={self.home}/pid", f"--user={owner()}",
            "--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=1", "--binlog-format=ROW",
            "--innodb-autoinc-lock-mode=2",
        ]  # fmt: skip

    def _together(self) -> list[str]:
        others = ",".join(f"{one.host}:{one.group_port}" for one in self._peers)
        options = (
            f"gmcast.listen_addr=tcp://{self.host}:{self.group_port}; base_host={self.host}; base_port={self.group_port};"
            f" ist.recv_addr={self.host}:{self._step_port}; ist.recv_bind={self.host}:{self._step_port};"
            f" gcache.size=64M; {PATIENCE}"
        )
        return [
            "--wsrep-on=ON", f"--wsrep-provider={provider()}", f"--wsrep-cluster-address=gcomm://{others}",
            "--wsrep-cluster-name=bridge", f"--wsrep-node-name={self.host}", f"--wsrep-node-address={self.host}",
            f"--wsrep-node-incoming-address={self.host}:{self.port}", "--wsrep-sst-method=rsync",
            f"--wsrep-sst-receive-address={self.host}:{self._copy_port}", f"--wsrep-provider-options={options}",
        ]  # fmt: skip

    def is_ready(self) -> bool:
        """Tell whether it has caught up and takes statements."""
        assert self._process
        assert self._process.poll() is None, (self.home / "server.log").read_text()
        with contextlib.suppress(Exception):
            return super().is_ready() and self.status("wsrep_ready") == "ON"
        return False

    def status(self, name: str) -> str:
        """Return one of the server's status values."""
        return str(self._ask("SHOW STATUS LIKE %s", name)[1])

    def isolate(self, *, end: bool = False) -> None:
        """Let it hear nothing of the others, as where a network breaks, or hear them again."""
        self._ask("SET GLOBAL wsrep_provider_options = %s", f"gmcast.isolate={int(not end)}")

    def _ask(self, statement: str, word: str) -> tuple[Any, ...]:
        import MySQLdb

        where = {"host": self.host, "port": self.port, "user": "root", "connect_timeout": 5}
        with contextlib.closing(MySQLdb.connect(**where)) as made:
            cursor = made.cursor()
            cursor.execute(statement, (word,))
            return cursor.fetchone() or ()


def _install(folder: Path) -> None:
    """Make an empty server's files, with an administrator who may come from any host."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as more:
        more.write(ANYWHERE)
        more.flush()
        own_mariadb.install(folder, f"--extra-file={more.name}")


@contextlib.contextmanager
def cluster(places: Sequence[Place] = HOSTS) -> Iterator[list[GaleraServer]]:
    """Start a cluster with one server in each place."""
    servers: list[GaleraServer] = []
    servers += [GaleraServer(place, servers) for place in places]
    with contextlib.ExitStack() as entered:
        for server in servers:
            entered.enter_context(server)
        yield servers
