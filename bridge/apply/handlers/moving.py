"""Carries out the move of an event that could be read only later."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from bridge.apply.scene import Scene, handles
from bridge.lanes import nudges
from bridge.models import InboundEvent
from bridge.pipeline import actions


@handles(actions.MoveEvent)
def move_event(scene: Scene, action: actions.MoveEvent) -> None:
    """The body goes along: here it would outlive the customer's own. The window counts from now; the platform knows better."""
    moved = action.event
    InboundEvent.objects.filter(pk=scene.event_id).update(body="")
    if InboundEvent.objects.filter(dedup=moved.dedup).exists():
        scene.turn.drop(_("it came once more meanwhile, and could be read then"))
        return
    fields = {"lane": moved.lane, "kind": moved.kind[:60], "dedup": moved.dedup, "body": moved.body}
    own = {"platform": moved.platform, "account_id": moved.account_id, "received_at": scene.now}
    InboundEvent.objects.create(**fields, **own)
    transaction.on_commit(nudges.nudge)
    scene.said = _("it could be read now, and went to its customer's lane")
