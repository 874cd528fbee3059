"""One site a DATA_DIR: a second `make run` there would move the first one's addresses to its own sandbox."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from pathlib import Path

NAME = "run.lock"


class Taken(Exception):
    """Another site runs in this DATA_DIR; `pid` and `port` are its own, 0 where it has not said them yet."""

    def __init__(self, pid: int, port: int) -> None:
        super().__init__(f"process {pid} on port {port}")
        self.pid = pid
        self.port = port


def hold(data_dir: Path, port: int, pid: int) -> int:
    """Lock `data_dir` for as long as this process, or one that inherits the descriptor returned, lives. Raises: Taken.

    `pid` is the process that others are told of.
    The kernel frees the lock with its last holder, however that ended; the file itself stays.
    """
    descriptor = os.open(data_dir / NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = _holder(descriptor)
        os.close(descriptor)
        raise holder from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps({"pid": pid, "port": port}).encode(), 0)
    return descriptor


def _holder(descriptor: int) -> Taken:
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        said = json.loads(os.pread(descriptor, 200, 0))
        return Taken(int(said["pid"]), int(said["port"]))
    return Taken(0, 0)
