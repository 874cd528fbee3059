"""Every metric, from what happened, by its definition in docs/metrics.md: plain lists, added up where they are asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from tests.analytics.oracle.truth import Happening, Span, Truth

Number = float | int | None
TIMES = {
    "wait": "assigned", "given_up": "given_up", "first_answer": "first_answer", "response": "response",
    "handling": "released", "resolution": "closed",
}  # fmt: skip
WORKING = {
    "wait_working": "assigned",
    "given_up_working": "given_up",
    "first_working": "first_answer",
    "working": "closed",
}
NUMBERS = (
    "opened", "reopened", "closed", "received", "answered", "queued", "left", "assigned", "transferred", "taken_in",
    "asked", "scored", "failed", "refused_count", "refused_time", "followed", "unfollowed",
)  # fmt: skip


@dataclass(frozen=True)
class View:
    """What is looked at: from when to when, and of which account, groups and seat; 0 and None for all of them."""

    start: datetime
    end: datetime
    account: int | None = None
    groups: frozenset[str] | None = None
    seat: int | None = None


def happened(truth: Truth, view: View) -> list[Happening]:
    """Return what happened within the view."""
    return [
        one
        for one in truth.happenings
        if view.start <= one.at < view.end
        and view.account in (None, one.account)
        and (view.groups is None or one.group in view.groups)
        and view.seat in (None, one.seat)
    ]


def spans(truth: Truth, view: View, now: datetime) -> list[Span]:
    """Return what went on within the view, cut at its ends and at `now`."""
    found = []
    for one in [*truth.spans, *truth.going_on(now)]:
        start, end = max(one.start, view.start), min(one.end, view.end, now)
        if start < end and _counts(one, view):
            found.append(Span(one.name, start, end, one.account, one.group, one.seat, one.state, one.groups))
    return found


def _counts(one: Span, view: View) -> bool:
    if one.name == "wait":
        in_group = view.groups is None or one.group in view.groups
        return view.account in (None, one.account) and in_group and view.seat in (None, 0)
    if view.account or view.seat not in (None, one.seat):
        return False
    return one.name == "care" or view.groups is None or bool(one.groups & view.groups)


def values(truth: Truth, view: View, now: datetime, goal: float = 60, *, working: bool = False) -> dict[str, Any]:
    """Return every metric of the view; of medians and percentiles a pair, between which they must lie."""
    these = happened(truth, view)
    found: dict[str, Any] = {name: sum(one.name == name for one in these) for name in NUMBERS}
    found["bot_messages"] = sum(one.name == "bot_message" for one in these)
    found |= _closes(these, found) | _scores(these, found)
    for name, happening in TIMES.items():
        lengths = [one.seconds for one in these if one.name == happening and one.seconds is not None]
        if name == "resolution":
            lengths = [one.seconds or 0 for one in these if one.name == "closed" and one.value[0] == "served"]
        found |= _lengths(name, lengths)
    for name, happening in WORKING.items():
        timed = [one for one in these if one.name == happening and one.seconds is not None]
        if name == "working":
            timed = [one for one in timed if one.value[0] == "served"]
        found |= _lengths(name, [one.working for one in timed])
    ended = [one for one in these if one.name == "assigned" and one.seconds is not None]
    waits = [one.working if working else one.seconds or 0 for one in ended]
    lost = sum(one.name == "given_up" for one in these)
    found["within_goal"] = _share(sum(one <= goal for one in waits), len(waits) + lost)
    return found | _going_on(spans(truth, view, now), (min(view.end, now) - view.start).total_seconds())


def _share(part: float, whole: float) -> Number:
    return part / whole if whole else None


def _closes(these: list[Happening], found: dict[str, Any]) -> dict[str, Any]:
    hows = [one.value[0] for one in these if one.name == "closed"]
    returning = sum(one.value[0] for one in these if one.name == "opened")
    return {
        "served": hows.count("served"), "abandoned": hows.count("abandoned"), "unserved": hows.count("left"),
        "by_bot": hows.count("bot"), "abandoned_share": _share(hows.count("abandoned"), len(hows)),
        "bot_share": _share(hows.count("bot"), len(hows)), "returning": _share(returning, found["opened"]),
    }  # fmt: skip


def _scores(these: list[Happening], found: dict[str, Any]) -> dict[str, Any]:
    scores = [one.value for one in these if one.name == "scored"]
    each = {f"score_{score}": scores.count(score) for score in range(1, 6)}
    return each | {
        "csat": _share(sum(score >= 4 for score in scores), len(scores)),
        "score_mean": _share(sum(scores), len(scores)),
        "response_rate": _share(len(scores), found["asked"]),
    }


def _lengths(name: str, lengths: list[float]) -> dict[str, Any]:
    ordered = sorted(lengths)
    return {
        f"{name}_mean": _share(sum(ordered), len(ordered)),
        f"{name}_max": ordered[-1] if ordered else None,
        f"{name}_p50": _percentile(ordered, 0.5),
        f"{name}_p90": _percentile(ordered, 0.9),
    }


def _percentile(ordered: list[float], share: float) -> tuple[float, float] | None:
    """Return what the shortest time within which `share` of them lie may be shown as: off by a second or a tenth."""
    if not ordered:
        return None
    true = ordered[max(0, math.ceil(share * len(ordered) - 1e-9) - 1)]
    off = max(1.0, true * 0.1 + 1)
    return true - off, min(true + off, ordered[-1])


def _going_on(these: list[Span], seconds: float) -> dict[str, Any]:
    waits = [one for one in these if one.name == "wait"]
    there = [one for one in these if one.name == "presence"]
    online = sum(map(_length, there))
    by_state = {
        f"{state}_seconds": sum(_length(one) for one in there if one.state == state)
        for state in ("open", "busy", "away")
    }
    busy = load = 0.0
    for seat in {one.seat for one in there}:
        own = [one for one in there if one.seat == seat]
        cares = [one for one in these if one.name == "care" and one.seat == seat]
        for start, end, count in _levels([*_common(own, cares)]):
            busy += (end - start).total_seconds() if count else 0
            load += (end - start).total_seconds() * count
    return by_state | {
        "online_seconds": online,
        "occupancy": _share(busy, online),
        "concurrency": _share(load, busy),
        "queue_length": _share(sum(map(_length, waits)), seconds),
        "queue_peak": max(
            (_most([one for one in waits if one.group == group]) for group in {one.group for one in waits}), default=0
        ),
    }


def _length(span: Span) -> float:
    return (span.end - span.start).total_seconds()


def _common(some: Iterable[Span], others: list[Span]) -> Iterable[Span]:
    for one in some:
        for other in others:
            start, end = max(one.start, other.start), min(one.end, other.end)
            if start < end:
                yield Span("both", start, end)


def _levels(these: list[Span]) -> Iterable[tuple[datetime, datetime, int]]:
    moments = sorted({moment for one in these for moment in (one.start, one.end)})
    for start, end in pairwise(moments):
        yield start, end, sum(one.start <= start and end <= one.end for one in these)


def _most(these: list[Span]) -> int:
    return max((count for _start, _end, count in _levels(these)), default=0)


def behind(name: str, truth: Truth, view: View) -> int | None:
    """Return how many rows must lie behind a metric; None where nothing does."""
    these = happened(truth, view)
    conditions: dict[str, Callable[[Happening], bool]] = {
        "returning": lambda one: one.name == "opened" and bool(one.value[0]),
        "abandoned_share": lambda one: one.name == "closed" and one.value[0] == "abandoned",
        "bot_share": lambda one: one.name == "closed" and one.value[0] == "bot",
        "within_goal": lambda one: one.name == "given_up" or (one.name == "assigned" and one.seconds is not None),
        **dict.fromkeys(("csat", "score_mean", "response_rate"), lambda one: one.name == "scored"),
    }
    if name in conditions:
        return sum(map(conditions[name], these))
    first = name.rpartition("_")[0]
    kind = {**TIMES, **WORKING}.get(first) if name.endswith(("_mean", "_p50", "_p90", "_max")) else None
    if kind is None:
        return None
    timed = [one for one in these if one.name == kind and one.seconds is not None]
    return sum(one.value[0] == "served" for one in timed) if kind == "closed" else len(timed)


def of_conversations(truth: Truth, these: Iterable[int]) -> dict[str, Any]:
    """Return what is told of conversations, each with all that ever happened in it; see the page of questions."""
    wanted = set(these)
    by_number: dict[int, list[Happening]] = {one: [] for one in wanted}
    for one in truth.happenings:
        if one.conversation in wanted:
            by_number[one.conversation].append(one)
    every = [one for some in by_number.values() for one in some]
    ends = [close for close in (_close(some) for some in by_number.values()) if close]
    hows = [one.value[0] for one in ends]
    waits = [wait for some in by_number.values() if (wait := _first(some, "assigned"))]
    answers = [answer for some in by_number.values() if (answer := _first(some, "first_answer"))]
    opened = [one for one in every if one.name == "opened"]
    served = [one for one in ends if one.value[0] == "served"]
    scores = [one.value for one in every if one.name == "scored"]
    found: dict[str, Any] = {
        name: sum(one.name == name for one in every)
        for name in ("opened", "transferred", "reopened", "received", "answered", "failed", "scored")
    }
    found |= {
        "bot_messages": sum(one.name == "bot_message" for one in every),
        "returning": _share(sum(bool(one.value[0]) for one in opened), len(opened)),
        "closed": len(ends), "served": hows.count("served"), "abandoned": hows.count("abandoned"),
        "by_bot": hows.count("bot"), "abandoned_share": _share(hows.count("abandoned"), len(hows)),
        "bot_share": _share(hows.count("bot"), len(hows)), "score_mean": _share(sum(scores), len(scores)),
        "csat": _share(sum(score >= 4 for score in scores), len(scores)),
    }  # fmt: skip
    for name, some in (("wait", waits), ("first_answer", answers), ("resolution", served)):
        found |= _lengths(name, [one.seconds or 0.0 for one in some])
    for name, some in (("wait_working", waits), ("first_working", answers), ("working", served)):
        found |= _lengths(name, [one.working for one in some])
    return found


def _first(some: list[Happening], name: str) -> Happening | None:
    return next((one for one in some if one.name == name and one.seconds is not None), None)


def _close(some: list[Happening]) -> Happening | None:
    """Return how it ended, None while it is open or open again."""
    last = [one for one in some if one.name in ("closed", "reopened")]
    return last[-1] if last and last[-1].name == "closed" else None
