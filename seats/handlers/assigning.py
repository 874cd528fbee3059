"""Carries out what gives a conversation to a seat, or lets it wait for one."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.apply.handlers.conversations import reopen_conversation
from bridge.apply.scene import Scene, handles
from bridge.inbox.events import CommandGiven
from bridge.models import Conversation, Fact
from bridge.pipeline import serving
from bridge.pipeline.actions import Action, Effect, ReopenConversation
from seats.models import QueueEntry, Seat, SeatGroup
from seats.routing import assignment, queue, records, statements
from seats.routing.assignment import Occupancy, occupied
from seats.routing.opening import Hours

Actions = Iterable[Action]


@handles(serving.Assign)
def assign(scene: Scene, action: serving.Assign) -> Actions:
    """Under the locks of all groups concerned. What the conversation occupied before is given back with it."""
    group = statements.group_called.first(slug=action.group)
    if group is None:
        return action.then(serving.Unknown())
    occupancy = occupied(scene.conversation, group.pk)
    outcome = _to_known(scene, occupancy, action.to) if action.to else None
    outcome = outcome or _to_best(scene, occupancy, group, action)
    if isinstance(outcome, serving.Full) and action.leaving and _stays(scene, occupancy, group, action.leaving):
        outcome = serving.Assigned(occupancy.seat.as_agent())  # type: ignore[union-attr]
    return action.then(outcome)


def _stays(scene: Scene, occupancy: Occupancy, group: SeatGroup, leaving: int) -> bool:
    """Tell whether the seat would be given the conversation again as soon as it has left it."""
    seat = queue.online(group.pk).filter(pk=leaving, availability=Seat.Availability.OPEN)
    return occupancy.seat_id == leaving and seat.exists() and not queue.waiting(group.pk, scene.now).exists()


def _to_known(scene: Scene, occupancy: Occupancy, seat_id: int) -> serving.Outcome | None:
    """Give it to the seat that had it before, or whose code led the customer here, whoever waits."""
    seat = Seat.objects.select_related("user").filter(pk=seat_id, user__is_active=True).first()
    if seat and assignment.take_place(seat, scene.now):
        how = records.DIRECT if scene.is_new else records.BACK
        return _given(scene, occupancy, seat, how=how)
    return None


def _to_best(scene: Scene, occupancy: Occupancy, group: SeatGroup, action: serving.Assign) -> serving.Outcome:
    """Ask the groups it may be served by, its own before the one it overflowed to."""
    others = {entry.group_id for entry in occupancy.entries} - {group.pk}
    also = SeatGroup.objects.filter(pk__in=others).order_by("pk") if others else ()
    for one in [group, *also]:
        if not Hours.of(scene.account_id, one).is_open(scene.now):
            continue
        entry = occupancy.entry_of(one.pk)
        if assignment.waits_before(entry, one.pk, scene.standing.customer, scene.now, first=action.first):
            assignment.wake_heads([one.pk], scene.post, scene.now)
        elif seat := assignment.best_seat(one, scene.conversation, scene.now, but=action.leaving):
            return _given(scene, occupancy, seat, one.pk, group=group.slug)
    hours = Hours.of(scene.account_id, group)
    if not hours.is_open(scene.now):
        return serving.Closed(hours.opens(scene.now), hours.text(scene.now))
    return serving.Full()


def _given(
    scene: Scene, occupancy: Occupancy, seat: Seat, *groups: int, how: str = "", group: str = ""
) -> serving.Assigned:
    records.assign(scene, occupancy, seat, how, group=group)
    assignment.wake_heads({*occupancy.groups, *groups}, scene.post, scene.now)
    return serving.Assigned(seat.as_agent())


@handles(serving.Enqueue)
def enqueue(scene: Scene, action: serving.Enqueue) -> Actions:
    """Under the lock of the group. Where the conversation waits there already, it keeps its place."""
    group = SeatGroup.objects.get(slug=action.group)
    occupancy = occupied(scene.conversation, group.pk)
    if not (action.left or action.first) and _is_too_long(group, occupancy):
        return action.then(serving.TooLong())
    return action.then(wait(scene, occupancy, group, left=action.left, first=action.first))


def _is_too_long(group: SeatGroup, occupancy: Occupancy) -> bool:
    others = QueueEntry.objects.filter(group=group, left=False).exclude(conversation=occupancy.conversation)
    return bool(group.max_queue) and others.count() >= group.max_queue


def wait(scene: Scene, occupancy: Occupancy, group: SeatGroup, *, left: bool, first: bool = False) -> serving.Queued:
    """Let the conversation wait for a seat of the group; where it does already, only how it waits changes."""
    conversation, now = scene.conversation, scene.now
    entry, began = occupancy.entry_of(group.pk), False
    leaves = left and not any(one.left for one in occupancy.entries)
    if entry is None:
        rank = queue.rank_of(scene.standing.customer, first=first)
        entry = QueueEntry.objects.create(
            conversation=conversation, group=group, lane=scene.lane, account_id=scene.account_id, rank=rank,
            left=left, enqueued_at=queue.arrival(group.pk, rank, now), told_at=now,
        )  # fmt: skip
        began = not occupancy.entries
    elif left:
        records.record_waited(scene, occupancy, records.LEFT)
        QueueEntry.objects.filter(conversation=conversation).update(left=True)
    conversation.status = Conversation.Status.QUEUED
    conversation.group = group.slug
    scene.changed("status", "group")
    if began and not left:
        scene.journal.fact(Fact.Kind.QUEUED)
    if leaves:
        scene.journal.fact(Fact.Kind.LEFT)
    return _waiting(entry, group, left=left)


def _waiting(entry: QueueEntry, group: SeatGroup, *, left: bool) -> serving.Queued:
    place = queue.place_of(entry)
    return serving.Queued(place, group.name, queue.expected_wait(group, place), left=left)


@handles(serving.NotifyOfPlace)
def notify_of_place(scene: Scene, action: serving.NotifyOfPlace) -> Actions:
    """Of several queues the own group's place is told: the other one may only be sooner."""
    entry = QueueEntry.objects.filter(conversation=scene.conversation, overflowed=False).first()
    if entry is None:
        return []
    group, told = entry.group, entry.told_at
    due = group.retell_seconds and (told is None or (scene.now - told).total_seconds() >= group.retell_seconds)
    if entry.left or not due:
        return []
    QueueEntry.objects.filter(pk=entry.pk).update(told_at=scene.now)
    return action.then(_waiting(entry, group, left=False))


@handles(serving.Overflow)
def overflow(scene: Scene, action: serving.Overflow) -> None:
    """The second entry has the arrival of the first, so that the customer is not passed there either."""
    own = QueueEntry.objects.filter(conversation=scene.conversation, overflowed=False).select_related("group").first()
    other = own.group.overflow_group if own else None
    if own is None or other is None:
        return
    occupancy = occupied(scene.conversation, other.pk)
    if occupancy.entry_of(other.pk) is None:
        QueueEntry.objects.create(
            conversation=scene.conversation, group=other, lane=own.lane, account_id=own.account_id, rank=own.rank,
            left=own.left, enqueued_at=own.enqueued_at, overflowed=True,
        )  # fmt: skip
    assignment.wake_heads([other.pk], scene.post, scene.now)


@handles(serving.Take)
def take(scene: Scene, action: serving.Take) -> Actions:
    """Whoever has it loses it, and the heads of the queues that get a place by this are woken."""
    seat = Seat.objects.select_related("user").filter(pk=action.agent.id, user__is_active=True).first()
    if seat is None:
        return action.then(serving.Unknown())
    occupancy = occupied(scene.conversation, *assignment.groups_of(seat))
    if occupancy.seat_id == seat.pk:
        return action.then(serving.Assigned(seat.as_agent()))
    if not assignment.take_place(seat, scene.now, asked=True):
        return action.then(serving.Full())
    return action.then(_given(scene, occupancy, seat, how=records.TAKEN if occupancy.seat_id else ""))


@handles(serving.TakeUp)
def take_up(scene: Scene, action: serving.TakeUp) -> Actions:
    """The place is taken first: without one, nothing is opened."""
    seat = Seat.objects.select_related("user").filter(pk=action.agent.id, user__is_active=True).first()
    if seat is None:
        return action.then(serving.Unknown())
    groups = assignment.groups_of(seat)
    assignment.lock_groups(groups)
    if not assignment.take_place(seat, scene.now, asked=True):
        return action.then(serving.Full())
    reopen_conversation(scene, ReopenConversation(action.conversation, "send"))
    occupancy = Occupancy(scene.conversation, None, None, [], groups)
    return action.then(_given(scene, occupancy, seat, how=records.BACK))


@handles(serving.TakeNext)
def take_next(scene: Scene, action: serving.TakeNext) -> Actions:
    """The customer's lane gives it to them, if they may have it by then: another lane is not written in."""
    groups = list(SeatGroup.objects.filter(seats=action.agent.id).values_list("pk", flat=True))
    head = queue.head(groups, scene.now)
    if head is None:
        return action.then(Effect.NONE)
    scene.post(head.lane, CommandGiven(scene.turn.author, "take", {}, head.conversation_id))
    return action.then(Effect.DONE)


@handles(serving.TakeBack)
def take_back(scene: Scene, action: serving.TakeBack) -> Actions:
    """Only where the seat is offline since the moment that the timer saw; it may have come back and gone again."""
    occupancy = occupied(scene.conversation)
    gone = occupancy.seat
    if gone is None or gone.presence != "offline" or gone.presence_at != action.since:
        return action.then(Effect.NONE)
    records.let_go(scene, occupancy, records.GONE)
    return action.then(Effect.DONE)


@handles(serving.Release)
def release(scene: Scene, action: serving.Release) -> None:
    """The place is free at once: the heads of the queues are woken in this transaction."""
    occupancy = occupied(scene.conversation)
    records.let_go(scene, occupancy, records.ENDED)
    assignment.wake_heads(occupancy.groups, scene.post, scene.now)
