"""Heartbeats: seats whose going was never told, because a callback was lost or a browser died, are found out."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bridge.inbox import storing
from bridge.live.parameters import parameters
from bridge.platforms.registry import seats_platform
from bridge.values.agents import seat_lane
from bridge.values.outcomes import DeliveryError
from seats.events import ClientChanged, ClientsSeen
from seats.models import Connection, Seat

logger = logging.getLogger(__name__)


def expire_desks(now: datetime) -> int:
    """Tell the lanes of seats whose desk has given no sign of life for PRESENCE_TIMEOUT seconds. Returns how many."""
    silent = Connection.objects.filter(
        client__startswith=Connection.DESK, seen_at__lt=now - timedelta(seconds=parameters.PRESENCE_TIMEOUT)
    )
    found = silent.values_list("pk", "seat__im_user_id", "client", "seen_at")
    return sum(
        _post(im_id, client, online=False, key=f"gone:{pk}:{seen.timestamp()}") for pk, im_id, client, seen in found
    )


def sign_off_inactive() -> int:
    """Tell the lanes of seats that are online although their user was switched off. Returns how many."""
    gone = Seat.objects.filter(online=True, user__is_active=False).values_list("pk", "im_user_id", "presence_at")
    return sum(_post(im_id, "", online=False, key=f"inactive:{pk}:{since}") for pk, im_id, since in gone)


def check_platform(now: datetime) -> int:
    """Ask the seats' platform who is connected, and tell the lanes of seats that we know otherwise. Returns how many.

    Where it does not answer, nothing is known and nothing changes.
    """
    seats = list(Seat.objects.filter(user__is_active=True).prefetch_related("connections"))
    try:
        present = seats_platform().present([seat.im_user_id for seat in seats])
    except DeliveryError as error:
        logger.warning("%s does not tell who is online (%s)", seats_platform().name, error.code)
        return 0
    return sum(_check(seat, present[seat.im_user_id], now) for seat in seats if seat.im_user_id in present)


def _check(seat: Seat, clients: tuple[str, ...], now: datetime) -> bool:
    known = {one.client for one in seat.connections.all() if one.is_platform}
    if known == set(clients):
        Connection.objects.filter(seat=seat, client__in=clients).update(seen_at=now)
        return False
    storing.post(seat_lane(seat.im_user_id), ClientsSeen(seat.im_user_id, clients, now))
    return True


def beat(seat: Seat, desk: str, now: datetime) -> None:
    """Take in a sign of life of one of the seat's desks; its first one is an event in the seat's lane."""
    if not Connection.objects.filter(seat=seat, client=_client(desk)).update(seen_at=now):
        _post(seat.im_user_id, _client(desk), online=True)


def leave(seat: Seat, desk: str) -> None:
    """One of the seat's desks was closed."""
    _post(seat.im_user_id, _client(desk), online=False)


def _client(desk: str) -> str:
    return f"{Connection.DESK}{desk}"[:40]


def _post(im_id: str, client: str, *, online: bool, key: str = "") -> bool:
    """Tell the seat's lane that a client came or went; False where that was told before with the same key."""
    return bool(storing.post(seat_lane(im_id), ClientChanged(im_id, online, client), key=key))
