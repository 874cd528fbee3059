"""Carries out the move of an event that could be read only later."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bridge import actions
from bridge.apply import Applier, handles
from bridge.models import InboundEvent


@handles(actions.MoveEvent)
def move_event(applier: Applier, action: actions.MoveEvent) -> None:
    """The body goes along: here it would outlive the customer's own. The window counts from now; WeChat knows better."""
    moved = action.event
    InboundEvent.objects.filter(pk=applier.event.pk).update(body="")
    if InboundEvent.objects.filter(dedup=moved.dedup).exists():
        applier.turn.drop(_("it came once more meanwhile, and could be read then"))
        return
    fields = {"lane": moved.lane, "kind": moved.kind[:60], "dedup": moved.dedup, "body": moved.body}
    own = {"platform": moved.platform, "account_id": moved.account_id, "received_at": applier.now}
    InboundEvent.objects.create(**fields, **own)
    applier.woke_others = True
    applier.said = _("it could be read now, and went to its customer's lane")
