"""One try of one delivery: prepare, write down that it is tried, call, settle what came of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _

from bridge.base import clock
from bridge.base.flight import Flight, recorded, trace_of
from bridge.doors import passive
from bridge.models import Delivery
from bridge.observe import exchanges, troubles
from bridge.outbox import notices
from bridge.outbox.ledger import Ledger
from bridge.outbox.permit import Permit
from bridge.outbox.settle import settle, settle_delivered
from bridge.outbox.verdict import Follow, interrupted, postponed
from bridge.platforms.base import Platform
from bridge.platforms.registry import get_platform
from bridge.values.outcomes import Chance, DeliveryError, Outcome

logger = logging.getLogger(__name__)

State = Delivery.State
T = TypeVar("T")


def attempt(ledger: Ledger, delivery: Delivery, permit: Permit | None) -> Follow:
    """Try one delivery, once more where that may help at once; return what its line does next.

    `permit`: the window of the customer it goes to, None where it goes to a seat.
    """
    platform, follow = get_platform(delivery.platform), Follow.SAME
    with exchanges.about(lane=delivery.lane, account_id=delivery.endpoint_id, delivery_id=delivery.pk):
        while follow is Follow.SAME:
            follow = _try(ledger, delivery, permit, platform)
    return follow


def _try(ledger: Ledger, delivery: Delivery, permit: Permit | None, platform: Platform) -> Follow:
    error = None
    if delivery.state != State.SENDING:
        if pause := platform.pause(delivery):
            verdict = postponed(delivery, pause, clock.now())
            ledger.apply(delivery, verdict)
            return verdict.follow
    elif not platform.repeats_recognized:
        error = interrupted(delivery, trace_of(delivery.pk, delivery.attempts))
    if error is None and delivery.content is not None and not delivery.payload:
        error = _prepare(ledger, delivery, platform)
    if error is None:
        error = _call(ledger, delivery, platform)
    if error is None:
        return settle_delivered(ledger, delivery, permit)
    if error.code.lstrip("-").isdigit():
        troubles.count(delivery.platform, error)
    if permit:
        error = permit.heard(error, delivery, clock.now())
    return settle(ledger, delivery, error, permit)


def _prepare(ledger: Ledger, delivery: Delivery, platform: Platform) -> DeliveryError | None:
    """Fetch, convert and upload what the delivery carries, once; every later try sends the same."""
    again = Chance.MEDIA in delivery.chances
    prepared = _answer(delivery, lambda: platform.prepare(delivery, again=again))
    if isinstance(prepared, DeliveryError):
        ledger.record(delivery, attempts=delivery.attempts + 1)
        # Nothing was sent, so whatever is unknown about it is not about the message.
        return prepared.turned(Outcome.RETRY) if prepared.outcome is Outcome.UNKNOWN else prepared
    ledger.record(delivery, payload=prepared.payload)
    if prepared.note:
        ledger.record(delivery, reason=prepared.note[:300])
        if not again:
            notices.notify_seat(ledger, delivery, prepared.note)
    return None


def _call(ledger: Ledger, delivery: Delivery, platform: Platform) -> DeliveryError | None:
    """Make the call, and let it be known after a crash whether it was made."""
    tries = delivery.attempts + 1
    if platform.repeats_recognized and ledger.lease.is_fresh:
        # After a crash it is sent once more, and the platform drops the repeat.
        ledger.record(delivery, attempts=tries)
        return _answer(delivery, lambda: platform.send(delivery))
    flight = None if platform.repeats_recognized else Flight(delivery.pk, tries)
    # Written down before the call: after a crash we know that the outcome is unknown.
    ledger.record(delivery, state=State.SENDING, attempts=tries)
    ledger.write()
    with recorded(flight):
        error = _answer(delivery, lambda: platform.send(delivery))
    if flight:
        ledger.landed(flight)
    return error


def _answer(delivery: Delivery, ask: Callable[[], T]) -> T | DeliveryError:
    """Return what the platform answers, or what went wrong. A database that is away is raised: no delivery's fault."""
    try:
        return ask()
    except DeliveryError as error:
        return error
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("delivery %s", delivery.pk)
        # What it was stands in the log: no seat can do anything about the name of an exception.
        return DeliveryError("error", _("an error of the bridge itself"), Outcome.RETRY)


def answer_passively(ledger: Ledger, delivery: Delivery) -> bool:
    """Hand a notice to the door that still holds the request it answers; it costs nothing. False where none does."""
    dedup = passive.is_awaited(delivery)
    words = get_platform(delivery.platform).words_of(delivery.payload) if dedup else ""
    if not words or delivery.state != State.QUEUED:
        return False
    # Written down first, as before a call: after a crash nobody knows whether the door has taken it.
    ledger.record(delivery, state=State.SENDING, attempts=delivery.attempts + 1)
    ledger.write()
    if not passive.hand_over(dedup, words):
        ledger.record(delivery, state=State.QUEUED)
        return False
    ledger.record(delivery, state=State.DONE, finished_at=clock.now(), code="passive", reason=_("as a passive reply"))
    return True
