"""Does one job: `run.main([job, source, target, words...])` prints one JSON object, `{"trouble": ...}` where it can't."""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bridge.media.tool.bounds import CPU_SECONDS, DATA, RESIDENT, Refused

OVER_MEMORY = 77  # exit code
# Module and function. Only what a job needs is loaded: the codecs alone take a fifth of the memory allowed.
JOBS = {
    "picture": ("pictures", "as_shown"),
    "smaller": ("pictures", "smaller"),
    "animation": ("animations", "as_gif"),
    "sound": ("sounds", "as_mp3"),
    "streams": ("sounds", "streams"),
    "film": ("films", "as_shown"),
    "smaller_film": ("films", "smaller"),
    "first_frame": ("films", "first_frame"),
}


def _limit(parent: int) -> None:
    """Bound what the process may take; where the system knows how, let it end with the process that started it."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (DATA, DATA))
        threading.Thread(target=_watch, daemon=True).start()
        parent_death = 1  # PR_SET_PDEATHSIG, linux/prctl.h
        ctypes.CDLL(None).prctl(parent_death, signal.SIGKILL)
        if parent not in (0, os.getppid()):
            os._exit(0)  # it ended before it could be told


def _watch() -> None:
    """End the process, with its own code, where it holds more than it may: the limit on what it reserves is coarser."""
    page = os.sysconf("SC_PAGE_SIZE")
    while True:
        if int(Path("/proc/self/statm").read_text().split()[1]) * page > RESIDENT:
            os._exit(OVER_MEMORY)
        time.sleep(0.01)


def main(words: list[str], parent: int = 0) -> None:
    """Do the job that `words` name and print what came of it; `parent`: the process without which nobody needs it."""
    _limit(parent)
    job, *rest = words
    try:
        module, name = JOBS[job]
        said: dict[str, Any] = getattr(importlib.import_module(f"bridge.media.tool.{module}"), name)(*rest)
    except Refused as refused:
        said = {"trouble": refused.trouble}
    except MemoryError:
        said = {"trouble": "pixels"}
    print(json.dumps(said))
