"""Which platforms take their time: what this process has seen of late, so that the next lanes need not wait to find out."""

from __future__ import annotations

SLOW = 0.005  # seconds a call from which on other lanes do not wait for it
REMEMBERED = 10.0  # seconds after a slow call for which its platform is taken for slow

_until: dict[str, float] = {}  # by platform; time.monotonic


def measured(platform: str, seconds: float, now: float) -> None:
    """Remember how long a call has taken, at `now` (time.monotonic): a quick one forgets all slow ones before it."""
    if seconds > SLOW:
        _until[platform] = now + REMEMBERED
    else:
        _until.pop(platform, None)


def is_slow(platform: str, now: float) -> bool:
    """Tell whether the platform's last call was slow, and that not long ago."""
    return now < _until.get(platform, now)


def forget() -> None:
    """Begin afresh; for tests."""
    _until.clear()
