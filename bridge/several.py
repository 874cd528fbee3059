"""Several lanes at once, where many wait: taken with one statement, worked on together as far as that goes, then each alone.

docs/decisions/0019 says why, and what keeps the promises.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Collection

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError

from bridge.apply.together import apply_together
from bridge.base import clock, stopping
from bridge.lanes import leases, nudges
from bridge.lanes.leases import Lease, LeaseLost, is_conflict
from bridge.models import InboundEvent
from bridge.observe import counters
from bridge.outbox import together
from bridge.pipeline.filters.base import chain
from bridge.worker import BATCH, next_events, work

logger = logging.getLogger(__name__)
_looking = threading.Lock()

CANDIDATES = 8  # lanes with work that are looked at, to take one of them, where lanes are not taken together
TOGETHER_SECONDS = 1.0  # after which lanes that were taken together, and not begun, are left to others


def take_lanes() -> tuple[list[Lease], bool]:
    """Take a lane that has work, or several where many have; tell also whether there are more.

    One thread of a process looks at a time, and in no fixed order among the oldest: those who look at the same moment would
    all want the same lane. At most half of what waits is taken, and what others let go: new lanes are taken one by one.
    """
    with _looking:
        waiting = leases.lanes_with_work(max(CANDIDATES, 2 * settings.LANES_TOGETHER))
        chosen = random.sample(waiting, len(waiting))
        several = min(settings.LANES_TOGETHER, len(waiting) // 2)
        if several > 1 and (taken := leases.claim_free(chosen[:several])):
            return taken, True
        for lane in chosen:
            if lease := leases.claim(lane):
                return [lease], len(waiting) > 1
    return [], False


def work_on(taken: list[Lease]) -> None:
    """Work on lanes that were taken: first on what goes together, then on each, as far as anything is left there.

    What takes long at one lane keeps the others waiting no longer than TOGETHER_SECONDS.
    """
    ends = time.monotonic() + TOGETHER_SECONDS
    rest = deque(taken)
    if len(taken) > 1:
        with counters.turn("several"):
            rest = deque(_work_together(taken))
    try:
        while rest and not stopping.is_told() and (len(taken) == 1 or time.monotonic() < ends):
            with counters.turn("one"):
                work(rest.popleft())
    finally:
        _give_back(rest)


def _give_back(lanes: Collection[Lease]) -> None:
    """Let lanes go that were not begun; others find them at once."""
    if lanes:
        try:
            leases.release_all(list(lanes), clock.now())
        except (DatabaseError, InterfaceError):
            for lease in lanes:
                leases.abandon(lease)
        nudges.nudge()


def _work_together(taken: list[Lease]) -> list[Lease]:
    """Do what can be done for all of the lanes at once, and let those go in which nothing is left; return the others."""
    try:
        events = next_events([lease.lane for lease in taken])
        if events is None:
            return taken
        left = _apply_together(taken, events)
        settled = together.deliver_together([lease for lease in taken if lease.lane not in left], TOGETHER_SECONDS)
        if len(events) == BATCH * len(taken):
            # There may be more, in any of the lanes.
            return taken
        leases.release_all(settled, None)
    except BaseException:
        for lease in taken:
            leases.abandon(lease)
        raise
    return [lease for lease in taken if lease not in settled]


def _apply_together(taken: list[Lease], events: list[InboundEvent]) -> set[str]:
    """Apply what goes together; return the lanes in which events are left. Where it fails each lane is worked on alone."""
    applied = set[int]()
    try:
        applied = apply_together(taken, events, chain())
    except LeaseLost:
        logger.warning("the lease of a lane went to another worker; those taken with it are worked on alone")
    except (OperationalError, InterfaceError) as error:
        if not is_conflict(error):
            raise
    except Exception as error:
        # What one of them would write is refused. Alone, each shows whether it is that one, and says so.
        logger.warning("lanes are worked on alone: together they cannot be written (%s)", type(error).__name__)
    return {event.lane for event in events if event.pk not in applied}
