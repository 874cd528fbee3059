"""What came of an event of the API, and of the message that it wrote: whether the customer has got it, and if not why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import status

from bridge.models import Delivery, InboundEvent, Message

State = InboundEvent.State
NAMES = {State.DONE: "done", State.FILTERED: "refused", State.FAILED: "failed", State.NEW: "waiting"}
STATUS = {
    "done": status.HTTP_200_OK,
    "refused": status.HTTP_409_CONFLICT,
    "undelivered": status.HTTP_409_CONFLICT,
    "failed": status.HTTP_500_INTERNAL_SERVER_ERROR,
    "waiting": status.HTTP_202_ACCEPTED,
}
# A message of several parts is as far as the part that is furthest from having arrived.
_ORDER = ("failed", "held", "unknown", "waiting", "delivered")
_DELIVERY = {
    Delivery.State.QUEUED: "waiting",
    Delivery.State.SENDING: "waiting",
    Delivery.State.ASIDE: "waiting",
    Delivery.State.DONE: "delivered",
    Delivery.State.FAILED: "failed",
    Delivery.State.DROPPED: "failed",
    Delivery.State.HELD: "held",
    Delivery.State.UNKNOWN: "unknown",
}
UNDER_WAY = ("waiting",)


def deliveries_of(messages: Iterable[int]) -> dict[int, dict[str, str]]:
    """Return for each message by its id whether it has reached the customer; those that go to nobody are left out."""
    rows = Delivery.objects.filter(message__in=list(messages), direction=Delivery.Direction.CUSTOMER).order_by("pk")
    # One that went out with another is as far as that one.
    carriers = Delivery.objects.in_bulk(filter(None, map(_carrier, rows)))
    found: dict[int, dict[str, str]] = {}
    for row in rows:
        state = _state(carriers.get(_carrier(row), row))
        before = found.get(row.message_id or 0)
        if before is None or _ORDER.index(state["state"]) < _ORDER.index(before["state"]):
            found[row.message_id or 0] = state
    return found


def _carrier(delivery: Delivery) -> int:
    """Return the id of the delivery that this one went out with; 0 for none."""
    joined = delivery.state == Delivery.State.JOINED and delivery.reason.startswith("#")
    return int(delivery.reason[1:]) if joined else 0


def _state(delivery: Delivery) -> dict[str, str]:
    reason = "" if delivery.state in (Delivery.State.DONE, Delivery.State.JOINED) else delivery.reason
    return {"state": _DELIVERY.get(Delivery.State(delivery.state), "waiting"), "reason": reason}


def message_of(event: InboundEvent) -> dict[str, Any] | None:
    """Return the message that the event wrote to the customer, with its delivery; None where it wrote none."""
    written = Message.objects.filter(event_id=event.pk, side=Message.Side.SEAT).order_by("pk")
    pk = written.values_list("pk", flat=True).first()
    if pk is None:
        return None
    return {"id": pk, **deliveries_of([pk]).get(pk, {"state": "waiting", "reason": ""})}


def was_refused(event: InboundEvent) -> bool:
    """Tell whether nothing came of the event, so that it may be tried again: refused here, or by the platform."""
    if event.state in (State.FILTERED, State.FAILED):
        return True
    written = message_of(event)
    return written is not None and written["state"] == "failed"


def of(event: InboundEvent) -> dict[str, Any]:
    """Return what came of an event: "done", "refused", "failed" or "waiting", and what the product says to it."""
    return {"event": event.pk, "outcome": NAMES[State(event.state)], "detail": event.reason}


def of_message(event: InboundEvent, *, taken_in: bool = False) -> dict[str, Any]:
    """Return the same of an event that writes to the customer: "done" is what the customer has got.

    "undelivered": the platform refused it. `taken_in`: the conversation has it, which is all that is asked.
    """
    came, written = of(event), message_of(event)
    if written and not taken_in:
        came["outcome"] = {"delivered": "done", "failed": "undelivered"}.get(written["state"], "waiting")
        came["detail"] = came["detail"] or written["reason"]
    return {**came, "message": written}
