"""Setting a delivery aside: what carries a file that cannot go now waits, and words pass it (docs/decisions/0014)."""

from __future__ import annotations

from datetime import timedelta

from bridge import clock
from bridge.ledger import Ledger
from bridge.models import Delivery
from bridge.parameters import parameters
from bridge.telling import said_of, tell_seat

ASIDE = "aside:"  # among a delivery's chances, with the time: since when it is set aside
FIRST_PAUSE = 5  # seconds until a file is tried again for which there was no room
State = Delivery.State


def set_aside(ledger: Ledger, delivery: Delivery, pause: float, said: dict[str, str]) -> bool:
    """Let what needs no file pass this delivery, and say so once; it is tried again after `pause` seconds."""
    news = delivery.state != State.ASIDE or delivery.reason != said["reason"]
    since = [] if _aside_since(delivery) else [f"{ASIDE}{clock.timestamp():.0f}"]
    due = clock.now() + timedelta(seconds=pause)
    ledger.note(delivery, state=State.ASIDE, due_at=due, chances=[*delivery.chances, *since], **said)
    if news:
        tell_seat(ledger, delivery, said_of(delivery))
    return True


def stay_behind(ledger: Ledger, delivery: Delivery, first: Delivery) -> bool:
    """Set a file aside that stands behind another one for which the storage has no room: files keep their order.

    False where it was already.
    """
    if delivery.state == State.ASIDE and delivery.due_at >= first.due_at:
        return False
    pause = (first.due_at - clock.now()).total_seconds()
    return set_aside(ledger, delivery, max(pause, 0.0), {"code": first.code, "reason": first.reason})


def _aside_since(delivery: Delivery) -> float:
    """Return when the delivery was first set aside, in seconds since the epoch; 0 for never."""
    return next((float(one.removeprefix(ASIDE)) for one in delivery.chances if one.startswith(ASIDE)), 0.0)


def waited(delivery: Delivery) -> float:
    """Return for how many seconds a delivery has been set aside."""
    since = _aside_since(delivery)
    return clock.timestamp() - since if since else 0.0


def pause_of_storage(delivery: Delivery) -> float:
    """Return in how many seconds to try again: half as long as it has waited, within bounds."""
    return min(max(waited(delivery) / 2, FIRST_PAUSE), parameters.STORAGE_RETRY_SECONDS)
