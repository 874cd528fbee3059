"""To wait for what other processes do, with patience: how long it takes is the machine's business, not the test's."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import TypeVar

import playwright.sync_api
import pytest

T = TypeVar("T")
PATIENCE = 120.0  # seconds: a machine that runs four tests side by side may take ten times as long as a quiet one
SLOW = (TimeoutError, subprocess.TimeoutExpired, playwright.sync_api.TimeoutError)


class Overdue(AssertionError):
    """What a test waits for has not come in time."""


def wait_until(
    check: Callable[[], T], seconds: float = PATIENCE, *, said: Callable[[], object] = lambda: "", pause: float = 0.2,
    sleep: Callable[[float], object] = time.sleep,
) -> T:  # fmt: skip
    """Return what `check` returns as soon as that is true. Raises: Overdue, with what `said` returns, after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        if time.monotonic() > deadline:
            raise Overdue(said())
        sleep(pause)
    return found


def is_overdue(error: BaseException) -> bool:
    """Tell whether a test failed because something did not come in time, not because of what came."""
    ended = isinstance(error, pytest.fail.Exception) and str(error).startswith("Timeout (")  # by pytest-timeout
    return ended or isinstance(error, (Overdue, *SLOW))
