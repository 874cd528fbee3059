"""Whether this process was told to stop: a worker under load would else go from lane to lane and never come to an end."""

from __future__ import annotations

import threading

_told = threading.Event()


def tell() -> None:
    """Say that this process is to stop: what is begun is ended, nothing else is begun."""
    _told.set()


def is_told() -> bool:
    """Tell whether nothing else should be begun."""
    return _told.is_set()


def forget() -> None:
    """Begin afresh; for tests."""
    _told.clear()
