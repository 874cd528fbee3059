"""Carries out the seats' actions; called by `bridge.apply` inside the event's transaction."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from bridge import actions
from bridge.apply import Applier, handles
from bridge.models import Conversation
from seats import assignment, queue
from seats.models import QueueEntry, Seat, SeatGroup

Actions = Iterable[actions.Action]


@handles(actions.Assign)
def assign(applier: Applier, action: actions.Assign) -> Actions:
    group = SeatGroup.objects.filter(slug=action.group).first()
    if group is None:
        return action.then(actions.Unknown())
    assignment.lock_groups([group.pk])
    if assignment.waits_before(applier.conversation, group.pk):
        assignment.wake_heads([group.pk], applier.post)
        return action.then(actions.Full())
    return action.then(_give_best(applier, group))


def _give_best(applier: Applier, group: SeatGroup, but: int | None = None) -> actions.Outcome:
    for seat in assignment.free_seats(group, applier.now, applier.conversation, but=but):
        if assignment.take_place(seat, applier.now):
            assignment.give(applier.conversation, seat, applier.now)
            assignment.wake_heads([group.pk], applier.post)
            return actions.Assigned(seat.as_agent())
    return actions.Full()


@handles(actions.Enqueue)
def enqueue(applier: Applier, action: actions.Enqueue) -> Actions:
    group = SeatGroup.objects.get(slug=action.group)
    assignment.lock_groups([group.pk])
    return action.then(_wait(applier, group))


def _wait(applier: Applier, group: SeatGroup) -> actions.Waiting:
    conversation = applier.conversation
    entry, _created = QueueEntry.objects.get_or_create(
        conversation=conversation,
        defaults={"group": group, "lane": applier.event.lane, "enqueued_at": applier.now},
    )
    conversation.status = Conversation.Status.QUEUED
    conversation.group = group.slug
    conversation.save(update_fields=["status", "group"])
    return actions.Waiting(queue.place_of(entry), group.name)


@handles(actions.Transfer)
def transfer(applier: Applier, action: actions.Transfer) -> Actions:
    seat, group = _target(action.target)
    if seat is None and group is None:
        return action.then(actions.Unknown())
    current = assignment.current_seat(applier.conversation)
    concerned = [group.pk] if group else []
    before = assignment.groups_of(current) if current else []
    assignment.lock_groups([*concerned, *before])
    outcome = _to_seat(applier, seat, current) if seat else _to_group(applier, group, current)  # type: ignore[arg-type]
    if not isinstance(outcome, actions.Full):
        assignment.wake_heads(before, applier.post)
    return action.then(outcome)


def _target(name: str) -> tuple[Seat | None, SeatGroup | None]:
    """Find a seat by user name, IM account or full name, else a group by slug or name."""
    wanted = name.strip().lstrip("@")
    seats = Seat.objects.select_related("user").filter(user__is_active=True)
    seat = seats.filter(Q(user__username=wanted) | Q(im_user_id=wanted)).first()
    if seat is None:
        named = [one for one in seats.exclude(user__first_name="") if one.user.get_full_name() == wanted]
        seat = named[0] if len(named) == 1 else None
    group = None if seat else SeatGroup.objects.filter(Q(slug=wanted) | Q(name=wanted)).first()
    return seat, group


def _to_seat(applier: Applier, seat: Seat, current: Seat | None) -> actions.Outcome:
    if current and current.pk == seat.pk:
        return actions.Assigned(seat.as_agent())
    if not assignment.take_place(seat, applier.now):
        return actions.Full()
    _leave(applier, current)
    assignment.give(applier.conversation, seat, applier.now)
    return actions.Assigned(seat.as_agent())


def _to_group(applier: Applier, group: SeatGroup, current: Seat | None) -> actions.Outcome:
    """Give it to another seat of the group; where all are busy, let the customer wait there."""
    _leave(applier, current)
    applier.conversation.group = group.slug
    applier.conversation.save(update_fields=["group"])
    if not assignment.waits_before(applier.conversation, group.pk):
        outcome = _give_best(applier, group, but=current.pk if current else None)
        if isinstance(outcome, actions.Assigned):
            return outcome
    return _wait(applier, group)


def _leave(applier: Applier, current: Seat | None) -> None:
    if current:
        assignment.release(applier.conversation, current, applier.now)
    QueueEntry.objects.filter(conversation=applier.conversation).delete()


@handles(actions.Release)
def release(applier: Applier, action: actions.Release) -> None:
    seat = assignment.current_seat(applier.conversation)
    entry = QueueEntry.objects.filter(conversation=applier.conversation).first()
    groups = assignment.groups_of(seat) if seat else []
    if entry:
        groups.append(entry.group_id)
    assignment.lock_groups(groups)
    _leave(applier, seat)
    assignment.wake_heads(groups, applier.post)


@handles(actions.ChangePresence)
def change_presence(applier: Applier, action: actions.ChangePresence) -> None:
    groups = _lock_groups_of(action.im_id)
    seats = Seat.objects.filter(im_user_id=action.im_id)
    if action.online:
        seats.filter(load=0).exclude(online=True).update(idle_since=applier.now)
    seats.update(online=action.online, presence_at=applier.now)
    if action.online:
        assignment.wake_heads(groups, applier.post)


@handles(actions.SetAvailability)
def set_availability(applier: Applier, action: actions.SetAvailability) -> None:
    """Said in a chat with a customer: the seat's own lane writes it down."""
    applier.post(f"seat:{action.im_id}", "availability", {"im_id": action.im_id, "availability": action.availability})


@handles(actions.ChangeAvailability)
def change_availability(applier: Applier, action: actions.ChangeAvailability) -> None:
    groups = _lock_groups_of(action.im_id)
    Seat.objects.filter(im_user_id=action.im_id).update(availability=action.availability)
    if action.availability == Seat.Availability.OPEN:
        assignment.wake_heads(groups, applier.post)


@handles(actions.CapacityChanged)
def capacity_changed(applier: Applier, action: actions.CapacityChanged) -> None:
    assignment.wake_heads(_lock_groups_of(action.im_id), applier.post)


def _lock_groups_of(im_id: str) -> list[int]:
    """Lock the groups of the seat with this IM account; none where there is no such seat."""
    groups = list(SeatGroup.objects.filter(seats__im_user_id=im_id).values_list("pk", flat=True))
    assignment.lock_groups(groups)
    return groups


@handles(actions.ReportQueue)
def report_queue(applier: Applier, action: actions.ReportQueue) -> Actions:
    if action.agent:
        groups = list(SeatGroup.objects.filter(seats=action.agent.id))
        return action.then([queue.line(group, applier.now) for group in groups])
    entry = QueueEntry.objects.filter(conversation=applier.conversation).select_related("group").first()
    return action.then([queue.line(entry.group, applier.now, entry)] if entry else [])
