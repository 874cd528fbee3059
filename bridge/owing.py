"""Makes deliveries out of content: one per API call the platform needs for it."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from bridge.content import Content, Notice, Typing
from bridge.models import Delivery
from bridge.permits import ASKED
from bridge.platforms.registry import get_platform

PLATFORM = {Delivery.Direction.CUSTOMER.value: "wechat", Delivery.Direction.SEAT.value: "tencent_im"}


def deliveries(content: Content, direction: str, now: datetime, **fields: Any) -> list[Delivery]:
    """Return the unsaved deliveries that carry `content`, in order, due now unless `fields` say when.

    What takes more than words is prepared when it is sent. A failure of what is said to a seat by the product itself is
    not reported to that seat.
    """
    platform = PLATFORM[direction]
    to_customer = direction == Delivery.Direction.CUSTOMER
    fixed: dict[str, Any] = {
        "direction": direction,
        "platform": platform,
        "reports": to_customer or not isinstance(content, Notice),
        "notice": to_customer and isinstance(content, Notice),
        "ephemeral": isinstance(content, Typing),
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
        for payload in get_platform(platform).render(content)
    ]


def copy_of(old: Delivery, now: datetime) -> Delivery:
    """Return an unsaved delivery that owes once more what `old` did not bring over."""
    names = ("lane", "direction", "platform", "account_id", "conversation_id", "message_id", "sender", "recipient")
    copied = {name: getattr(old, name) for name in (*names, "content", "reports")}
    payload = {} if old.content else old.payload
    return Delivery(**copied, payload=payload, random=secrets.randbits(32), due_at=now, created_at=now, chances=[ASKED])
