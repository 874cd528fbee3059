"""Runs a program whose clock is wrong by so many seconds as a file says: `python -m tests.chaos.shifted FILE module words...`.

The product has one source of time; the file is read at each look at the machine's clock, which steps while the program runs.
"""

from __future__ import annotations

import runpy
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

from bridge.base import clock


def shift(file: Path) -> None:
    """Let this process's clock be wrong by what the file says, from now on."""

    def wall() -> datetime:
        words = file.read_text().strip()
        return datetime.now(UTC) + timedelta(seconds=float(words or 0))

    clock._source = clock.SteadyClock(wall)


def main() -> None:
    shift(Path(sys.argv[1]))
    django.setup()
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
