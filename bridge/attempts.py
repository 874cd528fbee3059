"""One try of one delivery: prepare, write down that it is tried, call, look what came of it."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _

from bridge import clock, exchanges, passive, troubles
from bridge.flight import Flight, Verdict, recorded, verdict
from bridge.ledger import Ledger
from bridge.models import Delivery
from bridge.permits import Permit
from bridge.platforms.base import DeliveryError, Outcome, Platform
from bridge.platforms.registry import get_platform
from bridge.settling import settle
from bridge.telling import tell_seat
from bridge.windows import COUNT

logger = logging.getLogger(__name__)

PATIENCE = 15  # looks, 2 s apart, at a try whose process lives but was too slow to keep the lane
State = Delivery.State


def attempt(ledger: Ledger, delivery: Delivery, permit: Permit) -> bool:
    """Try one delivery; tell whether the next one of its direction may follow."""
    subject = {"lane": delivery.lane, "account_id": delivery.account_id, "delivery_id": delivery.pk}
    with exchanges.about(**subject):
        return _attempt(ledger, delivery, permit)


def _attempt(ledger: Ledger, delivery: Delivery, permit: Permit) -> bool:
    platform = get_platform(delivery.platform)
    if delivery.state != State.SENDING and (pause := platform.pause(delivery)):
        return _wait(ledger, delivery, pause)
    error = _look_back(delivery, platform) or _prepare(ledger, delivery, platform)
    if error is None:
        error = _call(ledger, delivery, platform)
    if error is None:
        _done(ledger, delivery, permit)
        return True
    if error.window == COUNT and error.outcome is Outcome.CHANCE and not permit.window.is_fresh(clock.now()):
        error.outcome = error.after
    if error.code.lstrip("-").isdigit():
        troubles.count(delivery.platform, error)
    if error.window == COUNT and (error.outcome is not Outcome.CHANCE or error.chance in delivery.chances):
        permit.confirm_count(clock.now())
    follow = settle(ledger, delivery, error, permit)
    if error.outcome is Outcome.CHANCE and follow and delivery.state == State.QUEUED:
        return attempt(ledger, delivery, permit)
    return follow


def answer_passively(ledger: Ledger, delivery: Delivery) -> bool:
    """Hand a notice to the door that still holds the request it answers; it costs nothing. False where none does."""
    dedup = passive.is_awaited(delivery)
    if not dedup or delivery.state != State.QUEUED:
        return False
    # Written down first, as before a call: after a crash nobody knows whether the door has taken it.
    ledger.note(delivery, state=State.SENDING, attempts=delivery.attempts + 1)
    ledger.write()
    if not passive.hand_over(dedup, delivery.payload["text"]["content"]):
        ledger.note(delivery, state=State.QUEUED)
        return False
    ledger.note(delivery, state=State.DONE, finished_at=clock.now(), code="passive", reason=_("as a passive reply"))
    return True


def _wait(ledger: Ledger, delivery: Delivery, pause: float) -> bool:
    """The platform's pace, or a refusal of its endpoint as a whole: what waits for that was not tried."""
    if delivery.ephemeral:
        ledger.note(delivery, state=State.DROPPED, finished_at=clock.now())
        return True
    ledger.note(delivery, due_at=clock.now() + timedelta(seconds=pause))
    return False


def _prepare(ledger: Ledger, delivery: Delivery, platform: Platform) -> DeliveryError | None:
    """Fetch, convert and upload what the delivery carries, once; every later try sends the same."""
    if delivery.content is None or delivery.payload:
        return None
    try:
        again = "media" in delivery.chances
        prepared = platform.prepare(delivery, again=again)
    except DeliveryError as error:
        # Nothing was sent, so whatever is unknown about it is not about the message.
        if error.outcome is Outcome.UNKNOWN:
            error.outcome = Outcome.RETRY
        ledger.note(delivery, attempts=delivery.attempts + 1)
        return error
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("preparing delivery %s", delivery.pk)
        ledger.note(delivery, attempts=delivery.attempts + 1)
        return _error_of_ours()
    ledger.note(delivery, payload=prepared.payload)
    if prepared.note:
        ledger.note(delivery, reason=prepared.note[:300])
        if not again:
            tell_seat(ledger, delivery, prepared.note)
    return None


def _call(ledger: Ledger, delivery: Delivery, platform: Platform) -> DeliveryError | None:
    tries = delivery.attempts + 1
    flight = None if platform.repeats_recognized else Flight(delivery.pk, tries)
    if flight is None and ledger.lease.is_fresh:
        # After a crash it is sent once more, and the platform drops the repeat.
        ledger.note(delivery, attempts=tries)
    else:
        # Written down before the call: after a crash we know that the outcome is unknown.
        ledger.note(delivery, state=State.SENDING, attempts=tries)
        ledger.write()
    with recorded(flight):
        error = _send(platform, delivery)
    ledger.landed(flight)
    return error


def _send(platform: Platform, delivery: Delivery) -> DeliveryError | None:
    """Make the call; return what went wrong, None where nothing did."""
    try:
        platform.send(delivery)
    except DeliveryError as error:
        return error
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("delivery %s", delivery.pk)
        return _error_of_ours()
    return None


def _error_of_ours() -> DeliveryError:
    """What it was stands in the log: no seat can do anything about the name of an exception."""
    return DeliveryError("error", _("an error of the bridge itself"), Outcome.RETRY)


def _look_back(delivery: Delivery, platform: Platform) -> DeliveryError | None:
    """Ask what became of a try that a crash interrupted; the error says UNKNOWN where it may have been sent."""
    if delivery.state != State.SENDING or platform.repeats_recognized:
        return None
    reason = _("the server stopped in the middle of sending")
    match verdict(delivery.pk, delivery.attempts):
        case Verdict.NOT_SENT:
            return None
        case Verdict.PENDING if delivery.chances.count("wait") < PATIENCE:
            return DeliveryError("crash", reason, Outcome.WAIT, pause=2.0)
    return DeliveryError("crash", reason, Outcome.UNKNOWN)


def _done(ledger: Ledger, delivery: Delivery, permit: Permit) -> None:
    if delivery.code:
        # Only a delivery that was refused before can tell that a trouble is over.
        troubles.clear(delivery)
    # What was said while it was prepared stays to be read; what went wrong before does not.
    said = "" if delivery.code else delivery.reason
    ledger.note(delivery, state=State.DONE, finished_at=clock.now(), code="", reason=said)
    if delivery.direction == Delivery.Direction.CUSTOMER and not delivery.ephemeral:
        permit.window = permit.window.spent()
        ledger.note_window(permit.window)
        if words := permit.low(clock.now()):
            tell_seat(ledger, delivery, words)
