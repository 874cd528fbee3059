"""The way of a message in the log: a line when it came in, one when its event is done with, one for each delivery's end.

All of them carry the message's trace (`bridge.values.traces`) and nothing that anybody has said or is called by.
`LOG_MESSAGES=0` leaves these lines out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from bridge.base import clock
from bridge.models import Delivery
from bridge.values.traces import trace_of

if TYPE_CHECKING:
    from bridge.apply.scene import Scene

logger = structlog.get_logger(__name__)


def came_in(platform: str, account: int | None, kind: str, number: int, kept: str) -> None:
    """A door has taken a callback. `kept`: "inbox", "before" where it is a repeat, "broker" while the database is away.

    Only what stands in the inbox has a `number`.
    """
    facts = {"trace": trace_of(number)} if number else {}
    logger.info("came in", platform=platform, account=account, kind=kind, kept=kept, **facts)


def applied(scene: Scene) -> None:
    """An event was applied, and is written; `waited` is in seconds since it came in."""
    event, done = scene.turn.event, "filtered" if scene.turn.filtered else "done"
    waited = {"waited": round((clock.now() - event.at).total_seconds(), 3)} if event.at else {}
    logger.info(
        "applied",
        trace=trace_of(scene.event_id),
        account=scene.account_id,
        platform=event.platform,
        kind=event.kind,
        outcome=done,
        deliveries=len(scene.outgoing.owed),
        **waited,
    )


def sent(delivery: Delivery) -> None:
    """A try of a delivery came to this, and it is written."""
    logger.info(
        "delivery",
        trace=trace_of(delivery.event_id),
        delivery=delivery.pk,
        platform=delivery.platform,
        account=delivery.endpoint_id,
        to=delivery.direction,
        outcome=delivery.state,
        code=delivery.code,
        tries=delivery.attempts,
    )
