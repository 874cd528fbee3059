"""Assignment: giving conversations to seats. Called inside the transaction of an event.

All of it happens under the lock of the groups concerned, so that no free place and no waiting customer is overlooked
when two transactions meet; that a seat never has more than its capacity is the conditional UPDATE's promise alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, DateTimeField, Exists, F, OuterRef, Value, When

from bridge.inbox.events import Event
from bridge.inbox.serving_events import PlaceFree
from bridge.models import Conversation, Customer
from seats.models import Assignment, QueueEntry, Seat, SeatGroup, TransferOffer
from seats.routing import queue
from seats.routing.opening import is_open
from seats.routing.strategies import strategy_of

Post = Callable[[str, Event], None]
CANDIDATES = 8  # the best seats that are read at a time; another transaction rarely takes the places of all of them


def lock_groups(groups: Iterable[int]) -> None:
    """Lock the groups until the end of the transaction, always in the same order."""
    for group in sorted(set(groups)):
        SeatGroup.objects.filter(pk=group).update(turn=F("turn") + 1)


def groups_of(seat: Seat) -> list[int]:
    """Return the ids of the seat's groups."""
    return list(seat.groups.values_list("pk", flat=True))


def free_seats(
    group: SeatGroup, now: datetime, conversation: Conversation | None = None, *, but: int | None = None
) -> list[Seat]:
    """Return the best of the group's seats with room, best first by the group's strategy; `but` leaves one out."""
    seats = queue.with_room(group.pk).select_related("user")
    if but:
        seats = seats.exclude(pk=but)
    return list(strategy_of(group).order(seats, group, conversation, now)[:CANDIDATES])


def waits_before(
    entry: QueueEntry | None, group: int, customer: Customer | None, now: datetime, *, first: bool = False
) -> bool:
    """Tell whether anyone of the group's queue is ahead of `entry`; where that is None, of this customer as a newcomer.

    `first`: the newcomer would come before all others of the same account and tags.
    """
    entries = queue.waiting(group, now)
    if entry:
        return entries.filter(queue.before(entry)).exists()
    head = entries.values_list("rank", flat=True).first()
    return head is not None and head <= queue.rank_of(customer, first=first)


def take_place(seat: Seat, now: datetime, *, asked: bool = False) -> bool:
    """Take one place of the seat if it has one; one conditional UPDATE, whatever races.

    `asked`: the seat wants this conversation itself, or a supervisor wants it to, so it need not take new ones.
    """
    free = Seat.objects.filter(pk=seat.pk, load__lt=F("capacity"))
    if not asked:
        free = free.filter(online=True, availability=Seat.Availability.OPEN)
    return bool(free.update(load=F("load") + 1, served=F("served") + 1, last_assigned_at=now, idle_since=None))


def best_seat(group: SeatGroup, conversation: Conversation, now: datetime, *, but: int | None = None) -> Seat | None:
    """Take a place of the best seat of the group that has one, and return the seat; None where none has."""
    while seats := free_seats(group, now, conversation, but=but):
        for seat in seats:
            if take_place(seat, now):
                return seat
    return None


def free_place(seat: int, now: datetime, *, unused: bool = False) -> None:
    """Give one of the seat's places back; `unused` where the conversation never came."""
    # `idle_since` comes first: MySQL assigns from left to right, and it must see the load before.
    idle = Case(When(load=1, then=Value(now)), default=F("idle_since"), output_field=DateTimeField())
    served = F("served") - 1 if unused else F("served")
    Seat.objects.filter(pk=seat, load__gt=0).update(idle_since=idle, load=F("load") - 1, served=served)


def assign(conversation: Conversation, seat: Seat, now: datetime, group: str = "") -> None:
    """Write down that the seat, whose place was taken, has the conversation, which occupies nothing else any more.

    `group`: the one it belongs to from now on, if that is another one. The caller saves the conversation.
    """
    Assignment.objects.create(conversation=conversation, active_for=conversation, seat=seat, assigned_at=now)
    conversation.status = Conversation.Status.ASSIGNED
    conversation.group = group or conversation.group


def seats_of(conversations: Iterable[Conversation]) -> dict[int, Seat]:
    """Return the seat that has each of the conversations, by the conversation's id; those without one are left out."""
    current = Assignment.objects.filter(active_for__in=conversations).select_related("seat__user")
    return {one.conversation_id: one.seat for one in current}


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
    def seat(self) -> Seat | None:
        """Return the seat that has the conversation."""
        return self.assignment.seat if self.assignment else None

    def entry_of(self, group: int) -> QueueEntry | None:
        """Return the conversation's entry in the group's queue."""
        return next((entry for entry in self.entries if entry.group_id == group), None)

    def let_go(self, now: datetime, why: str) -> None:
        """Give all of it back, because of `why`; the caller saves the conversation, and wakes whoever waits for a place."""
        self.withdraw_offer(now)
        if self.entries:
            QueueEntry.objects.filter(conversation=self.conversation).delete()
        if self.assignment:
            self._leave_seat(self.assignment, now, why)

    def withdraw_offer(self, now: datetime) -> None:
        """Give the offered place back, if there is one."""
        if self.offer:
            self.offer.delete()
            free_place(self.offer.seat_id, now, unused=True)
            self.offer = None

    def _leave_seat(self, assignment: Assignment, now: datetime, why: str) -> None:
        Assignment.objects.filter(pk=assignment.pk).update(active_for=None, released_at=now, ended=why)
        free_place(assignment.seat_id, now)
        served_in = SeatGroup.objects.filter(slug=self.conversation.group, pk__in=self.groups)
        queue.learn(served_in, (now - assignment.assigned_at) / timedelta(seconds=1))
        self.conversation.status = Conversation.Status.BOT


def occupied(conversation: Conversation, *more: int) -> Occupancy:
    """Return what the conversation occupies, with all groups concerned locked, and the groups `more` too.

    Only the conversation's own lane changes these rows, so they can be read before the lock; its status says which to
    look for.
    """
    mine, offer, entries = None, None, []
    if conversation.status == Conversation.Status.ASSIGNED:
        mine = Assignment.objects.select_related("seat__user").filter(active_for=conversation).first()
        offer = TransferOffer.objects.select_related("seat__user").filter(conversation=conversation).first()
    elif conversation.status == Conversation.Status.QUEUED:
        entries = list(QueueEntry.objects.filter(conversation=conversation).order_by("pk"))
    seats = [one.seat_id for one in (mine, offer) if one]
    links = SeatGroup.seats.through.objects.filter(seat__in=seats) if seats else None
    of_seats = list(links.values_list("seatgroup", flat=True)) if links is not None else []
    groups = sorted({*of_seats, *(entry.group_id for entry in entries)})
    lock_groups([*groups, *more])
    return Occupancy(conversation, mine, offer, entries, groups)


def wake_heads(groups: Iterable[int], post: Post, now: datetime) -> None:
    """Tell the first customer of each queue that there may be a place; only the first, so that the order holds.

    The first one, once assigned, wakes the next.
    """
    waited_for = Exists(QueueEntry.objects.filter(group=OuterRef("pk")))
    for group in SeatGroup.objects.filter(waited_for, pk__in=set(groups)).order_by("pk"):
        if (
            is_open(group, now)
            and queue.with_room(group.pk).exists()
            and (head := queue.waiting(group.pk, now).first())
        ):
            post(head.lane, PlaceFree())
