"""What stands behind a number: the conversations, page by page, newest first, without counting them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from analytics.facts.times import hour_of, next_hour
from analytics.metrics.metric import Counted, Metric
from analytics.reports.names import Names
from analytics.reports.query import SEAT, Scope, limits_of
from bridge.models import Conversation, Fact

PAGE = 50
HOUR = "%Y-%m-%dT%H:%MZ"  # how the beginning of an hour stands in an address


@dataclass(frozen=True)
class Behind:
    """One fact that was counted, with its conversation, None where that was erased.

    `seconds`: how long it took, within working hours where that is what the metric is about.
    """

    at: datetime
    seconds: float | None
    detail: str
    seat: str
    conversation_id: int | None
    conversation: Conversation | None


@dataclass(frozen=True)
class Page:
    """One page of them; `after` leads to the next, "" where there is none."""

    rows: list[Behind]
    after: str


def read_hour(word: str) -> datetime | None:
    """Return the beginning of an hour that stands in an address, None where it is none."""
    try:
        return hour_of(datetime.strptime(word, HOUR).replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def behind(metric: Metric, scope: Scope, after: str = "", hour: datetime | None = None) -> Page:
    """Return the page of what the metric counts within the scope, or in one hour of it, after the place `after`."""
    within = _within(scope)
    if hour:
        within &= Q(at__gte=hour, at__lt=next_hour(hour))
    if place := _place(after):
        at, number = place
        within &= Q(at__lte=at) & (Q(at__lt=at) | Q(at=at, pk__lt=number))
    kinds = [within & _of_kind(counted) for counted in metric.facts]
    found = list(Fact.objects.filter(reduce(or_, kinds), _newest(kinds)).order_by("-at", "-pk")[: PAGE + 1])
    shown = found[:PAGE]
    last = shown[-1] if len(found) > PAGE else None
    return Page(_rows(shown, metric), f"{last.at.timestamp()}_{last.pk}" if last else "")


def _within(scope: Scope) -> Q:
    found = limits_of(scope) & Q(at__gte=scope.start, at__lt=scope.end)
    return found & Q(seat_id=scope.seat) if scope.seat else found


def _newest(kinds: list[Q]) -> Q:
    """Return what leaves of these kinds only as many of the newest as a page needs, and those of the same moment.

    An index gives a kind's moments in their order, so this looks at few rows. In the page's own order, by moment and id, the
    database would sort all of the range.
    """
    moments = [
        Fact.objects.filter(kind).order_by("-at").values_list("at", flat=True)[PAGE : PAGE + 1] for kind in kinds
    ]
    oldest = [moment for of_kind in moments for moment in of_kind]
    return Q(at__gte=max(oldest)) if oldest else Q()


def _of_kind(counted: Counted) -> Q:
    found = Q(kind=Fact.Kind[counted.kind])
    if counted.details:
        found &= Q(detail__in=counted.details)
    if counted.values:
        found &= Q(value__in=counted.values)
    return found & Q(seconds__isnull=False) if counted.timed else found


def _place(after: str) -> tuple[datetime, int] | None:
    moment, _sep, number = after.partition("_")
    try:
        return datetime.fromtimestamp(float(moment), UTC), int(number)
    except (ValueError, OverflowError, OSError):
        return None


def _seconds(fact: Fact, metric: Metric) -> float | None:
    return fact.working if metric.in_working_hours and fact.working is not None else fact.seconds


def _rows(facts: list[Fact], metric: Metric) -> list[Behind]:
    ids = {fact.conversation_id for fact in facts if fact.conversation_id}
    known: dict[Any, Conversation] = Conversation.objects.prefetch_related("customer__account").in_bulk(ids)
    names = Names.load()
    return [
        Behind(
            fact.at, _seconds(fact, metric), fact.detail, names.of(SEAT, fact.seat_id) if fact.seat_id else "",
            fact.conversation_id, known.get(fact.conversation_id),
        )
        for fact in facts
    ]  # fmt: skip
