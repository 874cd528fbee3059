"""A server of a test's own: a process below a folder of its own, on a free port, to be killed, frozen and brought back."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.support.place import HERE, Place
from tests.support.waiting import wait_until

ENDS_WITHIN = 20.0  # seconds


def filled(template: Path, changes: Mapping[str, str]) -> str:
    """Return a configuration with all of these replaced; AssertionError where one is not in it any more."""
    text = template.read_text()
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


class OwnServer:
    """Use as a context manager. A server says with `command` how it is started, and with `environment` in what."""

    name = ""
    starts_within = 60.0  # seconds

    def __init__(self, place: Place = HERE) -> None:
        self.home = Path(tempfile.mkdtemp(prefix=f"bridge-{self.name}-"))
        self.place, self.host, self.port = place, place.address, place.free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return its address, as the site's settings take it."""
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def prepare(self) -> None:
        """Fill the folder before the first start."""

    def __enter__(self) -> Self:
        try:
            self.prepare()
            self.start()
        except BaseException:
            self.__exit__()  # whoever is stopped meanwhile leaves nothing running
            raise
        return self

    @property
    def pid(self) -> int:
        """Return the running server's process id."""
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        self.begin()
        self.wait_ready()

    def begin(self) -> None:
        """Start the server, and do not wait for it."""
        with (self.home / "server.log").open("ab") as out:
            self._process = subprocess.Popen(
                [*self.place.inside, *self.command()],
                env=self.environment(),
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def wait_ready(self) -> None:
        """Wait until it takes connections."""
        said = lambda: (self.home / "server.log").read_text()  # noqa: E731

        def is_up() -> bool:
            assert self._runs(), said()
            return self.is_ready()

        wait_until(is_up, self.starts_within, said=said, pause=0.1)

    def _runs(self) -> bool:
        return bool(self._process and self._process.poll() is None)

    def is_ready(self) -> bool:
        """Tell whether a server that was started takes connections."""
        return listens(self.port, self.host)

    def kill(self) -> None:
        """SIGKILL: as when a machine loses its power."""
        self._end()
        # What it had started may take a moment longer; the next one needs its port.
        gone = lambda: not listens(self.port, self.host)  # noqa: E731
        wait_until(gone, ENDS_WITHIN, said=lambda: f"{self.name} does not end", pause=0.05)

    def _end(self) -> None:
        self._signal(signal.SIGKILL)
        if self._process:
            self._process.wait()

    def restart(self) -> None:
        """SIGTERM, and start again once it has ended: as an administrator does."""
        self._signal(signal.SIGTERM)
        if self._process:
            self._process.wait(60)
        self.start()

    def freeze(self) -> None:
        """SIGSTOP: it is there, and answers nobody."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        """Send a signal to the server and to what it has started."""
        if self._process and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def __exit__(self, *_error: object) -> None:
        self.thaw()
        self._end()
        shutil.rmtree(self.home, ignore_errors=True)


def listens(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether somebody takes connections at a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0
