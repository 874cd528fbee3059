"""Carries out what happens to deliveries: waiting ones, recalled ones, ones to repeat."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from bridge.apply.scene import Scene, handles
from bridge.models import Delivery, InboundEvent
from bridge.outbox import broadcasts
from bridge.outbox.deliveries import released
from bridge.pipeline import actions
from bridge.values.content import Typing

RESENDABLE = (Delivery.State.FAILED, Delivery.State.UNKNOWN)
DROPPABLE = (*RESENDABLE, Delivery.State.QUEUED, Delivery.State.HELD, Delivery.State.ASIDE)


@handles(actions.ReleaseHeld, plain=True)
def release_held(scene: Scene, action: actions.ReleaseHeld) -> None:
    """They go out in their order, behind nothing that is newer."""
    customer = scene.standing.customer
    if customer and customer.has_held:
        held = Delivery.objects.filter(lane=scene.lane, state=Delivery.State.HELD)
        held.update(**released(scene.now))
        customer.has_held = False
        scene.changed_of_customer("has_held")
        scene.due = True


@handles(actions.Recall)
def recall(scene: Scene, action: actions.Recall) -> Iterable[actions.Action]:
    """No platform of customers takes anything back, so only what has not left yet can be recalled."""
    event = InboundEvent.objects.filter(dedup=action.dedup, lane=scene.lane).first()
    waiting = Delivery.objects.filter(
        lane=scene.lane,
        direction=Delivery.Direction.CUSTOMER,
        message__event_id=event.pk if event else None,
        state__in=(Delivery.State.QUEUED, Delivery.State.HELD, Delivery.State.ASIDE),
    )
    taken = waiting.update(state=Delivery.State.DROPPED, reason=_("recalled by the seat"), finished_at=scene.now)
    return action.then(actions.Effect.DONE if event and taken else actions.Effect.NONE)


@handles(actions.ShowTyping, plain=True)
def show_typing(scene: Scene, action: actions.ShowTyping) -> None:
    """A delivery like any other, which is dropped where it cannot be sent at once."""
    scene.outgoing.to_customer(Typing(action.typing))


@handles(actions.SendDue)
def send_due(scene: Scene, action: actions.SendDue) -> None:
    """What waits for its next try, or for a file, is due now."""
    waiting = (Delivery.State.QUEUED, Delivery.State.ASIDE)
    Delivery.objects.filter(lane=scene.lane, state__in=waiting).update(due_at=scene.now)
    scene.due = True


@handles(actions.Resend)
def resend(scene: Scene, action: actions.Resend) -> Iterable[actions.Action]:
    """Send again as new deliveries, behind what already waits, so that the old ones keep their history."""
    again = Delivery.objects.filter(lane=scene.lane, state__in=RESENDABLE)
    if action.ids:
        again = again.filter(pk__in=action.ids)
    else:
        conversation = action.conversation or scene.conversation.pk
        again = again.filter(conversation=conversation, direction=Delivery.Direction.CUSTOMER)
    if action.message is not None:
        again = again.filter(message=action.message)
    rows = list(again.order_by("pk"))
    for row in rows:
        scene.outgoing.again(row)
    return action.then(len(rows))


@handles(actions.Drop)
def drop(scene: Scene, action: actions.Drop) -> None:
    """What is on its way cannot be given up any more; whatever stood behind goes on."""
    mine = Delivery.objects.filter(lane=scene.lane, pk__in=action.ids, state__in=DROPPABLE)
    mine.filter(kept=False).update(payload={}, content=None)
    # What had failed is counted already.
    counted = list(mine.exclude(broadcast=None).exclude(state__in=RESENDABLE))
    mine.update(state=Delivery.State.DROPPED, reason=action.reason[:300], finished_at=scene.now)
    for one in counted:
        one.state, one.code, one.reason = Delivery.State.DROPPED, "", action.reason[:300]
    broadcasts.count(counted)
    customer = scene.standing.customer
    if customer and customer.has_held:
        customer.has_held = Delivery.objects.filter(lane=scene.lane, state=Delivery.State.HELD).exists()
        customer.save(update_fields=["has_held"])
    scene.due = True
