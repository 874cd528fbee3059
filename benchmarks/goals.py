"""What `make bench` is to reach: a row a figure. It fails where one falls below nine tenths of that.

Ratios are measured in turns in one run, so they say the same on any machine. What stands in other units is what a small machine
(2 cores) is to reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PATIENCE = 0.9


@dataclass(frozen=True)
class Goal:
    """One figure, found at `path` in what the parts have measured. `most`: it is to be at most, not at least, `reach`."""

    path: str
    words: str
    reach: float
    unit: str = "x"
    most: bool = False

    def is_kept(self, value: float) -> bool:
        """Tell whether the figure is within nine tenths of what is to be reached."""
        return value <= self.reach / PATIENCE if self.most else value >= self.reach * PATIENCE


def _most(path: str, words: str, reach: float, unit: str = "x") -> Goal:
    return Goal(path, words, reach, unit, most=True)


GOALS = (
    Goal("drain/100x10/ratio", "drain, 100 lanes with 10 events / bare loop", 0.7),
    Goal("drain/1000x1/ratio", "drain, 1,000 lanes with one event / bare loop", 0.5),
    _most("drain/100x10/ours/statements", "statements a message under load", 4, ""),
    _most("drain/100x10/ours/commits", "commits a message under load", 0.5, ""),
    Goal("outside/200x10/ratio", "from outside, 200 lanes with 10 events / bare loop with the same POSTs", 0.6),
    Goal("outside/1500x1/ratio", "from outside, 1,500 lanes with one event / the same", 0.45),
    Goal("outside/200x10/slow", "200 lanes with 10 events and 20 ms at the platform / without", 0.8),
    Goal("outside/1500x1/slow", "1,500 lanes with one event and 20 ms at the platform / without", 0.8),
    Goal("door/bare", "door / bare view", 0.75),
    Goal("door/werobot", "door / WeRoBot's echo", 1.0),
    Goal("door/flask", "door / wechatpy and Flask's echo", 1.2),
    _most("busy/ratio", "door's p99 at half its peak while workers drain / bare view's", 3),
    _most("idle/median", "idle site: push to IM request, median", 25, "ms"),
    _most("idle/p95", "idle site: push to IM request, p95", 60, "ms"),
    _most("idle/first", "the first message after a start / that median", 3),
    Goal("assign/rate", "assignments with 500 seats and 10,000 waiting", 250, "/s"),
    Goal("assign/ratio", "the same / with a tenth of both", 0.9),
    Goal("full/door", "door, full database / empty", 0.9),
    Goal("full/drain", "drain, full database / empty", 0.9),
    Goal("full/assign", "assignments, full database / empty", 0.9),
    _most("start/memory", "make run, memory (PSS) in all", 330, "MB"),
    _most("start/largest", "make run, memory (PSS) of the largest process", 90, "MB"),
    _most("start/seconds", "make run to the first message both ways", 6, "s"),
)


def found_at(path: str, found: dict[str, Any]) -> float | None:
    """Return the figure at this path; None where its part was not measured."""
    value: Any = found
    for name in path.split("/"):
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return float(value)


def judge(found: dict[str, Any]) -> list[str]:
    """Print each goal beside its figure; return the words of those that are missed by more than a tenth."""
    missed = []
    print(f"\n{'':74}{'measured':>12}{'reach':>14}")
    for goal in GOALS:
        value = found_at(goal.path, found)
        if value is None:
            continue
        kept = goal.is_kept(value)
        reach = f"{'<=' if goal.most else '>='} {goal.reach:g} {goal.unit}"
        print(f"{goal.words:74}{value:>9.2f} {goal.unit:<3}{reach:>13}{'' if kept else '   MISSED'}")
        missed += [] if kept else [goal.words]
    return missed
