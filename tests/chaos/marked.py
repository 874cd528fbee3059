"""Runs a program that kills itself at a marked point: `python -m tests.chaos.marked NUMBER TIMES module words...`.

NUMBER is the point's place in POINTS; it dies (SIGKILL) when it comes there for the TIMES-th time.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import os
import runpy
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

from tests.chaos.points import POINTS, Point, When


def place(target: str) -> tuple[Any, str]:
    """Return what holds the function, and by which name. Raises: ImportError, AttributeError."""
    module, path = target.split(":")
    holder: Any = importlib.import_module(module)
    *outer, name = path.split(".")
    for one in outer:
        holder = getattr(holder, one)
    return holder, name


def mark(point: Point, reached: Callable[[], None]) -> None:
    """Call `reached` each time this process comes to the point."""
    holder, name = place(point.target)
    function = getattr(holder, name)

    @functools.wraps(function)
    def marked(*args: Any, **words: Any) -> Any:
        if point.when is When.BEFORE:
            reached()
        result = function(*args, **words)
        if point.when is When.AFTER:
            reached()
        return result

    setattr(holder, name, marked)


def main() -> None:
    number, times, program = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    count = itertools.count(1)

    def die() -> None:
        if next(count) == times:
            os.kill(os.getpid(), signal.SIGKILL)

    django.setup()
    mark(POINTS[number], die)
    sys.argv = program
    runpy.run_module(program[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
