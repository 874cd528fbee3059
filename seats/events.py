"""Events of a seat's own lane: its clients come and go, it takes new conversations or not, it has more room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_noop

from bridge.inbox.events import Event
from bridge.pipeline.filters.base import Proceed
from bridge.pipeline.filters.internal import reacts_to
from bridge.pipeline.serving import CapacityChanged, ChangeAvailability, ChangePresence, PresenceSeen
from bridge.pipeline.turn import Turn


@dataclass(frozen=True)
class AvailabilityChosen(Event):
    """The seat says whether it takes new conversations; `availability` is one of Seat.Availability."""

    kind = "availability"
    title = gettext_noop("the seat changes its availability")

    im_id: str
    availability: str


@dataclass(frozen=True)
class RoomChanged(Event):
    """Staff changed the seat: it may have room that it had not."""

    kind = "capacity"
    title = gettext_noop("the seat was changed")

    im_id: str


@dataclass(frozen=True)
class ClientChanged(Event):
    """One of the seat's clients came or went."""

    kind = "connection"
    title = gettext_noop("a client of the seat came or went")

    im_id: str
    online: bool
    client: str


@dataclass(frozen=True)
class ClientsSeen(Event):
    """All clients of the seat that its platform saw when it was asked, at `asked`."""

    kind = "presence"
    title = gettext_noop("the seat's clients were seen")

    im_id: str
    clients: tuple[str, ...]
    asked: datetime


@reacts_to(AvailabilityChosen)
def _availability(turn: Turn, event: AvailabilityChosen, proceed: Proceed) -> None:
    turn.do(ChangeAvailability(event.im_id, event.availability))


@reacts_to(RoomChanged)
def _room(turn: Turn, event: RoomChanged, proceed: Proceed) -> None:
    turn.do(CapacityChanged(event.im_id))


@reacts_to(ClientChanged)
def _client(turn: Turn, event: ClientChanged, proceed: Proceed) -> None:
    turn.do(ChangePresence(event.im_id, event.online, event.client))


@reacts_to(ClientsSeen)
def _clients(turn: Turn, event: ClientsSeen, proceed: Proceed) -> None:
    turn.do(PresenceSeen(event.im_id, event.clients, event.asked))
