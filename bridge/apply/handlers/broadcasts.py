"""Carries out broadcasts: in each customer's lane it is a delivery like any other."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bridge.apply.scene import Scene, handles
from bridge.models import Message
from bridge.outbox import broadcasts
from bridge.pipeline import actions
from bridge.values.content import Text

AUTHOR = "broadcast"


@handles(actions.SendBroadcast)
def send_broadcast(scene: Scene, action: actions.SendBroadcast) -> None:
    """Looked at once more, as it was when their turn came: is the window still open, was it stopped meanwhile?"""
    broadcast = broadcasts.locked(action.broadcast)
    if broadcast is None:
        scene.turn.drop(_("the broadcast was deleted"))
        return
    if refusal := broadcasts.refusal(broadcast, scene.customer, scene.now):
        broadcast.refuse(*refusal)
        broadcast.save(update_fields=["refusals"])
        scene.turn.drop(refusal[1])
        return
    text, message = Text(broadcast.text), None
    if scene.standing.conversation:
        message = scene.journal.message(text, Message.Side.BOT, AUTHOR, relayed=True)
    # As what the product says itself: it is dropped rather than held, and never spends the last message.
    scene.outgoing.to_customer(text, message, notice=True, broadcast=broadcast.pk)
