"""Which platforms take their time: what this process has seen of late, so that the next lanes need not wait to find out.

The quickest of the last calls counts: threads that wait for the processor make a quick platform seem slow, never the other way.
"""

from __future__ import annotations

SLOW = 0.005  # seconds a call from which on other lanes do not wait for it
LAST = 16  # calls that are remembered,
REMEMBERED = 3.0  # and for how many seconds

_Call = tuple[float, float]  # when it ended (time.monotonic), and its seconds
_calls: dict[str, tuple[_Call, ...]] = {}  # by platform


def measured(platform: str, seconds: float, now: float) -> None:
    """Remember how long a call has taken that ended `now` (time.monotonic)."""
    # Made anew, for threads that read it meanwhile. Where two end at the same moment, one of them may be left out.
    _calls[platform] = (*_calls.get(platform, ()), (now, seconds))[-LAST:]


def is_slow(platform: str, now: float) -> bool:
    """Tell whether the platform was called of late and none of its calls was quick."""
    recent = [seconds for ended, seconds in _calls.get(platform, ()) if now - ended < REMEMBERED]
    return bool(recent) and min(recent) > SLOW


def forget() -> None:
    """Begin afresh; for tests."""
    _calls.clear()
