"""Fixed histograms of lengths of time: small, mergeable, and good enough for percentiles.

The bounds are the same for ever, so histograms of any hours, seats and machines can be added up. Two bounds are at most a
second or a tenth apart, up to ten years; numbers that people choose as goals (20 s, 1 min, 5 min) and those that charts
are cut at are bounds themselves, so that shares within them are exact.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# What a service level may be measured against, in seconds.
GOALS = (10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800, 3600)
# Where charts of distributions are cut, in seconds.
CUTS = (10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 28800, 86400)
LONGEST = 3652 * 86400
Counts: TypeAlias = "npt.NDArray[np.int64]"


def _bounds() -> list[int]:
    bounds = [0]
    while bounds[-1] < LONGEST:
        bounds.append(max(bounds[-1] + 1, bounds[-1] * 11 // 10))
    return sorted({*(bound for bound in bounds if bound < LONGEST), *GOALS, *CUTS, LONGEST})


BOUNDS = _bounds()
# What is stored: the number of a bin, which must fit into one byte, and how many fell in it, of those bins that are not empty.
_PAIR = [("bin", "u1"), ("count", "<u4")]


def empty() -> Counts:
    """Return the histogram of nothing: one count for each bin, the last for all that took longer than ten years."""
    import numpy as np  # here, as in all of this file: 5 MB that only processes need in which lengths are counted

    return np.zeros(len(BOUNDS) + 1, dtype=np.int64)


def of(counts: Iterable[tuple[int, int]]) -> Counts:
    """Return the histogram with so many in each of these bins."""
    found = empty()
    for number, count in counts:
        found[number] += count
    return found


def bin_of(seconds: float) -> int:
    """Return the number of the bin that a length falls in; it holds what is over the bound before it and at most its own."""
    return bisect_left(BOUNDS, seconds)


class Lengths:
    """Lengths of time added up. They are counted in millionths of a second, so that no order of adding shows."""

    def __init__(self, seconds: Iterable[float] = ()) -> None:
        self._bins: Counter[int] = Counter()
        self._millionths = 0
        self.longest = 0.0
        for one in seconds:
            self.add(one)

    def add(self, seconds: float) -> None:
        """Count one."""
        self._bins[bin_of(seconds)] += 1
        self._millionths += round(seconds * 1_000_000)
        self.longest = max(self.longest, seconds)

    @property
    def number(self) -> int:
        """How many they are."""
        return self._bins.total()

    @property
    def total(self) -> float:
        """How many seconds they are together, to a thousandth."""
        return round(self._millionths / 1_000_000, 3)

    @property
    def histogram(self) -> Counts:
        """How many of them fall in each bin."""
        return of(self._bins.items())


def pack(counts: Counts) -> bytes:
    """Return the histogram as it is stored, a few bytes for each bin that is not empty."""
    import numpy as np

    used = counts.nonzero()[0]
    pairs = np.zeros(len(used), dtype=_PAIR)
    pairs["bin"], pairs["count"] = used, counts[used]
    return pairs.tobytes()


def unpack(stored: Iterable[bytes]) -> Counts:
    """Return the sum of stored histograms."""
    import numpy as np

    pairs = np.frombuffer(b"".join(bytes(one) for one in stored), dtype=_PAIR)
    return np.bincount(pairs["bin"], weights=pairs["count"], minlength=len(BOUNDS) + 1).astype(np.int64)


def percentile(counts: Counts, share: float, longest: float = LONGEST) -> float | None:
    """Return within how many seconds `share` (0 to 1) of them lie, None where there are none.

    It is off by at most the width of a bin: within one they are taken as evenly spread, none longer than `longest`.
    """
    total = int(counts.sum())
    if not total:
        return None
    below = counts.cumsum()
    wanted = share * total
    bin_ = int(below.searchsorted(wanted, side="left"))
    if bin_ == 0:
        return 0.0
    low = float(BOUNDS[bin_ - 1])
    high = float(BOUNDS[bin_]) if bin_ < len(BOUNDS) else max(longest, low)
    return min(longest, low + (high - low) * (wanted - float(below[bin_ - 1])) / float(counts[bin_]))


def within(counts: Counts, goal: int) -> float | None:
    """Return which share took at most `goal` seconds, one of GOALS; None where there are none."""
    total = int(counts.sum())
    if not total:
        return None
    return float(counts[: bisect_right(BOUNDS, goal)].sum()) / total


def cut(counts: Counts, bounds: Sequence[int]) -> list[int]:
    """Return how many lie between these bounds, each one of GOALS or CUTS, and over the last."""
    ends = [bisect_left(BOUNDS, bound) + 1 for bound in bounds]
    edges = [0, *ends, len(counts)]
    return [int(counts[low:high].sum()) for low, high in pairwise(edges)]
