"""Erases a customer, in their own lane: nothing of them is being worked on meanwhile."""

from __future__ import annotations

from django.db.models import QuerySet

from bridge.apply.scene import Scene, handles
from bridge.models import Conversation, Customer, Delivery, Exchange, InboundEvent, Message
from bridge.pipeline import actions
from bridge.privacy import retention
from bridge.values.incoming import INTERNAL, UNREADABLE


@handles(actions.Erase)
def erase(scene: Scene, action: actions.Erase) -> None:
    """The numbers stay, as they name nobody; the lane and this event name the lane, and go with the next purge."""
    customer, lane = scene.standing.customer, scene.lane
    if customer is None:
        return
    retention.let_go_of_files(Message.objects.filter(conversation__customer=customer))
    Delivery.objects.filter(lane=lane).delete()
    Exchange.objects.filter(lane=lane).delete()
    # What has come in meanwhile is somebody new's, and is worked on next.
    _leave_keys(InboundEvent.objects.filter(lane=lane).exclude(state=InboundEvent.State.NEW))
    _leave_keys(_unreadable(customer))
    Conversation.objects.filter(customer=customer).delete()
    customer.delete()
    scene.erased()


def _unreadable(customer: Customer) -> QuerySet[InboundEvent]:
    """What nobody could read when it came, and names the customer: it stands in a lane of its own."""
    failed = InboundEvent.objects.filter(state=InboundEvent.State.FAILED, kind=UNREADABLE)
    return failed.filter(account_id=customer.account_id, body__contains=customer.openid)


def _leave_keys(events: QuerySet[InboundEvent]) -> None:
    """Of what came from a platform the key stays for a while, so that a push somebody has kept cannot be played again."""
    events.filter(platform=INTERNAL).delete()
    events.update(lane=retention.ERASED, body="", reason="", state=InboundEvent.State.FILTERED)
