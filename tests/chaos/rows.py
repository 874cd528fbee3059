"""What the screens of both platforms tell of one case: how many messages came through, how often, and in which order.

Pure: the screens are the sandbox's entries, as `/play/state` gives them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import pairwise
from typing import Any

MOST_SECONDS = 5.0  # for which WeChat waits for an acknowledgement
RECOVERED_WITHIN = 120.0  # seconds
RECOGNIZED = 120.0  # seconds for which Tencent IM knows a repeat
Screen = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """A line of the table.

    `unknown`: sent to WeChat, and nobody can tell whether it arrived; the seat was asked. `lost`: acknowledged, and neither
    delivered nor unknown. `doubled`: promise 4 as it stands, so not what a seat got once more after `RECOGNIZED`. `recovered`: seconds from the end of the fault until all that was pushed before it was through.
    `longest`: seconds until a door acknowledged a push, of the slowest one.
    """

    case: str
    pushed: int
    acknowledged: int
    delivered: int
    unknown: int
    doubled: int
    reordered: int
    lost: int
    recovered: float
    longest: float

    @property
    def refused(self) -> int:
        """Return how many were never acknowledged, whatever the platform repeated: it tells their writers itself."""
        return self.pushed - self.acknowledged

    def broken(
        self, allowed: Collection[str], within: float = RECOVERED_WITHIN, longest: float = MOST_SECONDS
    ) -> list[str]:
        """Return what of it no promise allows; `within` and `longest` are the most seconds of the last two columns."""
        counts = ("unknown", "doubled", "reordered", "lost", "refused")
        found = [f"{getattr(self, name)} {name}" for name in counts if name not in allowed and getattr(self, name)]
        if not self.pushed:
            found.append("nothing was pushed")
        if self.longest > longest:
            found.append(f"an acknowledgement took {self.longest:.1f} s")
        if self.recovered > within:
            found.append(f"it took {self.recovered:.0f} s to recover")
        return found

    def cells(self) -> list[str]:
        """Return the line's cells as they are printed."""
        return [f"{one:.1f}" if isinstance(one, float) else str(one) for one in astuple(self)]


def row(case: str, mark: str, screens: Iterable[Screen], owed: Mapping[str, str], ended: float) -> Row:
    """Return the line of a case whose messages begin with `mark`, as in "k3c0-12": customer 0's twelfth; "s" is a seat's.

    `owed`: the texts of deliveries that are not done, with their states. `ended`: when the fault was over, seconds since
    the epoch.
    """
    pushed, came = _sorted_out(mark, screens)
    acknowledged = {text for text, one in pushed.items() if one["state"] == "acked"}
    through = [came[text][0]["at"] for text, one in pushed.items() if text in came and one["at"] < ended]
    unknown = [text for text, state in owed.items() if state == "unknown"]
    return Row(
        case=case,
        pushed=len(pushed),
        acknowledged=len(acknowledged),
        delivered=len(came),
        unknown=len(unknown),
        doubled=sum(_recognizable(times) for times in came.values()),
        reordered=_overtaken(text.removeprefix(mark).split("-") for text in came),
        lost=len(acknowledged - set(came) - set(unknown)),
        recovered=max([0.0, *(at - ended for at in through)]),
        longest=max([0.0, *(pushed[text]["took"] for text in acknowledged)]),
    )


def twice(mark: str, screens: Iterable[Screen]) -> list[str]:
    """Say of each message that came more than once on which screen it did, and when, in seconds after the first."""
    _pushed, came = _sorted_out(mark, screens)
    repeated = {text: times for text, times in came.items() if len(times) > 1}
    return [
        f"{text} on {times[0]['side']}: " + ", ".join(f"{one['at'] - times[0]['at']:.1f} s" for one in times[1:])
        for text, times in repeated.items()
    ]


def _sorted_out(mark: str, screens: Iterable[Screen]) -> tuple[dict[str, Screen], dict[str, list[Screen]]]:
    """Return by their texts the case's messages as they were written, and as they came."""
    ours = re.compile(rf"{re.escape(mark)}[cs]\d+-\d+")
    pushed: dict[str, Screen] = {}
    came: dict[str, list[Screen]] = defaultdict(list)
    for one in sorted(screens, key=lambda one: one["id"]):
        if ours.fullmatch(one["text"]) and one["mine"]:
            pushed[one["text"]] = one
        elif ours.fullmatch(one["text"]):
            came[one["text"]].append(one)
    return pushed, came


def _recognizable(times: Sequence[Screen]) -> int:
    """Count the repeats that should not have come; to Tencent IM one may, so long after the one before that it knows it no more."""
    return sum(
        later.get("side") != "im" or later["at"] - before["at"] <= RECOGNIZED for before, later in pairwise(times)
    )


def _overtaken(came: Iterable[Sequence[str]]) -> int:
    """Count the messages that came after one which was written later, in the same chat and direction."""
    last: dict[str, int] = {}
    found = 0
    for chat, number in came:
        found += int(number) < last.get(chat, -1)
        last[chat] = max(last.get(chat, -1), int(number))
    return found
