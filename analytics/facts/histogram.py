"""Fixed histograms of lengths of time: small, mergeable, and good enough for percentiles.

The bounds are the same for ever, so histograms of any hours, seats and machines can be added up. Two bounds are at most a
second or a tenth apart, up to ten years; numbers that people choose as goals (20 s, 1 min, 5 min) and those that charts
are cut at are bounds themselves, so that shares within them are exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

# What a service level may be measured against, in seconds.
GOALS = (10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800, 3600)
# Where charts of distributions are cut, in seconds.
CUTS = (10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 28800, 86400)
LONGEST = 3652 * 86400
Counts = npt.NDArray[np.int64]


def _bounds() -> list[int]:
    bounds = [0]
    while bounds[-1] < LONGEST:
        bounds.append(max(bounds[-1] + 1, bounds[-1] * 11 // 10))
    return sorted({*(bound for bound in bounds if bound < LONGEST), *GOALS, *CUTS, LONGEST})


BOUNDS = np.array(_bounds(), dtype=np.int64)
# What is stored: the number of a bin, which must fit into one byte, and how many fell in it, of those bins that are not empty.
_PAIR = np.dtype([("bin", "u1"), ("count", "<u4")])


def empty() -> Counts:
    """Return the histogram of nothing: one count for each bin, the last for all that took longer than ten years."""
    return np.zeros(len(BOUNDS) + 1, dtype=np.int64)


def of(seconds: Sequence[float]) -> Counts:
    """Return the histogram of these lengths; a bin holds what is over the bound before it and at most its own."""
    bins = np.searchsorted(BOUNDS, np.asarray(seconds, dtype=float), side="left")
    return np.bincount(bins, minlength=len(BOUNDS) + 1).astype(np.int64)


def bin_of(seconds: float) -> int:
    """Return the number of the bin that a length falls in."""
    return int(np.searchsorted(BOUNDS, seconds, side="left"))


def pack(counts: Counts) -> bytes:
    """Return the histogram as it is stored, a few bytes for each bin that is not empty."""
    used = np.nonzero(counts)[0]
    pairs = np.zeros(len(used), dtype=_PAIR)
    pairs["bin"], pairs["count"] = used, counts[used]
    return pairs.tobytes()


def unpack(stored: Iterable[bytes]) -> Counts:
    """Return the sum of stored histograms."""
    pairs = np.frombuffer(b"".join(bytes(one) for one in stored), dtype=_PAIR)
    return np.bincount(pairs["bin"], weights=pairs["count"], minlength=len(BOUNDS) + 1).astype(np.int64)


def percentile(counts: Counts, share: float, longest: float = LONGEST) -> float | None:
    """Return within how many seconds `share` (0 to 1) of them lie, None where there are none.

    It is off by at most the width of a bin: within one they are taken as evenly spread, none longer than `longest`.
    """
    total = int(counts.sum())
    if not total:
        return None
    below = np.cumsum(counts)
    wanted = share * total
    bin_ = int(np.searchsorted(below, wanted, side="left"))
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
    return float(counts[: int(np.searchsorted(BOUNDS, goal, side="right"))].sum()) / total


def cut(counts: Counts, bounds: Sequence[int]) -> list[int]:
    """Return how many lie between these bounds, each one of GOALS or CUTS, and over the last."""
    ends = [int(np.searchsorted(BOUNDS, bound, side="left")) + 1 for bound in bounds]
    edges = [0, *ends, len(counts)]
    return [int(counts[low:high].sum()) for low, high in pairwise(edges)]
