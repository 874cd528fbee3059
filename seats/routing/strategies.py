"""Strategies: which free seat of a group gets the next conversation. One small class each, found by settings.STRATEGIES.

A strategy only orders the seats that have room; that none gets more than its capacity is `assignment.take_place`'s promise.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import Case, ExpressionWrapper, F, FloatField, QuerySet, Value, When
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from bridge.models import Conversation
from seats.models import Assignment, Seat, SeatGroup

Seats = QuerySet[Seat]


def _never(field: str) -> Case:
    """Return 0 for seats that never had it: they come first, on every database."""
    return Case(When(**{f"{field}__isnull": True}, then=Value(0)), default=Value(1))


class Strategy:
    """The base of all strategies. `name` stands in the group, `label` is what people choose it by.

    One that sorts alike for everybody, by the seats' columns alone, is a `SameForAll`.
    """

    name: ClassVar[str]
    label: ClassVar[Any]

    def order(self, seats: Seats, group: SeatGroup, conversation: Conversation | None, now: datetime) -> Seats:
        """Return the free seats, best first."""
        raise NotImplementedError


class SameForAll(Strategy):
    """A strategy that sorts alike for everybody: its order is asked for once in a process."""

    def order(self, seats: Seats, *_asked: Any) -> Seats:
        raise NotImplementedError


class WeightedLeastLoad(SameForAll):
    """The lowest load per weight, where what a seat has had counts as what it has: so shares follow the weights.

    By the load alone, seats that have nothing to do would all get the same, whatever their weight.
    """

    name, label = "weighted", _("lowest load by weight")

    def order(self, seats: Seats, *_asked: Any) -> Seats:
        share = ExpressionWrapper((F("load") + F("served")) * 1.0 / F("weight"), output_field=FloatField())
        ordered = seats.annotate(share=share, never=_never("last_assigned_at"))
        return ordered.order_by("share", "never", "last_assigned_at", "pk")


class RoundRobin(SameForAll):
    """One after another, whatever they have: whoever was given one longest ago."""

    name, label = "round_robin", _("in turn")

    def order(self, seats: Seats, *_asked: Any) -> Seats:
        return seats.annotate(never=_never("last_assigned_at")).order_by("never", "last_assigned_at", "pk")


class MostIdle(SameForAll):
    """Whoever has had nothing to do for longest; where all have something, the lowest load."""

    name, label = "most_idle", _("longest without work")

    def order(self, seats: Seats, *_asked: Any) -> Seats:
        ordered = seats.annotate(never=_never("idle_since"), recently=_never("last_assigned_at"))
        return ordered.order_by("load", "never", "idle_since", "recently", "last_assigned_at", "pk")


class LastSeatFirst(Strategy):
    """The seat that the customer talked to last, if that was within the group's days; else by weight."""

    name, label = "last_seat", _("the seat that knows the customer, then by weight")

    def order(self, seats: Seats, group: SeatGroup, conversation: Conversation | None, now: datetime) -> Seats:
        ordered = WeightedLeastLoad().order(seats)
        known = self._known(group, conversation, now)
        if known is None:
            return ordered
        knows = Case(When(pk=known, then=Value(0)), default=Value(1))
        return ordered.annotate(knows=knows).order_by("knows", *ordered.query.order_by)

    @staticmethod
    def _known(group: SeatGroup, conversation: Conversation | None, now: datetime) -> int | None:
        if conversation is None:
            return None
        since = now - timedelta(days=group.last_seat_days)
        earlier = Assignment.objects.filter(
            conversation__customer_id=conversation.customer_id, assigned_at__gte=since
        ).exclude(conversation=conversation)
        return earlier.order_by("-pk").values_list("seat_id", flat=True).first()


@cache
def strategies() -> dict[str, Strategy]:
    """Return the strategies of settings.STRATEGIES by name."""
    return {strategy.name: strategy for strategy in (import_string(path)() for path in settings.STRATEGIES)}


def strategy_of(group: SeatGroup) -> Strategy:
    """Return the group's strategy; the first of settings.STRATEGIES where its own is gone."""
    known = strategies()
    return known.get(group.strategy) or next(iter(known.values()))
