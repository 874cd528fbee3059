"""The one source of time. Tests replace `now`'s source instead of sleeping."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_source: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731


def now() -> datetime:
    """Return the present moment, time-zone aware, in UTC."""
    return _source()


@contextmanager
def fixed(source: Callable[[], datetime]) -> Iterator[None]:
    """Take the time from `source` inside the block; for tests and replays."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
