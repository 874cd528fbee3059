"""Runs a command, and sees to it that nothing of it stays: `Guarded(command)`, or `python config/run/guard.py COMMAND ...`.

The guard leads a session of its own, to which the command and everything it starts belong. It ends the whole session when
the lifeline (its standard input) ends or says something, when a signal asks for it, and when the command is over. Whoever
started the guard holds the lifeline's other end; the kernel closes that end with its holder, however the holder died.
Only the standard library and nothing of the project: the bootstrap starts guards before there are packages. Works on
Linux and macOS.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

ORDERLY = 40.0  # seconds for the command to end what it started; supervisord: programs 12, then Valkey 12
GRACE = 12.0  # seconds for what is left then
FORCED = 10.0  # seconds in which killed processes go; one in the middle of disk I/O may need some
LONGEST = ORDERLY + GRACE + FORCED
PAUSE = 0.05
TO_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Guarded:
    """A command below a guard; it lives no longer than this process."""

    def __init__(self, command: list[str], **words: Any) -> None:
        ends, self._lifeline = os.pipe()
        os.set_blocking(self._lifeline, False)
        guard = [sys.executable, "-I", str(Path(__file__).resolve()), *command]
        try:
            self.process = subprocess.Popen(guard, stdin=ends, start_new_session=True, **words)
        finally:
            os.close(ends)

    def tell(self) -> None:
        """Tell the guard to end everything. Does not wait, never raises; a signal handler may call it."""
        with contextlib.suppress(OSError):
            os.write(self._lifeline, b".")

    def stop(self) -> None:
        """End everything, and wait until it has ended; also where the guard was killed."""
        self.tell()
        try:
            self.process.wait(LONGEST)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        sweep(self.process.pid)


def _members_linux(session: int) -> dict[int, int]:
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            # proc(5): "pid (name) state ppid pgrp session ..."; the name may hold anything, brackets too.
            state, _parent, group, its_session = Path("/proc", name, "stat").read_text().rpartition(")")[2].split()[:4]
            if int(its_session) == session and state not in "ZX":
                found[int(name)] = int(group)
    return found


def _members_elsewhere(session: int) -> dict[int, int]:
    found = {}
    with subprocess.Popen(["ps", "-A", "-o", "pid=,pgid=,stat="], stdout=subprocess.PIPE, text=True) as ps:
        for pid, group, state in (line.split(None, 2) for line in ps.communicate()[0].splitlines()):
            with contextlib.suppress(OSError):
                if int(pid) != ps.pid and os.getsid(int(pid)) == session and not state.startswith("Z"):
                    found[int(pid)] = int(group)
    return found


def members(session: int) -> dict[int, int]:
    """Return the living processes of a session without this one: process id to process group."""
    found = _members_linux(session) if sys.platform == "linux" else _members_elsewhere(session)
    found.pop(os.getpid(), None)
    return found


def _send(number: int, pids: set[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _end(session: int, seconds: float, number: int, whose: Callable[[int], bool] = bool) -> None:
    """Send each process of a session, of the groups that `whose` chooses, the signal once; wait until they are gone."""
    deadline, asked = time.monotonic() + seconds, set[int]()
    while time.monotonic() < deadline:
        alive = {pid for pid, group in members(session).items() if whose(group)}
        if not alive:
            return
        _send(number, alive - asked)
        asked |= alive
        time.sleep(PAUSE)


def sweep(session: int) -> None:
    """End all processes of a session: the command in its own order, then what that left, then by force.

    The command shares the leader's process group; what supervisord starts has groups of its own.
    """
    _end(session, ORDERLY, signal.SIGTERM, lambda group: group == session)
    _end(session, GRACE, signal.SIGTERM)
    _end(session, FORCED, signal.SIGKILL)


def _hear() -> int:
    """Turn signals into bytes that can be read from the returned file descriptor; they interrupt nothing."""
    heard, said = os.pipe()
    for end in (heard, said):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(said, warn_on_full_buffer=False)
    for number in (*TO_STOP, signal.SIGCHLD):
        signal.signal(number, _nothing)
    return heard


def _nothing(number: int, frame: FrameType | None) -> None:
    pass


def _wait(command: subprocess.Popen[bytes], heard: int) -> None:
    """Return when the lifeline says or is something, when a signal asks for the end, or when the command is over."""
    while command.poll() is None:
        ready = select.select([0, heard], [], [])[0]
        if 0 in ready or set(os.read(heard, 512)) & set(TO_STOP):
            return


def _following() -> Callable[[], None] | None:
    """Return what lets the command get a SIGTERM when the guard is killed, where the kernel can do that."""
    if sys.platform != "linux":
        return None
    prctl, guard = ctypes.CDLL(None).prctl, os.getpid()

    def follow() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != guard:
            os._exit(1)

    return follow


def main() -> None:
    """Run the command that is named and end all that is left of it."""
    heard = _hear()
    # The guard has one thread, so preexec_fn is safe.
    command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, preexec_fn=_following())  # noqa: PLW1509
    _wait(command, heard)
    sweep(os.getpid())
    code = command.poll()
    sys.exit(0 if code is None else code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
