"""Carries out what changes a seat: its clients come and go, it takes new conversations or not."""

from __future__ import annotations

from datetime import datetime

from django.db.models import ExpressionWrapper, F, FloatField, Min
from django.utils.translation import gettext as _

from bridge.apply.scene import Scene, handles
from bridge.pipeline import serving
from bridge.values.agents import seat_lane
from seats.events import AvailabilityChosen
from seats.models import Connection, Seat, SeatGroup
from seats.routing import assignment, records


def _locked(im_id: str) -> tuple[Seat | None, list[int]]:
    """Return the seat with this IM account and its groups, locked."""
    groups = list(SeatGroup.objects.filter(seats__im_user_id=im_id).values_list("pk", flat=True))
    assignment.lock_groups(groups)
    return Seat.objects.select_related("user").filter(im_user_id=im_id).first(), groups


@handles(serving.ChangePresence)
def change_presence(scene: Scene, action: serving.ChangePresence) -> None:
    """A client of "" stands for all clients of the platform. The seat's groups are locked: it may be free for new ones now."""
    seat, groups = _locked(action.im_id)
    if seat is None:
        scene.turn.drop(_("%s is not a seat") % action.im_id[:60])
        return
    clients = seat.connections.all()
    if action.online:
        moment = {"since": scene.now, "seen_at": scene.now}
        Connection.objects.update_or_create(seat=seat, client=action.client or Connection.UNKNOWN, defaults=moment)
    elif action.client.startswith(Connection.DESK):
        clients.filter(client=action.client).delete()
    elif action.client:
        # A seat that logs out takes back what it said by hand.
        clients.filter(client__in=[action.client, Connection.UNKNOWN, Connection.BY_HAND]).delete()
    else:
        clients.exclude(client__startswith=Connection.DESK).delete()
    _settle(scene, seat, groups)


@handles(serving.PresenceSeen)
def presence_seen(scene: Scene, action: serving.PresenceSeen) -> None:
    """What was connected only after the platform had been asked is not its business."""
    seat, groups = _locked(action.im_id)
    if seat is None:
        return
    known = seat.connections.exclude(client__startswith=Connection.DESK).exclude(client=Connection.BY_HAND)
    known.filter(since__lt=action.asked).exclude(client__in=action.clients).delete()
    for client in action.clients:
        moment = {"since": scene.now, "seen_at": scene.now}
        Connection.objects.get_or_create(seat=seat, client=client, defaults=moment)
    _settle(scene, seat, groups)


def _settle(scene: Scene, seat: Seat, groups: list[int]) -> None:
    """Write down whether any client is left; where that makes the seat free for new ones, look who waits.

    A seat whose user may no longer work here has none, whatever its clients say.
    """
    if not seat.user.is_active:
        seat.connections.all().delete()
    online = seat.connections.exists()
    if online == seat.online:
        return
    records.record_presence(scene, seat, online=online, availability=seat.availability)
    Seat.objects.filter(pk=seat.pk).update(online=online, presence_at=scene.now)
    scene.journal.seat_changed(seat.pk)
    if online and seat.availability == Seat.Availability.OPEN:
        _comes_back(scene, seat, groups)


def _comes_back(scene: Scene, seat: Seat, groups: list[int]) -> None:
    Seat.objects.filter(pk=seat.pk, load=0).update(idle_since=scene.now)
    _lift(seat, groups)
    assignment.wake_heads(groups, scene.post, scene.now)


def _lift(seat: Seat, groups: list[int]) -> None:
    """Count as served what the others were given meanwhile: nobody gets all new ones after a holiday."""
    share = ExpressionWrapper(F("served") * 1.0 / F("weight"), output_field=FloatField())
    others = Seat.objects.filter(groups__in=groups, online=True, availability=Seat.Availability.OPEN)
    least = others.exclude(pk=seat.pk).aggregate(least=Min(share))["least"] or 0
    Seat.objects.filter(pk=seat.pk, served__lt=least * seat.weight).update(served=least * seat.weight)


@handles(serving.SetAvailability)
def set_availability(scene: Scene, action: serving.SetAvailability) -> None:
    """Said in a chat with a customer: the seat's own lane writes it down."""
    scene.post(seat_lane(action.im_id), AvailabilityChosen(action.im_id, action.availability))


@handles(serving.ChangeAvailability)
def change_availability(scene: Scene, action: serving.ChangeAvailability) -> None:
    """Where no platform tells of its clients, a seat that says it is open is online by its own word, until it signs off."""
    seat, groups = _locked(action.im_id)
    if seat is None or action.availability not in Seat.Availability.values:
        return
    online = _by_hand(seat, action.availability, scene.now)
    changes: dict[str, object] = {"availability": action.availability, "online": online}
    if Seat.Availability.OFFLINE in (action.availability, seat.availability) or online != seat.online:
        changes["presence_at"] = scene.now
    before = (seat.online, seat.availability)
    records.record_presence(scene, seat, online=online, availability=action.availability)
    Seat.objects.filter(pk=seat.pk).update(**changes)
    scene.journal.seat_changed(seat.pk)
    if action.availability == Seat.Availability.OPEN and before != (True, Seat.Availability.OPEN):
        _comes_back(scene, seat, groups)


def _by_hand(seat: Seat, availability: str, now: datetime) -> bool:
    """Take a seat at its word where it says that it is here or gone. Return whether it is online now."""
    if availability == Seat.Availability.OFFLINE and seat.connections.filter(client=Connection.BY_HAND).delete()[0]:
        return seat.connections.exists()
    if availability == Seat.Availability.OPEN and not seat.online:
        Connection.objects.get_or_create(seat=seat, client=Connection.BY_HAND, defaults={"since": now, "seen_at": now})
        return True
    return seat.online


@handles(serving.CapacityChanged)
def capacity_changed(scene: Scene, action: serving.CapacityChanged) -> None:
    """The heads of its groups' queues are woken, and its desks show it as staff have made it; here it stays as it is."""
    seat, groups = _locked(action.im_id)
    assignment.wake_heads(groups, scene.post, scene.now)
    if seat:
        scene.journal.seat_changed(seat.pk)
