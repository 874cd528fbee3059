"""A RabbitMQ of a test's own, to be killed, frozen, emptied and brought back. Its queues survive, as in production."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

from tests.support.own import OwnServer
from tests.support.place import HERE, Place

# Debian's own command changes to another user, and finds its folders by itself.
_DEBIAN = Path("/usr/lib/rabbitmq/bin")


def _program(name: str) -> str | None:
    return str(_DEBIAN / name) if (_DEBIAN / name).exists() else shutil.which(name)


SERVER, CONTROL, NAMES = _program("rabbitmq-server"), _program("rabbitmqctl"), shutil.which("epmd")


def is_here() -> bool:
    """Tell whether a server can be started on this machine."""
    return bool(SERVER and CONTROL and NAMES)


class OwnRabbitMQ(OwnServer):
    """A node with a name server (epmd) of its own, so that it meets no other node of this machine."""

    name = "rabbitmq"
    starts_within = 240.0  # on a machine that is busy with other tests

    def __init__(self, place: Place = HERE, names_port: int = 0) -> None:
        super().__init__(place)
        self._names_port, self._node_port = names_port or place.free_port(), place.free_port()
        self._names: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@{self.host}:{self.port}//"

    @property
    def node(self) -> str:
        """Return the name by which other nodes know it."""
        return f"bridge{self.port}@localhost"

    def configuration(self) -> list[str]:
        """Return the lines of its configuration."""
        return [f"listeners.tcp.local = {self.host}:{self.port}"]

    def prepare(self) -> None:
        (self.home / "plugins").write_text("[].\n")
        (self.home / "rabbitmq.conf").write_text("\n".join(self.configuration()) + "\n")
        self._names = self.start_names("-address", self.host)

    def start_names(self, *words: str) -> subprocess.Popen[bytes]:
        """Start the name server of this place."""
        command = [*self.place.inside, str(NAMES), "-port", str(self._names_port), *words]
        out = subprocess.DEVNULL
        return subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)

    def command(self) -> list[str]:
        return [str(SERVER)]

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))}
        return {
            **kept,
            "HOME": str(self.home),  # where the node's cookie is
            "ERL_EPMD_PORT": str(self._names_port),
            "ERL_EPMD_ADDRESS": self.host,
            "ERL_FLAGS": f"-kernel inet_dist_use_interface {{{self.host.replace('.', ',')}}} +S 1:1",
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_DIST_PORT": str(self._node_port),
            "RABBITMQ_CONF_ENV_FILE": str(self.home / "none"),
            "RABBITMQ_CONFIG_FILE": str(self.home / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.home / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.home / "logs"),
            "RABBITMQ_PID_FILE": str(self.home / "pid"),
        }

    def control(self, *words: str) -> str:
        """Run one of rabbitmqctl's commands and return what it prints."""
        command = [*self.place.inside, str(CONTROL), "-q", *words]
        return subprocess.run(command, env=self.environment(), check=True, capture_output=True, text=True).stdout

    def empty(self) -> None:
        """Delete all queues with what is in them, but for those that end with their connection."""
        import amqp

        lines = self.control("list_queues", "name", "exclusive", "--no-table-headers").splitlines()
        names = [name for name, exclusive in map(str.split, lines) if exclusive == "false"]
        connection: Any = amqp.Connection(f"{self.host}:{self.port}")
        with contextlib.closing(connection):
            connection.connect()
            for name in names:
                connection.channel().queue_delete(name)

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        if self._names:
            self._names.send_signal(signal.SIGKILL)
            self._names.wait()
