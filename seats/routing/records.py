"""What the reports count of seats: who got which conversation and how, who waited, who was there. Written with the event."""

from __future__ import annotations

from datetime import datetime

from bridge.apply.scene import Scene
from bridge.models import Fact
from bridge.values.agents import directory
from seats.models import Assignment, Seat
from seats.routing import assignment, statements
from seats.routing.assignment import Occupancy

# How a seat came to a conversation. PASSED: another seat had it before, and had left it, or had sent it to a queue.
DIRECT, QUEUE, LEFT, TRANSFER, TAKEN, BACK, PASSED = "direct", "queue", "left", "transfer", "taken", "back", "passed"
# What else ends a wait or a seat's care
ABANDONED, MOVED, ENDED, GONE = "abandoned", "moved", "ended", "gone"


def let_go(scene: Scene, occupancy: Occupancy, why: str) -> None:
    """Give back all that the conversation occupies, and note what that ends; `why` is for the seat's part."""
    if occupancy.assignment:
        scene.journal.fact(
            Fact.Kind.RELEASED,
            began_at=occupancy.assignment.assigned_at,
            seat_id=occupancy.assignment.seat_id,
            detail=why,
        )
    if occupancy.entries:
        record_waited(scene, occupancy, {ENDED: ABANDONED, TRANSFER: MOVED}.get(why, QUEUE))
    occupancy.let_go(scene.now, why)
    scene.changed("status")


def record_waited(scene: Scene, occupancy: Occupancy, outcome: str) -> None:
    """Record that a conversation with entries in queues waits no more; one that was left a message in did not wait."""
    if all(entry.left for entry in occupancy.entries):
        if outcome == ABANDONED:
            scene.journal.fact(Fact.Kind.WAITED, detail=LEFT)
        return
    began = min(entry.enqueued_at for entry in occupancy.entries)
    account = scene.account_id
    working = directory().working_seconds(account, scene.conversation.group, began, scene.now)
    scene.journal.fact(Fact.Kind.WAITED, began_at=began, detail=outcome, working=working)


def assign(scene: Scene, occupancy: Occupancy, seat: Seat, how: str = "", *, group: str = "") -> None:
    """Give the conversation to the seat, whose place was taken, and note how it came there.

    Without `how` nobody has it now: it comes straight away, out of the queue, or because of a message that was left. What
    ends with it counts for the group it was in, what begins for `group`, if that is another one.
    """
    conversation = scene.conversation
    since = conversation.reopened_at or conversation.opened_at
    # Nobody has had a conversation that this event has opened.
    had = not how and not scene.is_new
    last = statements.last_assignment.first(conversation=conversation.pk) if had else None
    # Who had it before it was closed and reopened has left nothing.
    before = last if last and last.assigned_at >= since else None
    how = how or _way(occupancy, before, seat, goes_on=last is not None and last.seat_id == seat.pk)
    let_go(scene, occupancy, how)
    if before and how == PASSED and before.ended != TRANSFER:
        scene.journal.fact(Fact.Kind.PASSED, seat_id=before.seat_id)
    assignment.assign(conversation, seat, scene.now, group)
    scene.changed("status", "group")
    _record_assigned(scene, occupancy, seat, how)


def _way(occupancy: Occupancy, before: Assignment | None, seat: Seat, *, goes_on: bool) -> str:
    if before and before.seat_id != seat.pk:
        return PASSED
    if not occupancy.entries:
        return BACK if goes_on else DIRECT
    return LEFT if all(entry.left for entry in occupancy.entries) else QUEUE


def _record_assigned(scene: Scene, occupancy: Occupancy, seat: Seat, how: str) -> None:
    """Note that the seat has it, and how long a customer who waited for an answer, or who got a seat at once, had to wait."""
    waited = scene.journal.last(Fact.Kind.WAITED) if occupancy.entries and how in (QUEUE, PASSED) else None
    began = waited.began_at if waited else scene.now if how == DIRECT else None
    account = scene.account_id
    group, working = scene.conversation.group, None
    if began:
        working = directory().working_seconds(account, group, began, scene.now) if waited else 0.0
    scene.journal.fact(Fact.Kind.ASSIGNED, began_at=began, seat_id=seat.pk, detail=how, working=working)


def record_presence(scene: Scene, seat: Seat, *, online: bool, availability: str) -> None:
    """Note the end of the seat's state where another one begins now."""
    if fact := presence_ended(seat, (seat.online, seat.availability), (online, availability), scene.now):
        scene.journal.add(fact)


def presence_ended(seat: Seat, before: tuple[bool, str], after: tuple[bool, str], now: datetime) -> Fact | None:
    """Begin the seat's new state; return the fact that the one before ended, None where it goes on or was not known.

    A state is whether the seat is online, and its availability.
    """
    was, since = state_of(*before), seat.state_at
    if state_of(*after) == was:
        return None
    Seat.objects.filter(pk=seat.pk).update(state_at=now)
    return presence_fact(seat, was, since, now) if since else None


def presence_fact(seat: Seat, state: str, since: datetime, now: datetime) -> Fact:
    """Return the fact that the seat was in this state from `since` to `now`, for the groups it is in."""
    seconds = max(0.0, (now - since).total_seconds())
    return Fact(
        kind=Fact.Kind.PRESENCE,
        at=now,
        began_at=since,
        seat_id=seat.pk,
        detail=state,
        seconds=seconds,
        value=seat.team(),
    )


def state_of(online: bool, availability: str) -> str:
    """Return "open", "busy", "away" or "offline"."""
    return availability if online else Seat.Availability.OFFLINE.value
