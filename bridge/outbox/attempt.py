"""One try of one delivery: prepare, write down that it is tried, call, settle what came of it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _

from bridge.base import clock, subject
from bridge.base.flight import Flight, recorded, trace_of
from bridge.doors import passive
from bridge.models import Delivery
from bridge.observe import troubles
from bridge.outbox import notices, quickness
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
    hidden = {} if delivery.kept else {"hidden": True}
    mine = {"event_id": delivery.event_id, "delivery_id": delivery.pk}
    with subject.about(lane=delivery.lane, account_id=delivery.endpoint_id, **mine, **hidden):
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
    prepares = delivery.is_unprepared
    if error is None and prepares:
        # That takes long: a crash meanwhile must not let what was sent before be sent once more.
        ledger.write()
        error = _prepare(ledger, delivery, platform)
    if error is None:
        error = _call(ledger, delivery, platform, surely=prepares)
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


def _call(ledger: Ledger, delivery: Delivery, platform: Platform, *, surely: bool) -> DeliveryError | None:
    """Make the call, and let it be known after a crash whether it was made.

    `surely`: it is written down before the call in any case, as what was just prepared: made once more it would be different,
    and no platform would take it for a repeat.
    """
    tries = delivery.attempts + 1
    if platform.repeats_recognized and ledger.lease.is_fresh and not surely:
        # After a crash it is sent once more, and the platform drops the repeat.
        ledger.record(delivery, attempts=tries)
        return _sent(ledger, delivery, platform)
    flight = None if platform.repeats_recognized else Flight(delivery.pk, tries)
    with recorded(flight):
        # Written down before the call: after a crash we know that the outcome is unknown.
        ledger.record(delivery, state=State.SENDING, attempts=tries)
        ledger.write()
        error = _sent(ledger, delivery, platform)
    if flight:
        ledger.landed(flight)
    return error


def _sent(ledger: Ledger, delivery: Delivery, platform: Platform) -> DeliveryError | None:
    """Make the call; keep the platform's own id of what it took, where it gives one."""
    began = time.monotonic()
    answer = _answer(delivery, lambda: platform.send(delivery))
    ended = time.monotonic()
    quickness.measured(delivery.platform, ended - began, ended)
    if isinstance(answer, DeliveryError):
        return answer
    if answer:
        ledger.record(delivery, remote_id=answer[:64])
    return None


def _answer(delivery: Delivery, ask: Callable[[], T]) -> T | DeliveryError:
    """Return what the platform answers, or what went wrong. A database that is away is raised: no delivery's fault."""
    try:
        return ask()
    except DeliveryError as error:
        return error
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("a delivery failed by an error of ours")
        # What it was stands in the log: no seat can do anything about the name of an exception.
        return DeliveryError("error", _("an error of the bridge itself"), Outcome.RETRY)


def answer_passively(ledger: Ledger, delivery: Delivery) -> bool:
    """Hand an answer to the door that still holds the request it answers; it costs nothing. False where none does."""
    platform = get_platform(delivery.platform)
    if delivery.state != State.QUEUED or not passive.is_awaited(delivery):
        return False
    if delivery.is_unprepared and _prepare(ledger, delivery, platform) is not None:
        return False
    if not platform.may_be_passive(delivery.payload):
        passive.hand_over(delivery.passive_for, "")
        return False
    # Written down first, as before a call: after a crash nobody knows whether the door has taken it.
    ledger.record(delivery, state=State.SENDING, attempts=delivery.attempts + 1)
    ledger.write()
    if not passive.hand_over(delivery.passive_for, json.dumps(delivery.payload)):
        ledger.record(delivery, state=State.QUEUED)
        return False
    ledger.record(delivery, state=State.DONE, finished_at=clock.now(), code="passive", reason=_("as a passive reply"))
    return True
