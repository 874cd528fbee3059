"""Windows: a platform's permission to write to a customer, until when and how many messages. Pure values.

What opens a window, and for how much, is the platform's to say (`Platform.grant`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.models import Customer

COUNT, TIME = "count", "time"
FRESH = timedelta(seconds=10)


@dataclass(frozen=True)
class Grant:
    """What one action of a customer allows: `count` messages (0: any number) within `seconds`."""

    count: int
    seconds: int


@dataclass(frozen=True)
class Window:
    """A permission as it stands. `until` None: nothing is known, so the platform decides. `left` None: no limit."""

    opened_at: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    left: int | None = None

    def opened(self, at: datetime, grant: Grant) -> Window:
        """Return the window after an action of the customer at `at`.

        Counts do not add up: the larger number left and the later end are in force.
        """
        running = self.until is not None and self.until > at
        until = at + timedelta(seconds=grant.seconds)
        count: int | None = grant.count or None
        if running and self.until and (self.left is None or count is None):
            count = None
        elif running and self.left is not None and count is not None:
            count = max(self.left, count)
        return Window(at, max(until, self.until) if running and self.until else until, count, count)

    def spent(self) -> Window:
        """Return the window after one more message."""
        return self if self.left is None else replace(self, left=max(self.left - 1, 0))

    def refusal(self, now: datetime) -> str:
        """Return why a message would be refused at `now`: COUNT, TIME, or "" where it would not."""
        if self.until is None:
            return ""
        if self.until <= now:
            return TIME
        return COUNT if self.left is not None and self.left <= 0 else ""

    def refused(self, why: str, now: datetime) -> Window:
        """Return the window after the platform refused a message because of `why`: it knows better."""
        if why == TIME:
            return replace(self, until=now)
        return replace(self, until=self.until or now + timedelta(days=2), left=0)

    def is_fresh(self, now: datetime) -> bool:
        """Tell whether the customer acted within the last seconds and nothing was sent since."""
        return self.opened_at is not None and now - self.opened_at < FRESH and self.left == self.limit


def window_of(customer: Customer) -> Window:
    """Return the customer's window."""
    return Window(customer.window_opened_at, customer.window_until, customer.window_limit, customer.window_left)


def fields_of(window: Window) -> dict[str, datetime | int | None]:
    """Return the customer's columns that hold `window`."""
    return {
        "window_opened_at": window.opened_at,
        "window_until": window.until,
        "window_limit": window.limit,
        "window_left": window.left,
    }
