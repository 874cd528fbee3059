"""Erlang-A (M/M/c+M): what theory says of a queue whose customers lose patience. Pure functions.

Source: C. Palm's model as in Garnett, Mandelbaum and Reiman, "Designing a call center with impatient customers" (2002).
Customers arrive at random, are served by one of `c` places for an exponential time, and leave the queue after an
exponential patience.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

NEGLIGIBLE = 1e-12


@dataclass(frozen=True)
class Prediction:
    """What is to be expected: mean wait in seconds, and as shares of 1 who waits, who gives up, and the busy places."""

    wait: float
    waits: float
    gives_up: float
    occupancy: float


def erlang_a(rate: float, places: int, service: float, patience: float) -> Prediction:
    """Return the steady state for `rate` customers a second, `service` and `patience` as means in seconds.

    The wait is over all customers, those who give up included. ValueError where a number is not above 0.
    """
    if min(rate, service, patience) <= 0 or places < 1:
        raise ValueError("rate, places, service and patience must be above 0")
    weights = _weights(rate, places, 1 / service, 1 / patience)
    total = math.fsum(weights)
    chance = [weight / total for weight in weights]
    waiting = math.fsum((n - places) * share for n, share in enumerate(chance) if n > places)
    busy = math.fsum(min(n, places) * share for n, share in enumerate(chance))
    return Prediction(
        wait=waiting / rate,
        waits=math.fsum(chance[places:]),
        gives_up=waiting / patience / rate,
        occupancy=busy / places,
    )


def _weights(rate: float, places: int, mu: float, theta: float) -> list[float]:
    """Return the steady state's weights of 0, 1, 2, ... customers, scaled so that the largest is near 1."""
    logs, log = [0.0], 0.0
    n = 0
    while n < places or log > max(logs) + math.log(NEGLIGIBLE):
        n += 1
        log += math.log(rate / (min(n, places) * mu + max(n - places, 0) * theta))
        logs.append(log)
    top = max(logs)
    return [math.exp(one - top) for one in logs]


def over_a_day(rates: Iterable[float], places: int, service: float, patience: float) -> Prediction:
    """Return the prediction for a day whose hours have these rates (customers a second), each hour as if it were steady.

    Means over customers are weighted by the hours' customers, the occupancy by the hours.
    """
    hours = [(rate, erlang_a(rate, places, service, patience)) for rate in rates if rate > 0]
    customers = math.fsum(rate for rate, _one in hours)
    if not customers:
        return Prediction(0, 0, 0, 0)

    def mean(name: str) -> float:
        return math.fsum(rate * getattr(one, name) for rate, one in hours) / customers

    occupancy = math.fsum(one.occupancy for _rate, one in hours) / len(hours)
    return Prediction(mean("wait"), mean("waits"), mean("gives_up"), occupancy)
