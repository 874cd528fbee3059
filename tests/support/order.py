"""Which tests one lane of `make test` runs, and which of them come first."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

DATABASES = {"db", "transactional_db"}
# These say themselves where they run.
PLACED = {"once", "either", "both", "embedded", "services", "workers", "browser"}


def asks_for_a_database(item: pytest.Item) -> bool:
    """Tell whether a test, or a fixture of it, may use the database; pytest-django fails it where it does without asking."""
    asked = not DATABASES.isdisjoint(getattr(item, "fixturenames", ()))
    return asked or item.get_closest_marker("django_db") is not None


def commits(item: pytest.Item) -> bool:
    """Tell whether a test's transactions are real ones, so that other connections see what it writes."""
    mark = item.get_closest_marker("django_db")
    asked = "transactional_db" in getattr(item, "fixturenames", ())
    return asked or (mark is not None and bool(mark.kwargs.get("transaction")))


def mark_once(items: Iterable[pytest.Item]) -> None:
    """Mark what uses no database: it is the same in both lanes."""
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        if PLACED.isdisjoint(marks) and not asks_for_a_database(item):
            item.add_marker(pytest.mark.once)


def place(item: pytest.Item) -> int:
    """Return a test's place: first what calculates long, then what mostly waits for a site of its own, then the rest."""
    if item.get_closest_marker("long"):
        return 0
    return 1 if starts_processes(item) else 2


def starts_processes(item: pytest.Item) -> bool:
    """Tell whether a test starts a site of its own, which takes long and mostly waits."""
    return any(item.get_closest_marker(name) for name in ("workers", "browser"))
