"""The one source of time. Tests replace `now`'s source instead of sleeping."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

logger = logging.getLogger(__name__)

CLOSE = timedelta(seconds=0.5)  # a wall clock that differs by less is followed at once
FAR = timedelta(minutes=15)  # one that differs by more was wrong before, such as on a machine that has just started
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def _elapsed() -> float:
    """Return seconds that no clock setting changes; where the system counts them so, also those of a machine's sleep."""
    return time.clock_gettime(_CLOCK)


class SteadyClock:
    """The wall clock without its steps: it never goes back, and never faster than twice the real pace.

    Leases, times that are due and the order of events rest on it. Where somebody sets the machine's clock by minutes, no lease
    runs out at once and nothing falls due minutes late; the difference is made up in as many minutes, or twice as many where
    the clock was set back. A difference of more than `FAR` is taken over at once.
    """

    def __init__(self, wall: Callable[[], datetime], elapsed: Callable[[], float] = _elapsed) -> None:
        self._wall, self._elapsed = wall, elapsed
        # Replaced as a whole: threads need no lock, which a fork could leave locked for ever.
        self._last = elapsed(), wall()

    def __call__(self) -> datetime:
        before, value = self._last
        at, wall = self._elapsed(), self._wall()
        found = _next(value, wall, timedelta(seconds=at - before))
        self._last = at, found
        return found


def _next(value: datetime, wall: datetime, passed: timedelta) -> datetime:
    ahead = wall - value - passed
    if abs(ahead) > FAR:
        logger.warning("the clock of this machine was set by %d s", ahead.total_seconds())
        return wall
    if abs(ahead) < CLOSE:
        return max(wall, value)
    return value + passed + min(max(ahead, -passed / 2), passed)


_source: Callable[[], datetime] = SteadyClock(partial(datetime.now, UTC))


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
