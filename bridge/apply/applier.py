"""Apply: one transaction for all that an event changes. The one place that writes what was decided."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import transaction

from bridge.apply.load import load, load_standing, load_turn
from bridge.apply.scene import Scene
from bridge.apply.standing import Standing
from bridge.base import clock
from bridge.doors import passive
from bridge.lanes.leases import Lease, LeaseLost, fence
from bridge.live.parameters import parameters
from bridge.models import InboundEvent
from bridge.models.inbox import LONGEST_REASON
from bridge.pipeline.turn import Turn, decided
from bridge.values.wording import in_language

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
        scene.write()
        _finish(event, scene)
        # Last, and once: where the lease is another's by now, all of the above is undone.
        fence(lease, scene.now if scene.owes or scene.due else None)
    _after_commit(event, scene)
    return scene.standing


def _finish(event: InboundEvent, scene: Scene) -> None:
    filtered = scene.turn.filtered
    state = InboundEvent.State.FILTERED if filtered else InboundEvent.State.DONE
    waiting = InboundEvent.objects.filter(pk=event.pk, state=InboundEvent.State.NEW)
    reason = in_language(filtered or scene.said, scene.turn.language)[:LONGEST_REASON]
    if not waiting.update(state=state, reason=reason, finished_at=scene.now):
        # Whoever read it before it was finished must not apply it twice.
        raise LeaseLost(event.lane)


def _after_commit(event: InboundEvent, scene: Scene) -> None:
    """Do what needs no transaction. The event is done; nothing here may undo that."""
    try:
        scene.journal.publish()
        if parameters.PASSIVE_REPLY_SECONDS > 0 and not scene.outgoing.has_notice:
            passive.hand_over(event.dedup, "")
    except Exception:
        logger.exception("after event %s", event.pk)
