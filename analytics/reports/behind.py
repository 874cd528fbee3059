"""What stands behind a number: the conversations, page by page, newest first, without counting them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from analytics.metrics.metric import Counted, Metric
from analytics.reports.names import Names
from analytics.reports.query import SEAT, Scope, limits_of
from bridge.models import Conversation, Fact

PAGE = 50


@dataclass(frozen=True)
class Behind:
    """One fact that was counted, with its conversation, None where that was erased."""

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


def behind(metric: Metric, scope: Scope, after: str = "") -> Page:
    """Return the page of what the metric counts within the scope, after the place `after`."""
    facts = Fact.objects.filter(_counted(metric, scope))
    if place := _place(after):
        at, number = place
        facts = facts.filter(Q(at__lt=at) | Q(at=at, pk__lt=number))
    found = list(facts.order_by("-at", "-pk")[: PAGE + 1])
    shown = found[:PAGE]
    last = shown[-1] if len(found) > PAGE else None
    return Page(_rows(shown), f"{last.at.timestamp()}_{last.pk}" if last else "")


def _counted(metric: Metric, scope: Scope) -> Q:
    found = limits_of(scope) & Q(at__gte=scope.start, at__lt=scope.end)
    if scope.seat:
        found &= Q(seat_id=scope.seat)
    return found & reduce(or_, map(_of_kind, metric.facts))


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


def _rows(facts: list[Fact]) -> list[Behind]:
    ids = {fact.conversation_id for fact in facts if fact.conversation_id}
    known: dict[Any, Conversation] = Conversation.objects.prefetch_related("customer__account").in_bulk(ids)
    names = Names.load()
    return [
        Behind(
            fact.at, fact.seconds, fact.detail, names.of(SEAT, fact.seat_id) if fact.seat_id else "",
            fact.conversation_id, known.get(fact.conversation_id),
        )
        for fact in facts
    ]  # fmt: skip
