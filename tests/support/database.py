"""Rows that all tests of a module have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction

from tests.support import fresh


@contextmanager
def undone() -> Iterator[None]:
    """Take back afterwards what is written within; may be nested: once for a module, and within for each of its tests."""
    outer = transaction.atomic()
    outer._from_testcase = True  # as Django's own TestCase: code with `atomic(durable=True)` runs within
    with outer:
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module", name="db")
def shared_db(django_db_setup, django_db_blocker) -> Iterator[None]:
    """The database for a whole module, in place of pytest-django's `db`: import it into the module that wants it.

    Each test of such a module says `undone()` itself. What the tests before it have left in memory is forgotten first.
    """
    fresh.forget()
    with django_db_blocker.unblock(), undone():
        yield
