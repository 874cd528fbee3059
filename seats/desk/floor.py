"""The floor: what a supervisor sees of their groups now. Seats, who waits, every live conversation, and the numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet

from bridge.models import Conversation, Delivery
from bridge.values.windows import window_of
from seats.actors import Actor
from seats.desk import feed
from seats.models import Assignment, QueueEntry, Seat

MOST = 300  # conversations at a time
LONGEST_LINE = 100
BOXES = 12  # places of a seat that are drawn one by one
Status = Conversation.Status


@dataclass(frozen=True)
class Live:
    """One live conversation, with its seat, the messages left, and until when."""

    conversation: Conversation
    seat: str
    left: int | None
    until: datetime | None
    refusal: str


@dataclass(frozen=True)
class AtWork:
    """One seat: what it has, and how many of its customers wait for an answer, the longest since when."""

    seat: Seat
    name: str
    groups: str
    waiting: int
    since: datetime | None
    goal: int

    @property
    def boxes(self) -> list[bool]:
        """Return a mark for each place, true where it is taken; none where there are too many to draw."""
        seat = self.seat
        return [number < seat.load for number in range(seat.capacity)] if seat.capacity <= BOXES else []

    @property
    def full(self) -> bool:
        """Tell whether no place is left."""
        return self.seat.load >= self.seat.capacity


@dataclass
class Board:
    """All of it, and the numbers of the tiles."""

    rows: list[Live] = field(default_factory=list)
    seats: list[AtWork] = field(default_factory=list)
    queue: list[QueueEntry] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)
    more: bool = False  # conversations that are not among the rows


def board(actor: Actor, group: str, search: str, now: datetime) -> Board:
    """Return what the actor oversees, of one group if it is named; the conversations narrowed to a search."""
    chosen = list(actor.overseen().filter(slug=group) if group else actor.overseen())
    live = _live_ones(actor, group)
    shown = feed.Filters(search).apply(live, MOST) if search else live
    seats, queue = _seats([one.pk for one in chosen]), _queue([one.pk for one in chosen])
    rows, numbers = _rows(shown, now), _numbers(live, seats, queue)
    return Board(rows, seats, queue, numbers, more=not search and len(rows) < numbers["live"])


def _live_ones(actor: Actor, group: str) -> QuerySet[Conversation]:
    rows = Conversation.objects.exclude(status=Status.CLOSED).select_related("customer__account")
    if not actor.roles.site:
        rows = rows.filter(group__in=actor.roles.supervises)
    return rows.filter(group=group) if group else rows


def _rows(live: QuerySet[Conversation], now: datetime) -> list[Live]:
    """Those who wait longest come first."""
    found = list(feed.with_extras(live).order_by(F("unanswered_since").asc(nulls_last=True), "pk")[:MOST])
    seats = feed.names_of(found)
    return [_live(row, seats.get(row.pk, ""), now) for row in found]


def _live(row: Conversation, seat: str, now: datetime) -> Live:
    window = window_of(row.customer)
    return Live(row, seat, window.left, window.until, window.refusal(now))


def _seats(groups: list[int]) -> list[AtWork]:
    """The seats of the groups: those that are there first, and of them those with the most work."""
    rows = Seat.objects.filter(groups__in=groups, user__is_active=True).select_related("user").distinct()
    found = list(rows.prefetch_related("groups"))
    unanswered = Q(active_for__unanswered_since__isnull=False)
    theirs = Assignment.objects.filter(seat__in=found, active_for__isnull=False).values("seat").annotate(
        waiting=Count("pk", filter=unanswered), since=Min("active_for__unanswered_since", filter=unanswered)
    )  # fmt: skip
    waits = {row["seat"]: (row["waiting"], row["since"]) for row in theirs}
    made = [_at_work(seat, *waits.get(seat.pk, (0, None))) for seat in found]
    return sorted(made, key=lambda one: (one.seat.presence == "offline", -one.seat.load, one.name))


def _at_work(seat: Seat, waiting: int, since: datetime | None) -> AtWork:
    groups = seat.groups.all()
    goals = [group.remind_seat_seconds for group in groups if group.remind_seat_seconds]
    return AtWork(
        seat, seat.as_agent().name, " · ".join(one.name for one in groups), waiting, since, min(goals, default=0)
    )


def _queue(groups: list[int]) -> list[QueueEntry]:
    """Return the customers who wait for the groups, in the order in which they are served."""
    rows = QueueEntry.objects.filter(group__in=groups, overflowed=False).select_related(
        "conversation__customer__account"
    )
    found = list(rows.select_related("conversation__customer__account", "group")[:LONGEST_LINE])
    extras = {
        row.pk: row
        for row in feed.with_extras(Conversation.objects.filter(pk__in=[one.conversation_id for one in found]))
    }
    for entry in found:
        extra = extras.get(entry.conversation_id)
        if extra:
            entry.talk = extra  # type: ignore[attr-defined]
    return found


def _numbers(live: QuerySet[Conversation], seats: list[AtWork], queue: list[QueueEntry]) -> dict[str, Any]:
    there = [one.seat for one in seats if one.seat.presence != "offline"]
    open_ = [one for one in there if one.presence == "open"]
    counted = live.aggregate(
        live=Count("pk"), unanswered=Count("pk", filter=Q(unanswered_since__isnull=False, status=Status.ASSIGNED)),
        bots=Count("pk", filter=Q(status=Status.BOT)),
    )  # fmt: skip
    owed = Delivery.objects.filter(conversation__in=live, direction=Delivery.Direction.CUSTOMER)
    states = dict(owed.filter(state__in=(*feed.UNDELIVERED, *feed.KEPT)).values_list("state").annotate(n=Count("pk")))
    waiting = [one for one in queue if not one.left]
    return {
        **counted, "queue": len(waiting), "left": len(queue) - len(waiting),
        "longest": min((one.enqueued_at for one in waiting), default=None),
        "there": len(there), "seats": len(seats), "busy": len(there) - len(open_),
        "free": sum(max(0, one.capacity - one.load) for one in open_), "places": sum(one.capacity for one in there),
        "undelivered": sum(states.get(one, 0) for one in feed.UNDELIVERED),
        "kept": sum(states.get(one, 0) for one in feed.KEPT),
    }  # fmt: skip
