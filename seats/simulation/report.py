"""What the simulator tells people: a table, one line a strategy beside the theory's, and a plot of the waits by the hour."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import plotext
from django.utils.translation import gettext as _

from seats.simulation.erlang import Prediction, erlang_a
from seats.simulation.scenario import Result, Scenario

WIDTH, HEIGHT = 96, 18


def table(scenario: Scenario, results: dict[str, Result], theory: Prediction) -> str:
    """Return the table as text."""
    head = [_("strategy"), _("customers"), _("gave up"), _("waited"), _("mean wait"), _("p90"), _("longest"),
            _("occupancy"), _("share off by"), _("passed over"), _("seconds")]  # fmt: skip
    rows = [head, *(_row(scenario, name, one) for name, one in results.items()), _theory_row(theory)]
    widths = [max(_columns(row[at]) for row in rows) for at in range(len(head))]
    return "\n".join("  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def _columns(text: str) -> int:
    """Return how many columns of a terminal the text takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def _padded(text: str, width: int) -> str:
    return " " * (width - _columns(text)) + text


def _row(scenario: Scenario, name: str, result: Result) -> list[str]:
    hours = scenario.last_hour - scenario.first_hour
    occupancy = result.busy / (scenario.places * hours * 3600)
    gave_up = result.given_up / result.customers if result.customers else 0.0
    return [
        name, str(result.customers), f"{gave_up:.1%}", f"{result.waited:.1%}", f"{result.mean_wait:.1f} s",
        f"{result.quantile(0.9):.0f} s", f"{result.quantile(1):.0f} s", f"{occupancy:.1%}",
        f"{share_error(scenario, result):.1%}", str(result.order_broken), f"{result.seconds:.1f}",
    ]  # fmt: skip


def _theory_row(theory: Prediction) -> list[str]:
    return ["Erlang-A", "-", f"{theory.gives_up:.1%}", f"{theory.waits:.1%}", f"{theory.wait:.1f} s",
            "-", "-", f"{theory.occupancy:.1%}", "-", "-", "-"]  # fmt: skip


def share_error(scenario: Scenario, result: Result) -> float:
    """Return by how much a seat's share of conversations is off its weight's share, for the seat that is furthest off."""
    weights, total = sum(seat.weight for seat in scenario.seats), sum(result.given.values())
    if not total:
        return 0.0
    return max(abs(result.given.get(seat.name, 0) / total * weights / seat.weight - 1) for seat in scenario.seats)


def plot(scenario: Scenario, results: dict[str, Result], *, colors: bool = True) -> str:
    """Return the mean wait by the hour of the day as a plot for a terminal, each strategy a line, and the theory's."""
    hours = list(range(scenario.first_hour, scenario.last_hour))
    figure = plotext.figure
    figure.clear()
    figure.plot_size(WIDTH, HEIGHT)
    figure.title(_("mean wait in seconds, by the hour of the day"))
    for name, result in results.items():
        _line(name, hours, [result.mean_wait_of_hour(hour) for hour in hours])
    rates = scenario.rates()
    expected = [
        erlang_a(rates[hour], scenario.places, scenario.service, scenario.patience).wait if rates[hour] else 0.0
        for hour in hours
    ]
    _line("Erlang-A", hours, expected)
    return figure.build().string(colorless=not colors)


def _line(name: str, hours: Sequence[int], waits: Sequence[float]) -> None:
    signal = plotext.figure.signal(hours, waits)
    signal.label(name)
    signal.lines(True)
    plotext.figure.draw(signal)
