"""Which platforms answer quickly, as this process has seen of late: only where one does is it better to ask it once at a time.

One quick call among the last is enough: threads that wait for the processor make a quick platform seem slow, never the other way.
"""

from __future__ import annotations

QUICK = 0.005  # seconds a call up to which lanes wait for each other
LAST = 16  # calls that are remembered,
REMEMBERED = 3.0  # and for how many seconds

_Call = tuple[float, float]  # when it ended (time.monotonic), and its seconds
_calls: dict[str, tuple[_Call, ...]] = {}  # by platform


def measured(platform: str, seconds: float, now: float) -> None:
    """Remember how long a call has taken that ended `now` (time.monotonic)."""
    # Made anew, for threads that read it meanwhile. Where two end at the same moment, one of them may be left out.
    _calls[platform] = (*_calls.get(platform, ()), (now, seconds))[-LAST:]


def is_quick(platform: str, now: float) -> bool:
    """Tell whether one of the platform's last calls was quick. False where it was not called of late."""
    return any(seconds <= QUICK for ended, seconds in _calls.get(platform, ()) if now - ended < REMEMBERED)


def forget() -> None:
    """Begin afresh; for tests."""
    _calls.clear()
