"""The supervisor of `make run`, below a guard: whatever ends this process, and however often it is told, nothing stays."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from config.run.guard import TO_STOP, Guarded

PAUSE = 0.2  # seconds between two looks


def _heard() -> tuple[signal.Signals, ...]:
    """Return the signals that ask for the end: with nohup, SIGHUP does not."""
    return tuple(one for one in TO_STOP if one != signal.SIGHUP or signal.getsignal(one) is not signal.SIG_IGN)


def die_at_once() -> None:
    """Let each signal that asks for the end just end this process: for as long as it has started nothing."""
    for number in _heard():
        signal.signal(number, signal.SIG_DFL)


def follow_make() -> None:
    """Stop when the `make` that started this process (MAKE_PID, from the Makefile) is gone, whatever killed it."""
    make = os.environ.pop("MAKE_PID", "")
    if make.isdigit():
        threading.Thread(target=_follow, args=(int(make),), name="make", daemon=True).start()


def _follow(make: int) -> None:
    while os.getppid() == make and not _asked(make):
        time.sleep(PAUSE)
    # To the main thread, so that it wakes up where it waits.
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def _asked(make: int) -> bool:
    """Tell whether `make` alone got a signal that asks for the end, where that can be seen (Linux).

    GNU make passes SIGTERM on, the others not; it waits for us inside its handler, in which the signal is blocked.
    """
    try:
        status = Path(f"/proc/{make}/status").read_text()
    except OSError:
        return False
    found = re.search(r"^SigBlk:\s*([0-9a-f]+)$", status, re.MULTILINE)  # proc(5): bit 0 is signal 1
    return found is not None and any(int(found[1], 16) >> number - 1 & 1 for number in TO_STOP)


class Supervised:
    """The supervisor process, and the signals that end it. A signal interrupts nothing here: it is noted and passed on."""

    def __init__(self, config: Path, lock: int) -> None:
        """Start it with this configuration; it keeps the `lock` (a descriptor) until all that it has started is gone."""
        self.asked = False
        self._guarded: Guarded | None = None
        for number in _heard():
            signal.signal(number, self._ask)
        command = [sys.executable, "-m", "config.run.forking", str(config)]
        # Its log is in DATA_DIR/logs.
        self._guarded = Guarded(command, stdout=subprocess.DEVNULL, pass_fds=(lock,))
        if self.asked:
            self._guarded.tell()

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        if self._guarded:
            self._guarded.tell()

    def running(self) -> bool:
        """Tell whether the supervisor runs and nobody has asked for the end."""
        return not self.asked and self._guarded is not None and self._guarded.process.poll() is None

    def wait(self) -> None:
        """Wait until somebody asks for the end, or the supervisor is gone."""
        while self.running():
            time.sleep(PAUSE)

    def stop(self) -> None:
        """Stop everything and wait for it."""
        if self._guarded:
            self._guarded.stop()
