"""Apply: one transaction for all that an event changes. The one place that writes what was decided."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from django.db import transaction

from bridge.apply import writing
from bridge.apply.load import load, load_standing, load_turn
from bridge.apply.scene import Scene
from bridge.apply.standing import Standing
from bridge.base import clock
from bridge.doors import passive
from bridge.lanes.leases import Lease, fence
from bridge.models import InboundEvent
from bridge.observe import way
from bridge.pipeline.turn import Turn, decided

logger = logging.getLogger(__name__)


def apply_event(
    lease: Lease, event: InboundEvent, decide: Callable[[Turn], None], standing: Standing | None = None
) -> Standing:
    """Let `decide` decide on the event, and write all of it in one transaction. Raises: LeaseLost where the lane is another's.

    Returns how the lane stands then; passed on to the lane's next event, it need not be read again.
    """
    standing = standing or load_standing(event.lane)
    turn = decided(load_turn(event, standing), decide, load)
    scene = Scene(event, turn, standing, clock.now())
    with transaction.atomic():
        scene.carry_out(turn.actions)
        writing.write([scene])
        # Last, and once: where the lease is another's by now, all of the above is undone.
        fence(lease, scene.wakes_at)
    after_commit([scene])
    return scene.standing


def after_commit(scenes: Sequence[Scene]) -> None:
    """Do what needs no transaction. The events are done; nothing here may undo that."""
    try:
        writing.publish(scenes)
        for scene in scenes:
            way.applied(scene)
            if not scene.outgoing.may_be_passive and passive.is_waited_for(scene.account_id, scene.turn.incoming):
                passive.hand_over(scene.dedup, "")
    except Exception:
        logger.exception("after event %s", scenes[-1].event_id)
