"""Carries out what gives a conversation to a seat, or lets it wait for one."""

from __future__ import annotations

from collections.abc import Iterable

from bridge import routing
from bridge.actions import Action
from bridge.apply import Applier, handles
from bridge.models import Conversation, Fact
from seats import assignment, facts, queue
from seats.assignment import Held, hold
from seats.models import QueueEntry, Seat, SeatGroup
from seats.opening import Hours

Actions = Iterable[Action]


def _account(applier: Applier) -> int | None:
    return applier.customer.account_id if applier.customer else None


@handles(routing.Assign)
def assign(applier: Applier, action: routing.Assign) -> Actions:
    group = SeatGroup.objects.filter(slug=action.group).first()
    if group is None:
        return action.then(routing.Unknown())
    held = hold(applier.conversation, group.pk)
    return action.then(_to_known(applier, held, action.to) or _to_best(applier, held, group, action.first))


def _to_known(applier: Applier, held: Held, seat_id: int | None) -> routing.Assigned | None:
    """Give it to the seat that had it before, whoever waits: it goes on with what it knows."""
    seat = Seat.objects.select_related("user").filter(pk=seat_id, user__is_active=True).first() if seat_id else None
    if seat and assignment.take_place(seat, applier.now):
        return _given(applier, held, seat, how=facts.BACK)
    return None


def _to_best(applier: Applier, held: Held, group: SeatGroup, first: bool) -> routing.Outcome:
    """Ask the groups it may be served by, its own before the one it overflowed to."""
    others = {entry.group_id for entry in held.entries} - {group.pk}
    also = SeatGroup.objects.filter(pk__in=others).order_by("pk") if others else ()
    for one in [group, *also]:
        if not Hours.of(_account(applier), one).is_open(applier.now):
            continue
        entry = held.entry_of(one.pk)
        rank = entry.rank if entry else queue.rank_of(applier.customer, first=first)
        if assignment.waits_before(entry, one.pk, rank, applier.now):
            assignment.wake_heads([one.pk], applier.post, applier.now)
        elif seat := assignment.best_seat(one, applier.conversation, applier.now):
            return _given(applier, held, seat, one.pk)
    hours = Hours.of(_account(applier), group)
    if not hours.is_open(applier.now):
        return routing.Closed(hours.opens(applier.now), hours.text(applier.now))
    return routing.Full()


def _given(applier: Applier, held: Held, seat: Seat, *groups: int, how: str = "") -> routing.Assigned:
    facts.give(applier, held, seat, how)
    assignment.wake_heads({*held.groups, *groups}, applier.post, applier.now)
    return routing.Assigned(seat.as_agent())


@handles(routing.Enqueue)
def enqueue(applier: Applier, action: routing.Enqueue) -> Actions:
    group = SeatGroup.objects.get(slug=action.group)
    held = hold(applier.conversation, group.pk)
    if not (action.left or action.first) and _is_too_long(group, held):
        return action.then(routing.TooLong())
    return action.then(wait(applier, held, group, left=action.left, first=action.first))


def _is_too_long(group: SeatGroup, held: Held) -> bool:
    others = QueueEntry.objects.filter(group=group, left=False).exclude(conversation=held.conversation)
    return bool(group.max_queue) and others.count() >= group.max_queue


def wait(applier: Applier, held: Held, group: SeatGroup, *, left: bool, first: bool = False) -> routing.Waiting:
    """Let the conversation wait for a seat of the group; where it does already, only how it waits changes."""
    conversation, now = applier.conversation, applier.now
    entry, began = held.entry_of(group.pk), False
    leaves = left and not any(one.left for one in held.entries)
    if entry is None:
        rank = queue.rank_of(applier.customer, first=first)
        entry = QueueEntry.objects.create(
            conversation=conversation, group=group, lane=applier.event.lane, account_id=_account(applier), rank=rank,
            left=left, enqueued_at=queue.arrival(group.pk, rank, now), told_at=now,
        )  # fmt: skip
        began = not held.entries
    elif left:
        facts.note_waited(applier, held, facts.LEFT)
        QueueEntry.objects.filter(conversation=conversation).update(left=True)
    conversation.status = Conversation.Status.QUEUED
    conversation.group = group.slug
    conversation.save(update_fields=["status", "group"])
    if began and not left:
        applier.note(Fact.Kind.QUEUED)
    if leaves:
        applier.note(Fact.Kind.LEFT)
    return _waiting(entry, group, left=left)


def _waiting(entry: QueueEntry, group: SeatGroup, *, left: bool) -> routing.Waiting:
    place = queue.place_of(entry)
    return routing.Waiting(place, group.name, queue.expected_wait(group, place), left=left)


@handles(routing.TellPlace)
def tell_place(applier: Applier, action: routing.TellPlace) -> Actions:
    """Of several queues the own group's place is told: the other one may only be sooner."""
    entry = QueueEntry.objects.filter(conversation=applier.conversation, overflowed=False).first()
    if entry is None:
        return []
    group, told = entry.group, entry.told_at
    due = group.retell_seconds and (told is None or (applier.now - told).total_seconds() >= group.retell_seconds)
    if entry.left or not due:
        return []
    QueueEntry.objects.filter(pk=entry.pk).update(told_at=applier.now)
    return action.then(_waiting(entry, group, left=False))


@handles(routing.Overflow)
def overflow(applier: Applier, action: routing.Overflow) -> None:
    own = QueueEntry.objects.filter(conversation=applier.conversation, overflowed=False).select_related("group").first()
    other = own.group.overflow_group if own else None
    if own is None or other is None:
        return
    held = hold(applier.conversation, other.pk)
    if held.entry_of(other.pk) is None:
        QueueEntry.objects.create(
            conversation=applier.conversation, group=other, lane=own.lane, account_id=own.account_id, rank=own.rank,
            left=own.left, enqueued_at=own.enqueued_at, overflowed=True,
        )  # fmt: skip
    assignment.wake_heads([other.pk], applier.post, applier.now)


@handles(routing.Take)
def take(applier: Applier, action: routing.Take) -> Actions:
    seat = Seat.objects.select_related("user").filter(pk=action.agent.id, user__is_active=True).first()
    if seat is None:
        return action.then(routing.Unknown())
    held = hold(applier.conversation, *assignment.groups_of(seat))
    if held.seat and held.seat.pk == seat.pk:
        return action.then(routing.Assigned(seat.as_agent()))
    if not assignment.take_place(seat, applier.now, asked=True):
        return action.then(routing.Full())
    return action.then(_given(applier, held, seat, how=facts.TAKEN if held.seat else ""))


@handles(routing.TakeNext)
def take_next(applier: Applier, action: routing.TakeNext) -> Actions:
    groups = list(SeatGroup.objects.filter(seats=action.agent.id).values_list("pk", flat=True))
    heads = [head for group in groups if (head := queue.waiting(group, applier.now).first())]
    if not heads:
        return action.then(False)
    head = min(heads, key=lambda one: (one.rank, one.enqueued_at, one.pk))
    given = {"actor": action.agent.to_json(), "name": "take", "arguments": {}, "conversation": head.conversation_id}
    applier.post(head.lane, "command", {**given, "quiet": applier.turn.quiet})
    return action.then(True)


@handles(routing.TakeBack)
def take_back(applier: Applier, action: routing.TakeBack) -> Actions:
    held = hold(applier.conversation)
    gone = Seat.objects.select_related("user").filter(pk=held.seat.pk).first() if held.seat else None
    since = gone.presence_at.isoformat() if gone and gone.presence_at else ""
    if gone is None or gone.presence != "offline" or since != action.since:
        return action.then(False)
    facts.let_go(applier, held, facts.GONE)
    return action.then(True)


@handles(routing.Release)
def release(applier: Applier, action: routing.Release) -> None:
    held = hold(applier.conversation)
    facts.let_go(applier, held, facts.ENDED)
    assignment.wake_heads(held.groups, applier.post, applier.now)
