"""Assignment: giving conversations to seats. Called inside the transaction of an event.

All of it happens under the lock of the groups concerned, so that no free place and no waiting customer is overlooked
when two transactions meet; that a seat never has more than its capacity is the conditional UPDATE's promise alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import QuerySet

from bridge.inbox.events import Event
from bridge.inbox.serving_events import PlaceFree
from bridge.models import Conversation, Customer
from seats.models import Assignment, QueueEntry, Seat, SeatGroup, TransferOffer
from seats.routing import queue, statements
from seats.routing.opening import are_open, closed_accounts
from seats.routing.strategies import SameForAll, strategy_of

Post = Callable[[str, Event], None]
NORMAL = timedelta(hours=12).total_seconds()  # a conversation that took longer says nothing about how long people wait
NONE = [0]  # no account has this id


def lock_groups(groups: Iterable[int]) -> None:
    """Lock the groups until the end of the transaction, always in the same order."""
    if wanted := sorted(set(groups)):
        statements.lock.run(groups=wanted)


def groups_of(seat: Seat) -> list[int]:
    """Return the ids of the seat's groups."""
    return list(seat.groups.values_list("pk", flat=True))


def free_seats(
    group: SeatGroup, now: datetime, conversation: Conversation | None = None, *, but: int | None = None
) -> QuerySet[Seat]:
    """Return the group's seats with room, best first by the group's strategy; `but` leaves one out."""
    seats = queue.with_room(group.pk).select_related("user")
    if but:
        seats = seats.exclude(pk=but)
    return strategy_of(group).order(seats, group, conversation, now)


def waits_before(
    entry: QueueEntry | None, group: int, customer: Customer | None, now: datetime, *, first: bool = False
) -> bool:
    """Tell whether anyone of the group's queue is ahead of `entry`; where that is None, of this customer as a newcomer.

    `first`: the newcomer would come before all others of the same account and tags.
    """
    shut = closed_accounts(now) or NONE
    if entry:
        where = {"rank": entry.rank, "enqueued_at": entry.enqueued_at, "pk": entry.pk}
        return bool(statements.ahead.rows(group=group, shut=shut, **where))
    head = queue.waiting_but(group, shut).values_list("rank", flat=True).first()
    return head is not None and head <= queue.rank_of(customer, first=first)


def take_place(seat: Seat, now: datetime, *, asked: bool = False) -> bool:
    """Take one place of the seat if it has one; one conditional UPDATE, whatever races.

    `asked`: the seat wants this conversation itself, or a supervisor wants it to, so it need not take new ones.
    """
    take = statements.take_place_asked if asked else statements.take_place
    return bool(take.run(seat=seat.pk, now=now))


def best_seat(group: SeatGroup, conversation: Conversation, now: datetime, *, but: int | None = None) -> Seat | None:
    """Take a place of the best seat of the group that has one, and return the seat; None where none has.

    Where another transaction was faster, the next best is looked for.
    """
    while seat := _best(group, conversation, now, but):
        if take_place(seat, now):
            return seat
    return None


def _best(group: SeatGroup, conversation: Conversation, now: datetime, but: int | None) -> Seat | None:
    strategy = strategy_of(group)
    if isinstance(strategy, SameForAll):
        return statements.best_seat(strategy).first(group=group.pk, but=but or 0)
    return free_seats(group, now, conversation, but=but).first()


def free_place(seat: int, now: datetime, *, unused: bool = False) -> None:
    """Give one of the seat's places back; `unused` where the conversation never came."""
    free = statements.free_unused_place if unused else statements.free_place
    free.run(seat=seat, now=now)


def learn(groups: list[int], slug: str, seconds: float) -> None:
    """Take in how long one more conversation of the group with this slug kept its seat, where it is one of the locked `groups`."""
    if groups and 0 < seconds < NORMAL:
        statements.learn.run(groups=groups, slug=slug, seconds=seconds)


def assign(conversation: Conversation, seat: Seat, now: datetime, group: str = "") -> None:
    """Write down that the seat, whose place was taken, has the conversation, which occupies nothing else any more.

    `group`: the one it belongs to from now on, if that is another one. The caller saves the conversation.
    """
    Assignment.objects.create(conversation=conversation, active_for=conversation, seat=seat, assigned_at=now)
    conversation.status = Conversation.Status.ASSIGNED
    conversation.group = group or conversation.group


def seats_of(conversations: Iterable[Conversation]) -> dict[int, Seat]:
    """Return the seat that has each of the conversations, by the conversation's id; those without one are left out."""
    current = dict(Assignment.objects.filter(active_for__in=conversations).values_list("active_for", "seat"))
    seats = Seat.objects.select_related("user").in_bulk(set(current.values()))
    return {number: seats[seat] for number, seat in current.items() if seat in seats}


def last_seats_of(conversations: Iterable[Conversation]) -> dict[int, Seat]:
    """Return the seat that has each of the conversations, or had it last, by the conversation's id."""
    rows = Assignment.objects.filter(conversation__in=conversations).select_related("seat__user").order_by("pk")
    return {one.conversation_id: one.seat for one in rows}


@dataclass
class Occupancy:
    """All that a conversation occupies: a seat, an offered place, entries in queues. Its groups are locked."""

    conversation: Conversation
    assignment: Assignment | None
    offer: TransferOffer | None
    entries: list[QueueEntry]
    groups: list[int]

    @property
    def seat_id(self) -> int | None:
        """Return the id of the seat that has the conversation."""
        return self.assignment.seat_id if self.assignment else None

    @cached_property
    def seat(self) -> Seat | None:
        """Return the seat that has the conversation."""
        return Seat.objects.select_related("user").filter(pk=self.seat_id).first() if self.seat_id else None

    def entry_of(self, group: int) -> QueueEntry | None:
        """Return the conversation's entry in the group's queue."""
        return next((entry for entry in self.entries if entry.group_id == group), None)

    def let_go(self, now: datetime, why: str) -> None:
        """Give all of it back, because of `why`; the caller saves the conversation, and wakes whoever waits for a place."""
        self.withdraw_offer(now)
        if self.entries:
            statements.leave_queues.run(conversation=self.conversation.pk)
        if self.assignment:
            self._leave_seat(self.assignment, now, why)

    def withdraw_offer(self, now: datetime) -> None:
        """Give the offered place back, if there is one."""
        if self.offer:
            self.offer.delete()
            free_place(self.offer.seat_id, now, unused=True)
            self.offer = None

    def _leave_seat(self, assignment: Assignment, now: datetime, why: str) -> None:
        statements.end_assignment.run(assignment=assignment.pk, now=now, why=why)
        free_place(assignment.seat_id, now)
        learn(self.groups, self.conversation.group, (now - assignment.assigned_at).total_seconds())
        self.conversation.status = Conversation.Status.BOT


def occupied(conversation: Conversation, *more: int) -> Occupancy:
    """Return what the conversation occupies, with all groups concerned locked, and the groups `more` too.

    Only the conversation's own lane changes these rows, so they can be read before the lock; its status says which to
    look for.
    """
    mine, offer, entries, groups = None, None, list[QueueEntry](), set[int]()
    if conversation.status == Conversation.Status.ASSIGNED:
        mine, offer, groups = _held(conversation)
    elif conversation.status == Conversation.Status.QUEUED:
        entries = statements.entries.all(conversation=conversation.pk)
        groups = {entry.group_id for entry in entries}
    lock_groups([*groups, *more])
    return Occupancy(conversation, mine, offer, entries, sorted(groups))


def _held(conversation: Conversation) -> tuple[Assignment | None, TransferOffer | None, set[int]]:
    """Return who has the conversation, what is offered of it, and the groups of both seats: in one statement without an offer."""
    found = statements.held.rows(conversation=conversation.pk)
    groups = {group for *_rest, group in found if group}
    if not found:
        return None, None, groups
    pk, seat, at, offered, _group = found[0]
    mine = Assignment(pk=pk, conversation=conversation, active_for=conversation, seat_id=seat, assigned_at=at)
    offer = TransferOffer.objects.select_related("seat__user").get(pk=offered) if offered else None
    return mine, offer, groups | set(groups_of(offer.seat) if offer else ())


def wake_heads(groups: Iterable[int], post: Post, now: datetime) -> None:
    """Tell the first customer of each queue that there may be a place; only the first, so that the order holds.

    The first one, once assigned, wakes the next. One statement finds them all.
    """
    wanted = list(set(groups))
    for hours, lane, room in statements.heads.rows(groups=wanted, shut=closed_accounts(now) or NONE) if wanted else ():
        if lane and room and are_open(hours, now):
            post(lane, PlaceFree())
