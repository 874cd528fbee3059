"""The Celery tasks: thin, because what they do must also run without Celery."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from celery import shared_task
from django.db.models import F

from bridge.base import clock, stopping
from bridge.inbox import spill, storing
from bridge.inbox.events import WindowEnding
from bridge.lanes import leases, nudges
from bridge.live.parameters import parameters
from bridge.media import sweep as media_sweep
from bridge.models import Customer
from bridge.observe import (
    counters,
    liveness,  # noqa: F401  a worker that has started gives signs of life
    refusals,
)
from bridge.outbox import broadcasts
from bridge.platforms import customers
from bridge.privacy import retention
from bridge.several import take_lanes, work_on
from bridge.staff import tidying

logger = logging.getLogger(__name__)

WARNINGS = 500
AT_ONCE = 5.0  # seconds of work on lanes, after which the other tasks that wait have their turn


@shared_task(name=nudges.TASK)
def process_lanes() -> None:
    """Work on lanes that have work, until none is free; where there is more than one, call another worker for it.

    First of all comes what waited for the database. A worker that is told to stop leaves the rest to the others, and so does
    one that was at it for AT_ONCE seconds: where there is more work than workers, other tasks would never have their turn.
    """
    ends = time.monotonic() + AT_ONCE
    nudges.taken()
    while spill.drain():
        if stopping.is_told():
            nudges.nudge()
            return
        taken, more = take_lanes()
        if not taken:
            # Nothing is left, or others were faster; they look again when they let go.
            return
        if more:
            nudges.nudge()
        work_on(taken)
        if time.monotonic() > ends:
            nudges.nudge()
            return


@shared_task
def sweep() -> None:
    """The net under the nudges: see whether any lane has work, whatever became of its nudge."""
    if not spill.is_empty() or leases.lanes_with_work(1):
        process_lanes()


@shared_task
def sweep_media() -> int:
    """Delete the media files that no message carries any more."""
    return media_sweep.sweep()


@shared_task
def purge() -> dict[str, int]:
    """Take away what was kept for as long as the parameters say."""
    return retention.run(clock.now())


@shared_task
def tidy() -> dict[str, int]:
    """Take away sessions and tokens that are over, and old sign-ins and log lines."""
    counters.forget_the_dead()
    return tidying.tidy(clock.now())


@shared_task
def go_on_with_broadcasts() -> int:
    """Give the broadcasts that are being sent to the next customers."""
    return broadcasts.go_on(clock.now())


@shared_task
def keep_in_step() -> int:
    """Keep the customers' remarks and tags in step with those of their platforms, where an account wants it."""
    return customers.keep_in_step()


@shared_task
def learn_ways() -> int:
    """Ask the platforms how their new followers came, for the reports."""
    return customers.learn_ways()


@shared_task
def warn_of_refusals() -> int:
    """Tell supervisors of endpoints whose callbacks are all refused. Returns how many there are."""
    return refusals.warn()


@shared_task
def warn_of_windows() -> int:
    """Point out the windows that are about to close on customers who may be waiting; the lane looks whether they are."""
    now = clock.now()
    ending = Customer.objects.filter(
        window_until__gt=now,
        window_until__lte=now + timedelta(minutes=parameters.WINDOW_WARN_MINUTES),
        window_opened_at__lt=F("window_until") - timedelta(minutes=parameters.WINDOW_WARN_MINUTES),
        window_warned_at=None,
        open_conversation__isnull=False,
    )
    lanes_of = list(ending.values_list("im_id", flat=True)[:WARNINGS])
    for lane in lanes_of:
        storing.post(lane, WindowEnding())
    return len(lanes_of)
