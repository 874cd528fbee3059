"""Carries out transfers: at once, or offered and then accepted or not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from django.db.models import Q

from bridge.apply.scene import Scene, handles
from bridge.pipeline import serving
from bridge.pipeline.actions import Action
from seats.handlers.assigning import wait
from seats.models import Seat, SeatGroup, TransferOffer
from seats.routing import assignment, queue, records
from seats.routing.assignment import Occupancy, occupied
from seats.routing.opening import Hours

Actions = Iterable[Action]


@handles(serving.Transfer)
def transfer(scene: Scene, action: serving.Transfer) -> Actions:
    """Under the locks of the groups on both sides. Where nothing changes (Full, Unknown), nobody is woken."""
    seat, group = _target(action.target)
    if seat is None and group is None:
        return action.then(serving.Unknown())
    occupancy = occupied(scene.conversation, *([group.pk] if group else assignment.groups_of(seat)))  # type: ignore[arg-type]
    outcome = _to_group(scene, occupancy, action, group) if group else _to_seat(scene, occupancy, action, seat)  # type: ignore[arg-type]
    if not isinstance(outcome, serving.Full):
        assignment.wake_heads(occupancy.groups, scene.post, scene.now)
    return action.then(outcome)


def _target(name: str) -> tuple[Seat | None, SeatGroup | None]:
    """Find a seat by user name, IM account or full name, else a group by slug or name."""
    wanted = name.strip().lstrip("@")
    seats = Seat.objects.select_related("user").filter(user__is_active=True)
    seat = seats.filter(Q(user__username=wanted) | Q(im_user_id=wanted)).first()
    if seat is None:
        named = [one for one in seats.exclude(user__first_name="") if one.user.get_full_name() == wanted]
        seat = named[0] if len(named) == 1 else None
    group = None if seat else SeatGroup.objects.filter(Q(slug=wanted) | Q(name=wanted)).first()
    return seat, group


def _to_seat(scene: Scene, occupancy: Occupancy, action: serving.Transfer, seat: Seat) -> serving.Outcome:
    if occupancy.seat_id == seat.pk:
        return serving.Assigned(seat.as_agent())
    # A supervisor may send a customer to a seat that is busy, but not to one that is not there.
    there = seat.presence != "offline"
    if not there or not assignment.take_place(seat, scene.now, asked=action.direct):
        return serving.Full()
    return _hand_over(scene, occupancy, action, seat, scene.conversation.group)


def _to_group(scene: Scene, occupancy: Occupancy, action: serving.Transfer, group: SeatGroup) -> serving.Outcome:
    """Give it to another seat of the group; where all are busy or away, let the customer wait there."""
    current = occupancy.seat_id
    account = scene.account_id
    hours = Hours.of(account, group)
    is_open = hours.is_open(scene.now)
    customer, entry = scene.standing.customer, occupancy.entry_of(group.pk)
    if is_open and not assignment.waits_before(entry, group.pk, customer, scene.now):
        seat = assignment.best_seat(group, scene.conversation, scene.now, but=current)
        if seat:
            return _hand_over(scene, occupancy, action, seat, group.slug)
        if current and queue.with_place(group.pk).filter(pk=current).exists():
            # The place that it would leave is the first that becomes free: it would come right back.
            return serving.Full()
    records.let_go(scene, occupancy, records.TRANSFER)
    occupancy.entries = []
    waiting = wait(scene, occupancy, group, left=not is_open)
    return (
        waiting if is_open else replace(waiting, closed=serving.Closed(hours.opens(scene.now), hours.text(scene.now)))
    )


def _hand_over(scene: Scene, occupancy: Occupancy, action: serving.Transfer, seat: Seat, group: str) -> serving.Outcome:
    """The seat's place is taken: ask it first where the rule of the conversation's group says so."""
    rule = SeatGroup.objects.filter(slug=scene.conversation.group).first()
    if occupancy.seat_id and rule and rule.transfer_mode == SeatGroup.TransferMode.OFFER and not action.direct:
        occupancy.withdraw_offer(scene.now)
        TransferOffer.objects.create(
            conversation=scene.conversation, seat=seat, sender_id=occupancy.seat_id, group=group,
            note=action.note[:500], expires_at=scene.now + timedelta(seconds=rule.offer_seconds),
        )  # fmt: skip
        return serving.Offered(seat.as_agent(), rule.offer_seconds)
    records.assign(scene, occupancy, seat, records.TRANSFER if occupancy.seat_id else "", group=group)
    return serving.Assigned(seat.as_agent())


@handles(serving.SettleOffer)
def settle_offer(scene: Scene, action: serving.SettleOffer) -> Actions:
    """The place was kept since it was offered: accepting it cannot fail, and refusing it gives it back."""
    occupancy = occupied(scene.conversation)
    offer = occupancy.offer
    if offer is None or (action.agent and action.agent.id != offer.seat_id):
        return action.then(None, None, "")
    sender = Seat.objects.select_related("user").filter(pk=offer.sender_id).first()
    if action.accept:
        # The place that was kept for it is now the one it has.
        TransferOffer.objects.filter(pk=offer.pk).delete()
        occupancy.offer = None
        records.assign(scene, occupancy, offer.seat, records.TRANSFER, group=offer.group)
    else:
        occupancy.withdraw_offer(scene.now)
    assignment.wake_heads(occupancy.groups, scene.post, scene.now)
    return action.then(sender.as_agent() if sender else None, offer.seat.as_agent(), offer.note)
