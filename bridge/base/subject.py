"""What a thread works on: which event, delivery, account and lane. Log lines and the exchange log ask for it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

_subject: ContextVar[dict[str, Any] | None] = ContextVar("subject", default=None)


@contextlib.contextmanager
def about(**facts: Any) -> Iterator[dict[str, Any]]:
    """Say what the block is about: `event_id`, `delivery_id`, `account_id`, `lane`, `dedup`.

    `hidden`: what we say in its exchanges is not written down.
    """
    token = _subject.set({**(_subject.get() or {}), **facts})
    try:
        yield current()
    finally:
        _subject.reset(token)


def add(**facts: Any) -> None:
    """Add to what the block under way is about; nothing outside of one."""
    if (subject := _subject.get()) is not None:
        subject.update(facts)


def current() -> dict[str, Any]:
    """Return what this thread works on; empty where nothing was said."""
    return _subject.get() or {}
