"""Reading facts a few thousand at a time: MySQL's driver takes all of an answer into memory, however it is gone through."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import QuerySet

from bridge.models import Fact

MOST = 20_000  # that are read at once
_SHORTEST = timedelta(milliseconds=1)


def by_time(facts: QuerySet[Fact], start: datetime, end: datetime) -> Iterator[QuerySet[Fact]]:
    """Yield those of `facts` that happened from `start` to `end` in pieces, one time after the other.

    A time with more than `MOST` of them is halved until none has more, but for those of one thousandth of a second.
    """
    within = facts.filter(at__gte=start, at__lt=end)
    if end - start > _SHORTEST and within.order_by()[: MOST + 1].count() > MOST:
        middle = start + (end - start) / 2
        yield from by_time(facts, start, middle)
        yield from by_time(facts, middle, end)
    else:
        yield within


def after(number: int) -> Iterator[QuerySet[Fact]]:
    """Yield the facts with an id over `number` in pieces, one after the other."""
    while True:
        rest = Fact.objects.filter(pk__gt=number)
        last = rest.order_by("pk").values_list("pk", flat=True)[MOST - 1 : MOST].first()
        if last is None:
            yield rest
            return
        yield rest.filter(pk__lte=last)
        number = last
