"""What is simulated, and what came of it. Plain values that travel as JSON between two processes."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

# Customers of each hour of the day relative to each other: a shop's day, with its peaks before noon and in the evening.
SHOP = (1, 1, 0, 0, 0, 0, 1, 3, 6, 9, 11, 10, 8, 8, 9, 10, 9, 7, 7, 9, 11, 10, 6, 3)


@dataclass(frozen=True)
class Place:
    """A seat that takes part."""

    name: str
    capacity: int
    weight: int


@dataclass(frozen=True)
class Scenario:
    """A day: seats, a strategy, customers by the hour, and how long they take and wait (means in seconds)."""

    seats: tuple[Place, ...]
    strategy: str
    customers: int
    service: float
    patience: float
    seed: int = 1
    curve: tuple[float, ...] = SHOP
    first_hour: int = 9
    last_hour: int = 22

    def rates(self) -> list[float]:
        """Return the customers a second of each hour of the day; none outside of `first_hour` to `last_hour`."""
        open_ = [one if self.first_hour <= hour < self.last_hour else 0.0 for hour, one in enumerate(self.curve)]
        return [self.customers * one / math.fsum(open_) / 3600 if one else 0.0 for one in open_]

    @property
    def places(self) -> int:
        """Return how many conversations all seats together can have at a time."""
        return sum(seat.capacity for seat in self.seats)

    def arrivals(self) -> Iterator[float]:
        """Yield the seconds of the day at which customers come: a Poisson process whose rate follows the hours."""
        chance = random.Random(f"arrivals {self.seed}")  # noqa: S311
        for hour, rate in enumerate(self.rates()):
            at = 0.0
            while rate and (at := at + chance.expovariate(rate)) < 3600:
                yield hour * 3600 + at

    def to_json(self) -> str:
        """Return the scenario as `from_json` reads it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Scenario:
        """Return the scenario that `to_json` wrote."""
        data = json.loads(text)
        data["seats"] = tuple(Place(**seat) for seat in data["seats"])
        data["curve"] = tuple(data["curve"])
        return cls(**data)


@dataclass
class Result:
    """What came of a day. Waits are in seconds, of all customers who got a seat or gave up.

    `order_broken` counts the customers who were served before another one who waited longer, `idle_broken` the
    conversations that went to a seat while another one with room had been without work for longer.
    """

    customers: int = 0
    given_up: int = 0
    waits: list[float] = field(default_factory=list)
    hours: list[int] = field(default_factory=list)
    given: dict[str, int] = field(default_factory=dict)
    busy: float = 0.0
    order_broken: int = 0
    idle_broken: int = 0
    seconds: float = 0.0

    @property
    def mean_wait(self) -> float:
        """Return the mean wait."""
        return math.fsum(self.waits) / len(self.waits) if self.waits else 0.0

    def quantile(self, share: float) -> float:
        """Return the wait that this share of the customers did not exceed."""
        ordered = sorted(self.waits)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0

    @property
    def waited(self) -> float:
        """Return the share of customers who had to wait at all."""
        return sum(wait > 0 for wait in self.waits) / len(self.waits) if self.waits else 0.0

    def mean_wait_of_hour(self, hour: int) -> float:
        """Return the mean wait of those who came in this hour of the day."""
        waits = [wait for wait, came in zip(self.waits, self.hours, strict=True) if came == hour]
        return math.fsum(waits) / len(waits) if waits else 0.0

    def to_json(self) -> str:
        """Return the result as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Result:
        """Return the result that `to_json` wrote."""
        data: dict[str, Any] = json.loads(text)
        return cls(**data)
