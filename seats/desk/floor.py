"""The floor: what a supervisor sees of their groups now. Seats, who waits, every live conversation, and the numbers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet

from bridge.models import Conversation, Delivery, Message
from bridge.values.windows import window_of
from seats.actors import Actor
from seats.desk import feed, marks
from seats.models import Assignment, QueueEntry, Seat
from seats.routing.assignment import seats_of

MOST = 300  # conversations at a time
FIRST = 40  # conversations on a page that has just been opened; the others follow at once
LONGEST_LINE = 300  # of the queue at a time
BOXES = 12  # places of a seat that are drawn one by one
Status = Conversation.Status


@dataclass(frozen=True)
class Live:
    """One live conversation, with its seat, the messages left, until when, and what can be done there besides giving it on."""

    conversation: Conversation
    seat: str
    left: int | None
    until: datetime | None
    refusal: str
    verbs: tuple[str, ...] = ()
    mark: str = ""
    same: bool = False  # the page has it as it is


@dataclass(frozen=True)
class AtWork:
    """One seat: what it has, and how many of its customers wait for an answer, the longest since when; what it `said` last."""

    seat: Seat
    name: str
    groups: str
    waiting: int
    since: datetime | None
    goal: int
    said: Message | None = None

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


def board(
    actor: Actor, group: str, search: str, now: datetime, *, most: int = MOST, known: Collection[str] = ()
) -> Board:
    """Return what the actor oversees, of one group if it is named; `most` conversations, narrowed to a search.

    Rows whose marks are `known` say that they are the same.
    """
    chosen = list(actor.overseen().filter(slug=group) if group else actor.overseen())
    live = _live_ones(actor, group)
    shown = feed.Filters(search).apply(live, MOST) if search else live
    seats, line = _seats([one.pk for one in chosen], live), _line([one.pk for one in chosen])
    rows = [_live(actor, row, seat, now, known) for row, seat in _with_seats(shown, most)]
    numbers, queue = {**_numbers(live, seats), **_waiting(line)}, _queue(line, known)
    numbers["late"] = any(_late(one, now) for one in queue)
    return Board(rows, seats, queue, numbers, more=not search and most == MOST and len(rows) < numbers["live"])


def _live_ones(actor: Actor, group: str) -> QuerySet[Conversation]:
    rows = Conversation.objects.exclude(status=Status.CLOSED).select_related("customer")
    if not actor.roles.site:
        rows = rows.filter(group__in=actor.roles.supervises)
    return rows.filter(group=group) if group else rows


def _with_seats(live: QuerySet[Conversation], most: int) -> list[tuple[Conversation, Seat | None]]:
    """Those who wait longest come first. There are few accounts and seats: each is read once."""
    rows = feed.with_extras(live).order_by(F("unanswered_since").asc(nulls_last=True), "pk")[:most]
    found = list(rows.prefetch_related("customer__account"))
    seats = seats_of(found)
    return [(row, seats.get(row.pk)) for row in found]


def _live(actor: Actor, row: Conversation, seat: Seat | None, now: datetime, known: Collection[str]) -> Live:
    window, name = window_of(row.customer), seat.as_agent().name if seat else ""
    shown = (name, window.left, window.until, window.refusal(now), _verbs(actor, row, seat))
    mark = marks.of_talk(row, *shown)
    return Live(row, *shown, mark, mark in known)


def _verbs(actor: Actor, row: Conversation, seat: Seat | None) -> tuple[str, ...]:
    """Return the commands that the bot `supervise` takes from this supervisor; who has no seat can only whisper."""
    if seat and seat.pk == actor.agent.id:
        return ()
    sits, joins = actor.seat is not None, not feed.watches(actor, row, speaks=True)
    may = {"whisper": seat is not None, "join": sits and joins, "takeover": sits and seat is not None}
    return tuple(name for name, yes in may.items() if yes)


def _seats(groups: list[int], live: QuerySet[Conversation]) -> list[AtWork]:
    """The seats of the groups: those that are there first, and of them those with the most work."""
    rows = Seat.objects.filter(groups__in=groups, user__is_active=True).select_related("user").distinct()
    found = list(rows.prefetch_related("groups"))
    unanswered = Q(active_for__unanswered_since__isnull=False)
    theirs = Assignment.objects.filter(seat__in=found, active_for__isnull=False).values("seat").annotate(
        waiting=Count("pk", filter=unanswered), since=Min("active_for__unanswered_since", filter=unanswered)
    )  # fmt: skip
    waits = {row["seat"]: (row["waiting"], row["since"]) for row in theirs}
    said = _said(live)
    made = [_at_work(seat, *waits.get(seat.pk, (0, None)), said.get(seat.pk)) for seat in found]
    return sorted(made, key=lambda one: (one.seat.presence == "offline", -one.seat.load, one.name))


def _said(live: QuerySet[Conversation]) -> dict[int, Message]:
    """Return the last words of each seat to a customer whom it has; only in what may be seen here."""
    theirs = Message.objects.filter(conversation__in=live, seat_id=F("conversation__assignment__seat"))
    last = theirs.filter(side=Message.Side.SEAT).values_list("seat_id").annotate(last=Max("pk"))
    found = Message.objects.filter(pk__in=dict(last).values()).select_related("conversation__customer__account")
    return {one.seat_id: one for one in found if one.seat_id}


def _at_work(seat: Seat, waiting: int, since: datetime | None, said: Message | None) -> AtWork:
    groups = seat.groups.all()
    goals = [group.remind_seat_seconds for group in groups if group.remind_seat_seconds]
    return AtWork(
        seat, seat.as_agent().name, " · ".join(one.name for one in groups), waiting, since, min(goals, default=0), said
    )


def _line(groups: list[int]) -> QuerySet[QueueEntry]:
    """Return the customers who wait for the groups, in the order in which they are served."""
    return QueueEntry.objects.filter(group__in=groups, overflowed=False)


def _waiting(line: QuerySet[QueueEntry]) -> dict[str, Any]:
    """Return how many stand in the whole line; how many wait, the first since when; how many only left a message."""
    waits = Q(left=False)
    return line.order_by().aggregate(
        line=Count("pk"), queue=Count("pk", filter=waits), longest=Min("enqueued_at", filter=waits),
        messages=Count("pk", filter=~waits),
    )  # fmt: skip


def _late(entry: QueueEntry, now: datetime) -> bool:
    """Tell whether the customer has waited for longer than the group's goal."""
    goal = entry.group.remind_seat_seconds
    return bool(goal) and not entry.left and (now - entry.enqueued_at).total_seconds() >= goal


def _queue(line: QuerySet[QueueEntry], known: Collection[str]) -> list[QueueEntry]:
    rows = line.select_related("conversation__customer", "group").prefetch_related("conversation__customer__account")
    found = list(rows[:LONGEST_LINE])
    talks = feed.with_extras(Conversation.objects.filter(pk__in=[one.conversation_id for one in found])).in_bulk()
    for place, entry in enumerate(found, 1):
        entry.talk = talks.get(entry.conversation_id)  # type: ignore[attr-defined]
        entry.mark = marks.of_entry(entry, place, entry.talk)  # type: ignore[attr-defined]
        entry.same = entry.mark in known  # type: ignore[attr-defined]
    return found


def _numbers(live: QuerySet[Conversation], seats: list[AtWork]) -> dict[str, Any]:
    there = [one.seat for one in seats if one.seat.presence != "offline"]
    open_ = [one for one in there if one.presence == "open"]
    counted = live.aggregate(
        live=Count("pk"), unanswered=Count("pk", filter=Q(unanswered_since__isnull=False, status=Status.ASSIGNED)),
        bots=Count("pk", filter=Q(status=Status.BOT)),
    )  # fmt: skip
    owed = Delivery.objects.filter(conversation__in=live, direction=Delivery.Direction.CUSTOMER)
    states = dict(owed.filter(state__in=(*feed.UNDELIVERED, *feed.KEPT)).values_list("state").annotate(n=Count("pk")))
    return {
        **counted,
        "there": len(there), "seats": len(seats), "busy": len(there) - len(open_),
        "free": sum(max(0, one.capacity - one.load) for one in open_), "places": sum(one.capacity for one in there),
        "undelivered": sum(states.get(one, 0) for one in feed.UNDELIVERED),
        "kept": sum(states.get(one, 0) for one in feed.KEPT),
    }  # fmt: skip
