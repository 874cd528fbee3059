"""Today's key figures for the first page: each beside yesterday's up to the same time, with a line by the hour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils import timezone

from analytics.facts import rollups
from analytics.live.floor import longest_wait
from analytics.metrics.catalogue import METRICS, as_chosen, goal
from analytics.metrics.metric import Metric, Sums
from analytics.reports import query
from analytics.reports.query import Scope
from analytics.reports.report import Tile

LONGEST = "wait_max"
NAMES = ("opened", "first_answer_p50", LONGEST, "csat", "received", "failed")
HOURS = 24
WIDTH, HEIGHT = 120.0, 30.0  # of a tile's line
BARS = 200.0  # height of the tallest bar
Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Figure:
    """One key figure: the number, and its lines of today and yesterday as points of an SVG.

    `of_now`: the number is of this moment, not of the day; `late`: it is beyond the goal.
    """

    tile: Tile
    now: list[str]
    before: list[str]
    of_now: bool = False
    late: bool = False


@dataclass(frozen=True)
class Bar:
    """An hour of the day: conversations opened today and yesterday, and how high they stand in the chart."""

    hour: int
    x: float
    today: int
    yesterday: int
    height: float
    top: float
    mark: float
    unfinished: bool


@dataclass(frozen=True)
class Today:
    """What the first page shows of today. `until`: up to when it is counted; `ticks`: the chart's axis with its places."""

    figures: list[Figure]
    bars: list[Bar]
    ticks: list[tuple[int, float]]
    until: datetime | None


def today(groups: frozenset[str] | None, now: datetime) -> Today:
    """Return today's figures of the groups that may be read; None for all."""
    newest = rollups.newest()
    until = min(now, newest) if newest else now
    day = timezone.localtime(now).date()
    scope = Scope(day, day, groups=groups)
    yesterday = replace(scope, first=day - timedelta(days=1), last=day - timedelta(days=1))
    names = [as_chosen(name) for name in NAMES]
    earlier = scope.before(until)
    current, before = (query.total(one, names, until) for one in (scope, earlier))
    lines = [query.by_time(one, names, now) for one in (scope, yesterday)]
    figures = [_figure(METRICS[name], current, before, earlier.until, lines) for name in names]
    figures = [_of_now(one, groups, now) if one.tile.metric.name == as_chosen(LONGEST) else one for one in figures]
    bars, ticks = _bars(lines, now)
    return Today(figures, bars, ticks, newest)


def _figure(
    metric: Metric, current: Sums, before: Sums, until: datetime | None, lines: list[dict[datetime, Sums]]
) -> Figure:
    values = [[metric.value(sums) for sums in line.values()] for line in lines]
    highest = max((one for line in values for one in line if one), default=0) or 1
    drawn = [_pieces(line, float(highest)) for line in values]
    tile = Tile(metric, metric.value(current), metric.value(before), until, None)
    return Figure(tile, drawn[0], drawn[1])


def _of_now(figure: Figure, groups: frozenset[str] | None, now: datetime) -> Figure:
    """Return the figure of the longest wait as it is now: what is over can no longer be helped."""
    seconds = longest_wait(groups, now)
    tile = replace(figure.tile, value=seconds)
    return replace(figure, tile=tile, of_now=True, late=seconds is not None and seconds > goal())


def _pieces(values: list[float | int | None], highest: float) -> list[str]:
    """Return the line as points; where nothing is known for an hour it is broken, so several."""
    pieces: list[Points] = [[]]
    for at, value in enumerate(values):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append((at * WIDTH / (HOURS - 1), HEIGHT - (HEIGHT - 3) * value / highest))
    return [" ".join(f"{x:.1f},{y:.1f}" for x, y in piece) for piece in pieces if len(piece) > 1]


def _bars(lines: list[dict[datetime, Sums]], now: datetime) -> tuple[list[Bar], list[tuple[int, float]]]:
    counted = [{timezone.localtime(at).hour: int(sums["opened"]) for at, sums in line.items()} for line in lines]
    highest = max((value for line in counted for value in line.values()), default=0)
    step = max(1, -(-highest // 3))
    most, hour_now = step * 3, timezone.localtime(now).hour
    bars = []
    for hour in range(HOURS):
        this, other = counted[0].get(hour, 0), counted[1].get(hour, 0)
        height, mark = BARS * this / most, BARS * other / most
        bars.append(Bar(hour, hour * 100 / HOURS, this, other, height, BARS - height, BARS - mark, hour == hour_now))
    return bars, [(step * at, BARS - BARS * at / 3) for at in range(4)]
