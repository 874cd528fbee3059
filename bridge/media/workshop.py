"""The workshop: has one media file read or converted, in a process of its own; see `tool`. One at a time per machine."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from bridge.media.errors import Busy, MediaError, StorageError, trouble_words
from bridge.media.tool.run import OVER_MEMORY

logger = logging.getLogger(__name__)
SECONDS = 75  # for one job
WAIT = 60.0  # seconds for the bench to become free
_LOOK = 0.05
_ENDS = {-signal.SIGXCPU: "time", -signal.SIGKILL: "time", OVER_MEMORY: "pixels"}
# -I: nothing of the environment or of the current directory is imported; the libraries are found beside Python.
_RUN = "import sys; sys.path.append(sys.argv[1]); from bridge.media.tool.run import main; main(sys.argv[3:], int(sys.argv[2]))"
_ROOT = Path(__file__).resolve().parents[2]


def work(job: str, source: Path, target: Path | None = None, *words: object) -> dict[str, Any]:
    """Do one of the tool's jobs and return what it says.

    MediaError where the file cannot be read or converted (`trouble` says why), temporary where the bench is taken.
    StorageError where its target found no room.
    """
    places = [str(_ROOT), str(os.getpid()), job, str(source), str(target or "")]
    command = [sys.executable, "-I", "-c", _RUN, *places, *map(str, words)]
    with _bench() as lock:
        try:
            # The lock goes along: it stays taken while the process runs, even if this one is killed.
            done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, pass_fds=[lock])
        except subprocess.TimeoutExpired:
            raise MediaError(trouble_words("time"), trouble="time") from None
        except OSError as error:
            raise MediaError(_("the file cannot be read now"), temporary=True) from error
    return _said(job, done)


def _said(job: str, done: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        logger.info("media %s: %s", job, last[0][:200] if last else done.returncode)
        if fault := StorageError.said_by(" ".join(last)):
            raise fault
        trouble = _ENDS.get(done.returncode, "damaged")
        raise MediaError(trouble_words(trouble), trouble=trouble)
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if "trouble" in said:
        trouble = str(said["trouble"])
        logger.info("media %s: %s", job, trouble)
        raise MediaError(trouble_words(trouble), trouble=trouble)
    return said


@contextmanager
def _bench() -> Iterator[int]:
    """Take the machine's one bench. Busy where others have it for too long."""
    folder = Path(settings.DATA_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "decoder.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(lock, time.monotonic() + WAIT)
        yield lock
    finally:
        os.close(lock)


def _take(lock: int, ends: float) -> None:
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > ends:
                raise Busy(_("other files are being read; this one waits")) from None
            time.sleep(_LOOK)
