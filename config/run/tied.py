"""Becomes a command that gets SIGTERM when its parent is gone, however that was ended: `python config/run/tied.py COMMAND ...`.

On Linux; elsewhere it just becomes the command. Only the standard library and nothing of the project: it starts quickly.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h; kept across execve(2)


def tie(parent: int) -> None:
    """Let this process get SIGTERM when `parent` is gone; end it where that has happened already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit(1)


if __name__ == "__main__":
    parent = os.getppid()
    if sys.platform == "linux" and parent == 1:
        sys.exit(1)  # init has it already
    tie(parent)
    os.execvp(sys.argv[1], sys.argv[1:])
