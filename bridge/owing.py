"""Makes deliveries out of content: one per API call the platform needs for it."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from bridge.content import Content, Notice
from bridge.models import Delivery
from bridge.platforms.registry import get_platform

PLATFORM = {Delivery.Direction.CUSTOMER.value: "wechat", Delivery.Direction.SEAT.value: "tencent_im"}


def deliveries(content: Content, direction: str, now: datetime, **fields: Any) -> list[Delivery]:
    """Return the unsaved deliveries that carry `content`, in order, due now.

    A failure of what is said to a seat by the product itself is not reported to that seat.
    """
    platform = PLATFORM[direction]
    reports = direction == Delivery.Direction.CUSTOMER or not isinstance(content, Notice)
    return [
        Delivery(
            direction=direction,
            platform=platform,
            payload=payload,
            random=secrets.randbits(32),
            reports=reports,
            due_at=now,
            created_at=now,
            **fields,
        )
        for payload in get_platform(platform).render(content)
    ]


def copy_of(old: Delivery, now: datetime) -> Delivery:
    """Return an unsaved delivery that owes once more what `old` did not bring over."""
    names = ("lane", "direction", "platform", "account_id", "conversation_id", "message_id", "sender", "recipient")
    copied = {name: getattr(old, name) for name in (*names, "payload", "reports")}
    return Delivery(**copied, random=secrets.randbits(32), due_at=now, created_at=now)
