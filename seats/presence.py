"""Heartbeats: seats whose going was never told, because a callback was lost or a browser died, are found out."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bridge import inbox
from bridge.models import Delivery
from bridge.owing import PLATFORM
from bridge.parameters import parameters
from bridge.platforms.base import DeliveryError
from bridge.platforms.registry import get_platform
from seats.models import Connection, Seat

logger = logging.getLogger(__name__)


def expire_desks(now: datetime) -> int:
    """Tell the lanes of seats whose desk has given no sign of life for PRESENCE_TIMEOUT seconds. Returns how many."""
    silent = Connection.objects.filter(
        client__startswith=Connection.DESK, seen_at__lt=now - timedelta(seconds=parameters.PRESENCE_TIMEOUT)
    )
    found = silent.values_list("pk", "seat__im_user_id", "client", "seen_at")
    return sum(
        _tell(im_id, client, online=False, key=f"gone:{pk}:{seen.timestamp()}") for pk, im_id, client, seen in found
    )


def check_platform(now: datetime) -> int:
    """Ask Tencent IM who is connected, and tell the lanes of seats that we know otherwise. Returns how many.

    Where it does not answer, nothing is known and nothing changes.
    """
    seats = list(Seat.objects.filter(user__is_active=True).prefetch_related("connections"))
    try:
        present = get_platform(PLATFORM[Delivery.Direction.SEAT.value]).present([seat.im_user_id for seat in seats])
    except DeliveryError as error:
        logger.warning("Tencent IM does not tell who is online (%s)", error.code)
        return 0
    return sum(_check(seat, present[seat.im_user_id], now) for seat in seats if seat.im_user_id in present)


def _check(seat: Seat, clients: tuple[str, ...], now: datetime) -> bool:
    known = {one.client for one in seat.connections.all() if one.is_platform}
    if known == set(clients):
        Connection.objects.filter(seat=seat, client__in=clients).update(seen_at=now)
        return False
    facts = {"im_id": seat.im_user_id, "clients": list(clients), "asked": now.isoformat()}
    inbox.post(f"seat:{seat.im_user_id}", "presence", facts)
    return True


def beat(seat: Seat, desk: str, now: datetime) -> None:
    """Take in a sign of life of one of the seat's desks; its first one is an event in the seat's lane."""
    if not Connection.objects.filter(seat=seat, client=_client(desk)).update(seen_at=now):
        _tell(seat.im_user_id, _client(desk), online=True)


def leave(seat: Seat, desk: str) -> None:
    """One of the seat's desks was closed."""
    _tell(seat.im_user_id, _client(desk), online=False)


def _client(desk: str) -> str:
    return f"{Connection.DESK}{desk}"[:40]


def _tell(im_id: str, client: str, *, online: bool, key: str = "") -> bool:
    """Tell the seat's lane that a client came or went; False where that was told before with the same key."""
    facts = {"im_id": im_id, "online": online, "client": client}
    return bool(inbox.post(f"seat:{im_id}", "connection", facts, key=key))
