"""Carries out what happens to deliveries: waiting ones, recalled ones, ones to repeat."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from bridge import actions
from bridge.apply import Applier, handles
from bridge.content import Typing
from bridge.models import Delivery, InboundEvent
from bridge.permits import WAITED

RESENDABLE = (Delivery.State.FAILED, Delivery.State.UNKNOWN)
DROPPABLE = (*RESENDABLE, Delivery.State.QUEUED, Delivery.State.HELD, Delivery.State.ASIDE)


@handles(actions.ReleaseHeld)
def release_held(applier: Applier, action: actions.ReleaseHeld) -> None:
    customer = applier.customer
    if customer and customer.has_held:
        held = Delivery.objects.filter(lane=applier.event.lane, state=Delivery.State.HELD)
        held.update(state=Delivery.State.QUEUED, due_at=applier.now, chances=[WAITED])
        customer.has_held = False
        customer.save(update_fields=["has_held"])
        applier.owes = True


@handles(actions.Recall)
def recall(applier: Applier, action: actions.Recall) -> Iterable[actions.Action]:
    """WeChat takes nothing back, so only what has not left yet can be recalled."""
    event = InboundEvent.objects.filter(dedup=action.dedup, lane=applier.event.lane).first()
    waiting = Delivery.objects.filter(
        lane=applier.event.lane,
        direction=Delivery.Direction.CUSTOMER,
        message__event_id=event.pk if event else None,
        state__in=(Delivery.State.QUEUED, Delivery.State.HELD, Delivery.State.ASIDE),
    )
    taken = waiting.update(state=Delivery.State.DROPPED, reason=_("recalled by the seat"), finished_at=applier.now)
    return action.then(bool(event and taken))


@handles(actions.ShowTyping)
def show_typing(applier: Applier, action: actions.ShowTyping) -> None:
    applier.to_customer(Typing(action.typing))


@handles(actions.SendDue)
def send_due(applier: Applier, action: actions.SendDue) -> None:
    waiting = (Delivery.State.QUEUED, Delivery.State.ASIDE)
    Delivery.objects.filter(lane=applier.event.lane, state__in=waiting).update(due_at=applier.now)
    applier.owes = True


@handles(actions.Resend)
def resend(applier: Applier, action: actions.Resend) -> Iterable[actions.Action]:
    """Send again as new deliveries, behind what already waits, so that the old ones keep their history."""
    again = Delivery.objects.filter(lane=applier.event.lane, state__in=RESENDABLE)
    if action.ids:
        again = again.filter(pk__in=action.ids)
    else:
        again = again.filter(conversation=applier.conversation, direction=Delivery.Direction.CUSTOMER)
    rows = list(again.order_by("pk"))
    for row in rows:
        applier.owe_again(row)
    return action.then(len(rows))


@handles(actions.Drop)
def drop(applier: Applier, action: actions.Drop) -> None:
    """What is on its way cannot be given up any more; whatever stood behind goes on."""
    mine = Delivery.objects.filter(lane=applier.event.lane, pk__in=action.ids, state__in=DROPPABLE)
    mine.update(state=Delivery.State.DROPPED, reason=action.reason[:300], finished_at=applier.now)
    customer = applier.customer
    if customer and customer.has_held:
        customer.has_held = Delivery.objects.filter(lane=applier.event.lane, state=Delivery.State.HELD).exists()
        customer.save(update_fields=["has_held"])
    applier.owes = True
