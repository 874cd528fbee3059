"""Together: waiting events of several lanes are decided one by one, and written in one transaction with one fence.

Only what is plain goes this way, as the messages of customers who have a seat: its actions read nothing that is not in memory
yet. A lane leaves the batch at its first event that is not plain, or that fails; what comes from there on is applied one
event at a time. So an event that cannot be applied harms no lane but its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import InterfaceError, OperationalError, transaction

from bridge.apply import writing
from bridge.apply.applier import after_commit
from bridge.apply.load import load, load_standings, load_turn
from bridge.apply.scene import Scene, is_plain
from bridge.apply.standing import Standing
from bridge.base import clock, subject
from bridge.lanes.leases import Lease, fence_all
from bridge.models import InboundEvent
from bridge.pipeline.turn import NotLoadedError, Turn, decided
from bridge.values.incoming import UnreadableError

logger = logging.getLogger(__name__)

Decide = Callable[[Turn], None]


def apply_together(leases: Sequence[Lease], events: Sequence[InboundEvent], decide: Decide) -> set[int]:
    """Apply those of the events that can be written together; return their ids.

    `leases` have one owner. The events are in their order, and with each event come all that wait before it in its lane.
    Raises: LeaseLost, and nothing is written, where one of the lanes is another's by now.
    """
    standings = load_standings([lease.lane for lease in leases])
    scenes = [
        scene
        for lease in leases
        for scene in _of_lane(
            [event for event in events if event.lane == lease.lane], standings.get(lease.lane), decide
        )
    ]
    if not scenes:
        return set()
    wakes = {scene.lane: scene.wakes_at for scene in scenes if scene.wakes_at}
    worked = {scene.lane for scene in scenes}
    mine = [lease for lease in leases if lease.lane in worked]
    with transaction.atomic():
        writing.write(scenes)
        # Last: where one lease is another's by now, all of the above is undone.
        fence_all([lease for lease in mine if lease.lane not in wakes])
        fence_all([lease for lease in mine if lease.lane in wakes], max(wakes.values(), default=None))
    after_commit(scenes)
    return {scene.event_id for scene in scenes}


def _of_lane(events: Sequence[InboundEvent], standing: Standing | None, decide: Decide) -> list[Scene]:
    """Return the scenes of the lane's first events, as many as are plain, carried out; none after a failure."""
    customer = standing.customer if standing else None
    if standing is None or customer is None or customer.has_held or standing.conversation is None:
        return []
    try:
        return list(_plain_scenes(events, standing, decide))
    except (OperationalError, InterfaceError):
        raise
    except UnreadableError:
        return []
    except Exception:
        # It is tried once more, alone, and what is said of it then stands with the event.
        logger.debug("an event is not applied together with others", exc_info=True)
        return []


def _plain_scenes(events: Sequence[InboundEvent], standing: Standing, decide: Decide) -> Iterator[Scene]:
    asked = load
    for event in events:
        with subject.about(event_id=event.pk, lane=event.lane, account_id=event.account_id, dedup=event.dedup):
            try:
                turn = decided(load_turn(event, standing), decide, asked)
            except _AsksLaterError:
                return
            if not all(is_plain(action) for action in turn.actions):
                return
            scene = Scene(event, turn, standing, clock.now())
            scene.carry_out(turn.actions)
        yield scene
        # What the next one asks of the database would not have what this one brings.
        standing, asked = scene.standing, _load_later


class _AsksLaterError(Exception):
    """A decision asks for what earlier events of the batch may change."""


def _load_later(lack: NotLoadedError) -> Any:
    if lack.where in ("bots", "answering"):
        raise _AsksLaterError
    return load(lack)
