"""Deliveries that are owed: made out of content, one per API call the platform needs for it; or made once more."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from bridge.models import Delivery, Endpoint
from bridge.platforms.base import Platform
from bridge.platforms.registry import get_platform, seats_platform
from bridge.values.content import Content, Notice, TemplateMessage, Typing


def to_customer(content: Content, account: Endpoint, now: datetime, **fields: Any) -> list[Delivery]:
    """Return the unsaved deliveries that carry `content` to a customer of `account`, in order; due now unless `fields` say when."""
    notice = isinstance(content, Notice)
    own = {"direction": Delivery.Direction.CUSTOMER, "endpoint_id": account.pk, "notice": notice, **fields}
    return _owed(content, get_platform(account.platform), now, own)


def to_seat(content: Content, now: datetime, **fields: Any) -> list[Delivery]:
    """Return the unsaved deliveries that carry `content` to a seat, in order; due now unless `fields` say when.

    A failure of what the product itself says to a seat is not reported to that seat.
    """
    platform = seats_platform()
    endpoint = platform.seats_endpoint()
    reports = not isinstance(content, Notice)
    own = {"direction": Delivery.Direction.SEAT, "endpoint_id": endpoint.pk if endpoint else None, "reports": reports}
    return _owed(content, platform, now, {**own, **fields})


def _owed(content: Content, platform: Platform, now: datetime, fields: dict[str, Any]) -> list[Delivery]:
    """What takes more than words is prepared when it is sent."""
    fixed: dict[str, Any] = {
        "platform": platform.name,
        "ephemeral": isinstance(content, Typing),
        "needs_window": not isinstance(content, TemplateMessage),
        "created_at": now,
        "due_at": now,
        **fields,
    }
    return [
        Delivery(
            **fixed,
            payload=payload or {},
            content=content.to_json() if payload is None else None,
            random=secrets.randbits(32),
        )
        for payload in platform.render(content)
    ]


def copy_of(old: Delivery, now: datetime) -> Delivery:
    """Return an unsaved delivery that owes once more, because somebody asks for it, what `old` did not bring over."""
    names = (
        "lane",
        "event_id",
        "direction",
        "platform",
        "endpoint_id",
        "conversation_id",
        "message_id",
        "sender",
        "recipient",
    )
    copied = {name: getattr(old, name) for name in (*names, "content", "reports", "kept", "needs_window", "broadcast")}
    payload = {} if old.content else old.payload
    copied |= {"payload": payload, "random": secrets.randbits(32), "by_request": True}
    return Delivery(**copied, due_at=now, created_at=now)


def released(now: datetime) -> dict[str, Any]:
    """Return the columns of a held delivery whose customer has written: it begins anew."""
    fresh = {"chances": [], "looks": 0, "aside_since": None, "by_request": False}
    return {"state": Delivery.State.QUEUED, "due_at": now, "was_held": True, **fresh}
