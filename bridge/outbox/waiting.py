"""What waits in the outbox: the open deliveries of a lane, or of several, read in their order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from django.db.models import QuerySet, prefetch_related_objects

from bridge.base.prepared import Given, Select
from bridge.models import Delivery

BATCH = 20  # deliveries that are read at a time
State = Delivery.State
IN_LINE = (State.QUEUED, State.SENDING, State.HELD)
OPEN = (*IN_LINE, State.ASIDE)
# A seat hears what became of its messages before the next one goes out.
_WAYS = (Delivery.Direction.SEAT.value, Delivery.Direction.CUSTOMER.value)

# Open deliveries in order, by their direction.
Queues = dict[str, list[Delivery]]


def queues(lane: str) -> Queues:
    """Return what is open in the lane, in order: of each direction at most BATCH in line, and as many set aside."""
    open_ = Delivery.objects.filter(lane=lane, state__in=OPEN).order_by("pk")
    rows = _first(BATCH).all(lanes=[lane])
    # Those of one direction may hide the other's.
    full = len(rows) == BATCH
    found = {way: _read(open_.filter(direction=way)) for way in _WAYS} if full else _by_way(rows)
    # Only what goes to a customer depends on what its message is.
    prefetch_related_objects(found[Delivery.Direction.CUSTOMER.value], "message")
    return found


@cache
def _first(most: int) -> Select[Delivery]:
    """Return what reads the first open deliveries of some lanes."""
    return Select(Delivery.objects.filter(lane__in=[Given("lanes")], state__in=OPEN).order_by("pk")[:most])


def _by_way(rows: Iterable[Delivery]) -> Queues:
    return {way: [row for row in rows if row.direction == way] for way in _WAYS}


def queues_of(lanes: Sequence[str]) -> dict[str, Queues]:
    """Return the queues of several lanes; those with more than BATCH deliveries, or behind such a lane, are read alone."""
    most = BATCH * len(lanes)
    rows = _first(most).all(lanes=lanes) if lanes else []
    prefetch_related_objects([row for row in rows if row.direction == Delivery.Direction.CUSTOMER], "message")
    by_lane: dict[str, list[Delivery]] = {lane: [] for lane in lanes}
    for row in rows:
        by_lane[row.lane].append(row)
    alone = {lane for lane, own in by_lane.items() if len(own) >= BATCH or len(rows) == most}
    return {lane: queues(lane) if lane in alone else _by_way(own) for lane, own in by_lane.items()}


def _read(rows: QuerySet[Delivery]) -> list[Delivery]:
    """Return the first rows in line and the first set aside, in order.

    Behind one that is held come also the first that need no window: what else stands there is not sent before them.
    """
    in_line, aside = list(rows.exclude(state=State.ASIDE)[:BATCH]), rows.filter(state=State.ASIDE)
    windowless: list[Delivery] = []
    if len(in_line) == BATCH:
        aside = aside.filter(pk__lt=in_line[-1].pk)
        if any(row.state == State.HELD for row in in_line):
            windowless = list(rows.filter(needs_window=False, pk__gt=in_line[-1].pk)[:BATCH])
    return sorted([*in_line, *aside[:BATCH], *windowless], key=lambda row: row.pk)
