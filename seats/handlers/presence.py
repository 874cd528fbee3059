"""Carries out what changes a seat: its clients come and go, it takes new conversations or not."""

from __future__ import annotations

from datetime import datetime

from django.db.models import ExpressionWrapper, F, FloatField, Min

from bridge import routing
from bridge.apply import Applier, handles
from seats import assignment, facts
from seats.models import Connection, Seat, SeatGroup


def _locked(im_id: str) -> tuple[Seat | None, list[int]]:
    """Return the seat with this IM account and its groups, locked."""
    groups = list(SeatGroup.objects.filter(seats__im_user_id=im_id).values_list("pk", flat=True))
    assignment.lock_groups(groups)
    return Seat.objects.filter(im_user_id=im_id).first(), groups


@handles(routing.ChangePresence)
def change_presence(applier: Applier, action: routing.ChangePresence) -> None:
    seat, groups = _locked(action.im_id)
    if seat is None:
        return
    clients = seat.connections.all()
    if action.online:
        moment = {"since": applier.now, "seen_at": applier.now}
        Connection.objects.update_or_create(seat=seat, client=action.client or Connection.UNKNOWN, defaults=moment)
    elif action.client.startswith(Connection.DESK):
        clients.filter(client=action.client).delete()
    elif action.client:
        # Who logs out takes back what they said by hand.
        clients.filter(client__in=[action.client, Connection.UNKNOWN, Connection.BY_HAND]).delete()
    else:
        clients.exclude(client__startswith=Connection.DESK).delete()
    _settle(applier, seat, groups)


@handles(routing.PresenceSeen)
def presence_seen(applier: Applier, action: routing.PresenceSeen) -> None:
    """What was connected only after the platform had been asked is not its business."""
    seat, groups = _locked(action.im_id)
    if seat is None:
        return
    known = seat.connections.exclude(client__startswith=Connection.DESK).exclude(client=Connection.BY_HAND)
    known.filter(since__lt=action.asked).exclude(client__in=action.clients).delete()
    for client in action.clients:
        moment = {"since": applier.now, "seen_at": applier.now}
        Connection.objects.get_or_create(seat=seat, client=client, defaults=moment)
    _settle(applier, seat, groups)


def _settle(applier: Applier, seat: Seat, groups: list[int]) -> None:
    """Write down whether any client is left; where that makes the seat free for new ones, look who waits."""
    online = seat.connections.exists()
    if online == seat.online:
        return
    facts.note_presence(applier, seat, online=online, availability=seat.availability)
    Seat.objects.filter(pk=seat.pk).update(online=online, presence_at=applier.now)
    if online and seat.availability == Seat.Availability.OPEN:
        _comes_back(applier, seat, groups)


def _comes_back(applier: Applier, seat: Seat, groups: list[int]) -> None:
    Seat.objects.filter(pk=seat.pk, load=0).update(idle_since=applier.now)
    _lift(seat, groups)
    assignment.wake_heads(groups, applier.post, applier.now)


def _lift(seat: Seat, groups: list[int]) -> None:
    """Count as served what the others were given meanwhile: nobody gets all new ones after a holiday."""
    share = ExpressionWrapper(F("served") * 1.0 / F("weight"), output_field=FloatField())
    others = Seat.objects.filter(groups__in=groups, online=True, availability=Seat.Availability.OPEN)
    least = others.exclude(pk=seat.pk).aggregate(least=Min(share))["least"] or 0
    Seat.objects.filter(pk=seat.pk, served__lt=least * seat.weight).update(served=least * seat.weight)


@handles(routing.SetAvailability)
def set_availability(applier: Applier, action: routing.SetAvailability) -> None:
    """Said in a chat with a customer: the seat's own lane writes it down."""
    applier.post(f"seat:{action.im_id}", "availability", {"im_id": action.im_id, "availability": action.availability})


@handles(routing.ChangeAvailability)
def change_availability(applier: Applier, action: routing.ChangeAvailability) -> None:
    seat, groups = _locked(action.im_id)
    if seat is None or action.availability not in Seat.Availability.values:
        return
    online = _by_hand(seat, action.availability, applier.now)
    changes: dict[str, object] = {"availability": action.availability, "online": online}
    if Seat.Availability.OFFLINE in (action.availability, seat.availability) or online != seat.online:
        changes["presence_at"] = applier.now
    before = (seat.online, seat.availability)
    facts.note_presence(applier, seat, online=online, availability=action.availability)
    Seat.objects.filter(pk=seat.pk).update(**changes)
    if action.availability == Seat.Availability.OPEN and before != (True, Seat.Availability.OPEN):
        _comes_back(applier, seat, groups)


def _by_hand(seat: Seat, availability: str, now: datetime) -> bool:
    """Who says that they are here is here, even where no platform tells of their client. Returns whether they are."""
    if availability == Seat.Availability.OFFLINE and seat.connections.filter(client=Connection.BY_HAND).delete()[0]:
        return seat.connections.exists()
    if availability == Seat.Availability.OPEN and not seat.online:
        Connection.objects.get_or_create(seat=seat, client=Connection.BY_HAND, defaults={"since": now, "seen_at": now})
        return True
    return seat.online


@handles(routing.CapacityChanged)
def capacity_changed(applier: Applier, action: routing.CapacityChanged) -> None:
    _seat, groups = _locked(action.im_id)
    assignment.wake_heads(groups, applier.post, applier.now)
