"""What a case is, and the list of all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.chaos.rows import MOST_SECONDS, RECOVERED_WITHIN, Row
from tests.chaos.scene import Scene

DATABASE, REDIS, BROKER = "database", "redis", "broker"  # attributes of a scene
UNKNOWN = frozenset({"unknown"})  # promise 4: what was on its way to WeChat when it happened
REFUSED = frozenset({"refused"})  # promise 1: what could be kept nowhere, and was never acknowledged


@dataclass(frozen=True)
class Case:
    """One thing to do; `needs` names the servers it is done to, `allowed` the columns that may be other than nought.

    `within` is how many seconds recovering may take, `longest` how many an acknowledgement.
    """

    name: str
    do: Callable[[Scene], None]
    needs: tuple[str, ...] = ()
    allowed: frozenset[str] = frozenset()
    within: float = RECOVERED_WITHIN
    longest: float = MOST_SECONDS

    def broken(self, row: Row) -> list[str]:
        """Return what of the case's line no promise allows."""
        return row.broken(self.allowed, self.within, self.longest)


CASES: list[Case] = []


def add(one: Case) -> None:
    """Put a case at the end of the table."""
    CASES.append(one)


def case(name: str, *needs: str, **more: Any) -> Callable[[Callable], Callable]:
    """Add the decorated function to the cases; `more` as a case has it."""

    def added(do: Callable[[Scene], None]) -> Callable[[Scene], None]:
        add(Case(name, do, needs, **more))
        return do

    return added
