"""Processes of a test's site that are forked from one that has imported what they need: `tests.support.zygote`."""

from __future__ import annotations

import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import IO, Any

BASE = Path(__file__).resolve().parents[2]
# What the processes of a site import; nothing of it starts a thread or connects to anything.
MODULES = ("config.celery", "config.urls", "bridge.tasks", "seats.tasks", "analytics.tasks")
# Elsewhere a process that was forked may not do all that one may that was started.
IS_POSSIBLE = sys.platform == "linux"


class Forked:
    """A process that was forked, to be used like a `subprocess.Popen`."""

    def __init__(self, status: socket.socket, name: str) -> None:
        self._status, self._name = status, name
        self.returncode: int | None = None
        self.pid = self._read()

    def _read(self) -> int:
        if not (said := self._status.recv(20)):
            raise RuntimeError(f"what forks {self._name} is gone")
        return int(said)

    def poll(self) -> int | None:
        """Return how it ended; None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends and return how; `subprocess.TimeoutExpired` where that takes longer."""
        if (code := self._ended(timeout)) is None:
            raise subprocess.TimeoutExpired(self._name, timeout or 0)
        return code

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], timeout)[0]:
            self.returncode = self._read()
            self._status.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


Process = subprocess.Popen[bytes] | Forked


class Line:
    """The line to a process that forks."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def start(self, program: list[str], environment: Mapping[str, str], output: IO[Any], errors: IO[Any]) -> Forked:
        """Run a program: the words that follow `python`."""
        return self._ask({"program": program}, environment, [output.fileno(), errors.fileno()])

    def site(self, environment: Mapping[str, str], output: IO[Any]) -> tuple[Line, Forked]:
        """Fork a process that imports a site's own modules in its environment and forks in its turn."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            return Line(ours), self._ask(
                {"modules": MODULES}, environment, [output.fileno(), output.fileno(), theirs.fileno()]
            )

    def _ask(self, words: dict[str, Any], environment: Mapping[str, str], descriptors: list[int]) -> Forked:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        data = pickle.dumps({"environment": dict(environment), "directory": str(BASE), **words})
        with theirs:
            socket.send_fds(self._line, [data], [theirs.fileno(), *descriptors])
        return Forked(ours, " ".join(words.get("program", ["a site"])))

    def close(self) -> None:
        """Let the process that forks end."""
        self._line.close()


class Starter:
    """Starts the Python processes of one site, which has an environment; with `alone` each imports all it needs itself.

    `inside`: words before each command, and `folder` where the code lies, for processes that are alone.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        log: Path,
        *,
        alone: bool,
        inside: tuple[str, ...] = (),
        folder: Path = BASE,
    ) -> None:
        self._environment, self._log, self._inside, self._folder = environment, log, inside, folder
        self._forks = IS_POSSIBLE and not alone
        self._site: tuple[Line, Forked] | None = None
        self._making = threading.Lock()

    def python(self, words: list[str], extra: Mapping[str, str], output: IO[Any], errors: IO[Any]) -> Process:
        """Start it; where its settings are the site's own, with the site's modules already imported."""
        environment = {**self._environment, **extra}
        if not self._forks:
            return start([*self._inside, sys.executable, *words], environment, output, errors, self._folder)
        line = packages() if extra else self._line()
        return line.start(words, environment, output, errors)

    def _line(self) -> Line:
        """Return the line to what forks this site's processes, which is there from when the first of them is needed."""
        with self._making:
            if not self._site:
                with self._log.open("ab") as log:
                    self._site = packages().site(self._environment, log)
            return self._site[0]

    def close(self) -> None:
        """Let what forks end, once all that it forked has."""
        if self._site:
            line, process = self._site
            line.close()
            process.wait()


@cache
def packages() -> Line:
    """Return the line to the process that has imported the packages, which ends with this one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.support.zygote", str(theirs.fileno())]
    with theirs:
        subprocess.Popen(
            command, cwd=BASE, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()], start_new_session=True
        )
    return Line(ours)


def start(
    command: list[str], environment: Mapping[str, str], output: IO[Any], errors: IO[Any], folder: Path = BASE
) -> Process:
    """Start any program, in a session of its own."""
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=errors, start_new_session=True)
