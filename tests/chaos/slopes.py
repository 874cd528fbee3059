"""How what is measured again and again rises or falls, and whether that is too much. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HOUR = 3600.0
WARM = 0.3  # of the time, until everything is loaded, connected and cached
Points = Sequence[tuple[float, float]]  # seconds, value


@dataclass(frozen=True)
class Bound:
    """How much a value may rise: `noise` in a run of any length, `hourly` in an hour."""

    unit: str
    noise: float
    hourly: float

    def allows(self, seconds: float) -> float:
        """Return by how much it may have risen after so many seconds."""
        return max(self.noise, self.hourly * seconds / HOUR)


@dataclass(frozen=True)
class Rise:
    """What became of one value: at the beginning and at the end of its line through all points; `bound` None: only shown."""

    name: str
    first: float
    last: float
    seconds: float
    bound: Bound | None

    @property
    def hourly(self) -> float:
        """Return the slope, in units an hour."""
        return (self.last - self.first) / self.seconds * HOUR if self.seconds else 0.0

    @property
    def is_too_much(self) -> bool:
        """Tell whether it rose more than it may."""
        return self.bound is not None and self.last - self.first > self.bound.allows(self.seconds)

    def cells(self) -> list[str]:
        """Return the line's cells as they are printed."""
        unit = f" {self.bound.unit}" if self.bound and self.bound.unit else ""
        may = f"{self.bound.allows(self.seconds):.0f}{unit}" if self.bound else "not judged"
        return [self.name, f"{self.first:.1f}", f"{self.last:.1f}", f"{self.hourly:+.1f}", may]


def rise(name: str, points: Points, bound: Bound | None) -> Rise:
    """Return how the value rose, by the line of the least squares through what was measured once all was warm."""
    ends = points[-1][0]
    warm = [one for one in points if one[0] >= points[0][0] + WARM * (ends - points[0][0])]
    slope, middle, height = _line(warm)
    begins = warm[0][0]
    return Rise(name, height + slope * (begins - middle), height + slope * (ends - middle), ends - begins, bound)


def _line(points: Points) -> tuple[float, float, float]:
    """Return slope, middle time and middle value."""
    middle = sum(at for at, _value in points) / len(points)
    height = sum(value for _at, value in points) / len(points)
    spread = sum((at - middle) ** 2 for at, _value in points)
    slope = sum((at - middle) * (value - height) for at, value in points) / spread if spread else 0.0
    return slope, middle, height
