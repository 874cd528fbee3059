"""Which tests one lane of `make test` runs, and which of them run one after another in one process."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

DATABASES = {"db", "transactional_db"}
# These say themselves where they run.
PLACED = {"once", "both", "embedded", "services", "workers", "browser"}


def asks_for_a_database(item: pytest.Item) -> bool:
    """Tell whether a test, or a fixture of it, may use the database; pytest-django fails it where it does without asking."""
    asked = not DATABASES.isdisjoint(getattr(item, "fixturenames", ()))
    return asked or item.get_closest_marker("django_db") is not None


def mark_once(items: Iterable[pytest.Item]) -> None:
    """Mark what uses no database: it is the same in both lanes."""
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        if PLACED.isdisjoint(marks) and not asks_for_a_database(item):
            item.add_marker(pytest.mark.once)


def shares_with_its_module(item: pytest.Item) -> bool:
    """Tell whether a test has a fixture that all tests of its module have in common, such as a site in real processes."""
    known = getattr(item, "_fixtureinfo", None)
    return known is not None and any(found[-1].scope == "module" for found in known.name2fixturedefs.values())


def keep_together(items: Iterable[pytest.Item]) -> None:
    """Have one process of pytest-xdist run all tests that share something: it would be made in each process else."""
    for item in items:
        if shares_with_its_module(item):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def starts_processes(item: pytest.Item) -> bool:
    """Tell whether a test starts a site of its own, which takes long and mostly waits."""
    return any(item.get_closest_marker(name) for name in ("workers", "browser"))
