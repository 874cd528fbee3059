"""What several parts of a dashboard need, read once for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property

from django.utils import timezone

from analytics.metrics.catalogue import Sums, as_chosen
from analytics.models import Grain
from analytics.reports import query
from analytics.reports.names import Names
from analytics.reports.query import Scope
from analytics.reports.shape import Chart, Dashboard, Distribution, Table, Ways, Words


class Once:
    """A dashboard's scope, up to `now`, with its sums; nothing is read before it is asked for."""

    def __init__(self, dashboard: Dashboard, scope: Scope, now: datetime, names: Names) -> None:
        self.scope, self.now, self.names = scope, now, names
        self.tiles = [as_chosen(name) for name in dashboard.tiles]
        self._parts = dashboard.parts

    @property
    def total(self) -> Sums:
        """Everything within the scope added up: what tiles, tables and distributions are made of."""
        return self._sums[0]

    @property
    def by_time(self) -> dict[datetime, Sums]:
        """What each hour or day has, as the scope is drawn: what charts are made of."""
        return self._sums[1]

    @cached_property
    def moments(self) -> list[datetime]:
        """The hours or days, as the scope is drawn."""
        return self.scope.moments(self.now)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """What these are called along the axis of a chart."""
        pattern = "%m-%d %H:00" if self.scope.grain == Grain.HOUR else "%Y-%m-%d"
        return tuple(timezone.localtime(at).strftime(pattern) for at in self.moments)

    @cached_property
    def words(self) -> dict[str, dict[str, int]]:
        """How often each word came up, by what is counted."""
        return query.words(self.scope, dict.fromkeys(self._tallied()))

    @cached_property
    def _sums(self) -> tuple[Sums, dict[datetime, Sums]]:
        charted = [name for part in self._parts if isinstance(part, Chart) for name in part.metrics]
        return query.total_and_by_time(self.scope, [*self.tiles, *self._totalled()], charted, self.now)

    def _totalled(self) -> Iterator[str]:
        for part in self._parts:
            if isinstance(part, Table):
                yield from part.metrics
            elif isinstance(part, Distribution):
                yield part.counted

    def _tallied(self) -> Iterator[str]:
        for part in self._parts:
            if isinstance(part, Words):
                yield part.tally
            elif isinstance(part, Ways):
                yield from part.tallies.values()
