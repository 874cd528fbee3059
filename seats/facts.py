"""What the reports count of seats: who got which conversation and how, who waited, who was there. Written with the event."""

from __future__ import annotations

from datetime import datetime

from bridge.apply import Applier
from bridge.models import Fact
from seats import assignment
from seats.assignment import Held
from seats.models import Seat

# How a seat came to a conversation
DIRECT, QUEUE, LEFT, TRANSFER, TAKEN, BACK = "direct", "queue", "left", "transfer", "taken", "back"
# What else ends a wait or a seat's care
ABANDONED, MOVED, ENDED, GONE = "abandoned", "moved", "ended", "gone"


def let_go(applier: Applier, held: Held, why: str) -> None:
    """Give back all that the conversation occupies, and note what that ends; `why` is for the seat's part."""
    if held.assignment:
        applier.note(
            Fact.Kind.RELEASED, began_at=held.assignment.assigned_at, seat_id=held.assignment.seat_id, detail=why
        )
    note_waited(applier, held, {ENDED: ABANDONED, TRANSFER: MOVED}.get(why, QUEUE))
    held.let_go(applier.now)


def note_waited(applier: Applier, held: Held, outcome: str) -> None:
    """Note that the wait is over; who has left a message does not wait for an answer, and is not counted again."""
    if not held.entries:
        return
    if all(entry.left for entry in held.entries):
        if outcome == ABANDONED:
            applier.note(Fact.Kind.WAITED, detail=LEFT)
        return
    began = min(entry.enqueued_at for entry in held.entries)
    applier.note(Fact.Kind.WAITED, began_at=began, detail=outcome)


def give(applier: Applier, held: Held, seat: Seat, how: str = "", *, group: str = "") -> None:
    """Give the conversation to the seat, whose place was taken, and note how it came there.

    Without `how` it is the first seat's: straight away, out of the queue, or because of a message that was left. What
    ends with it counts for the group it was in, what begins for `group`, if that is another one.
    """
    how = how or _first_way(held)
    let_go(applier, held, how)
    assignment.give(applier.conversation, seat, applier.now, group)
    waited = applier.noted(Fact.Kind.WAITED)
    seconds = {DIRECT: 0.0, QUEUE: waited.seconds if waited else None}.get(how)
    applier.note(Fact.Kind.ASSIGNED, seat_id=seat.pk, detail=how, seconds=seconds)


def _first_way(held: Held) -> str:
    if not held.entries:
        return DIRECT
    return LEFT if all(entry.left for entry in held.entries) else QUEUE


def note_presence(applier: Applier, seat: Seat, *, online: bool, availability: str) -> None:
    """Note the end of the seat's state where another one begins now."""
    if fact := presence_ended(seat, (seat.online, seat.availability), (online, availability), applier.now):
        applier.add(fact)


def presence_ended(seat: Seat, before: tuple[bool, str], after: tuple[bool, str], now: datetime) -> Fact | None:
    """Begin the seat's new state; return the fact that the one before ended, None where it goes on or was not known.

    A state is whether the seat is online, and its availability.
    """
    was, since = state_of(*before), seat.state_at
    if state_of(*after) == was:
        return None
    Seat.objects.filter(pk=seat.pk).update(state_at=now)
    if since is None:
        return None
    seconds = max(0.0, (now - since).total_seconds())
    return Fact(kind=Fact.Kind.PRESENCE, at=now, began_at=since, seat_id=seat.pk, detail=was, seconds=seconds)


def state_of(online: bool, availability: str) -> str:
    """Return "open", "busy", "away" or "offline"."""
    return availability if online else Seat.Availability.OFFLINE.value
