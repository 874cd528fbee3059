"""Which tests failed because something did not come in time: kept beside pytest's own list of what failed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import waiting

KEPT = Path(__file__).parents[2] / ".pytest_cache/overdue"
MARK = ("overdue", "did not come in time")


def forget() -> None:
    """Begin a run's list anew. The processes side by side have none: the one that started them keeps it."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        KEPT.unlink(missing_ok=True)


def mark(report: pytest.TestReport, call: pytest.CallInfo[None]) -> None:
    """Mark what failed by waiting; the mark goes with the report to the process that keeps the list."""
    if report.failed and call.excinfo and waiting.is_overdue(call.excinfo.value):
        report.user_properties.append(MARK)


def note(report: pytest.TestReport) -> None:
    """Keep the name of a test that has the mark."""
    if MARK in map(tuple, report.user_properties) and "PYTEST_XDIST_WORKER" not in os.environ:
        KEPT.parent.mkdir(exist_ok=True)
        with KEPT.open("a") as kept:
            kept.write(f"{report.nodeid}\n")


def names() -> set[str]:
    """Return the names of the last run's."""
    return set(KEPT.read_text().splitlines()) if KEPT.exists() else set()
