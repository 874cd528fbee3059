"""Carries out transfers: at once, or offered and then accepted or not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Q

from bridge import routing
from bridge.actions import Action
from bridge.apply import Applier, handles
from seats import assignment, facts
from seats.assignment import Held, hold
from seats.handlers.assigning import wait
from seats.models import Seat, SeatGroup, TransferOffer
from seats.opening import Hours
from seats.queue import rank_of

Actions = Iterable[Action]


@handles(routing.Transfer)
def transfer(applier: Applier, action: routing.Transfer) -> Actions:
    seat, group = _target(action.target)
    if seat is None and group is None:
        return action.then(routing.Unknown())
    held = hold(applier.conversation, *([group.pk] if group else assignment.groups_of(seat)))  # type: ignore[arg-type]
    outcome = _to_group(applier, held, action, group) if group else _to_seat(applier, held, action, seat)  # type: ignore[arg-type]
    if not isinstance(outcome, routing.Full):
        assignment.wake_heads(held.groups, applier.post, applier.now)
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


def _to_seat(applier: Applier, held: Held, action: routing.Transfer, seat: Seat) -> routing.Outcome:
    if held.seat and held.seat.pk == seat.pk:
        return routing.Assigned(seat.as_agent())
    # A supervisor may send a customer to a seat that is busy, but not to one that is not there.
    there = seat.presence != "offline"
    if not there or not assignment.take_place(seat, applier.now, asked=action.direct):
        return routing.Full()
    return _hand_over(applier, held, action, seat, applier.conversation.group)


def _to_group(applier: Applier, held: Held, action: routing.Transfer, group: SeatGroup) -> routing.Outcome:
    """Give it to another seat of the group; where all are busy or away, let the customer wait there."""
    current = held.seat.pk if held.seat else None
    account = applier.customer.account_id if applier.customer else None
    is_open = Hours.of(account, group).is_open(applier.now)
    rank = rank_of(applier.customer)
    if is_open and not assignment.waits_before(held.entry_of(group.pk), group.pk, rank, applier.now):
        seat = assignment.best_seat(group, applier.conversation, applier.now, but=current)
        if seat:
            return _hand_over(applier, held, action, seat, group.slug)
    facts.let_go(applier, held, facts.TRANSFER)
    held.entries = []
    return wait(applier, held, group, left=not is_open)


def _hand_over(applier: Applier, held: Held, action: routing.Transfer, seat: Seat, group: str) -> routing.Outcome:
    """The seat's place is taken: ask it first where the rule of the conversation's group says so."""
    rule = SeatGroup.objects.filter(slug=applier.conversation.group).first()
    if held.seat and rule and rule.transfer_mode == SeatGroup.TransferMode.OFFER and not action.direct:
        held.withdraw_offer(applier.now)
        TransferOffer.objects.create(
            conversation=applier.conversation, seat=seat, sender_id=held.seat.pk, group=group,
            note=action.note[:500], expires_at=applier.now + timedelta(seconds=rule.offer_seconds),
        )  # fmt: skip
        return routing.Offered(seat.as_agent(), rule.offer_seconds)
    facts.give(applier, held, seat, facts.TRANSFER if held.seat else "", group=group)
    return routing.Assigned(seat.as_agent())


@handles(routing.SettleOffer)
def settle_offer(applier: Applier, action: routing.SettleOffer) -> Actions:
    held = hold(applier.conversation)
    offer = held.offer
    if offer is None or (action.agent and action.agent.id != offer.seat_id):
        return action.then(None, None, "")
    sender = Seat.objects.select_related("user").filter(pk=offer.sender_id).first()
    if action.accept:
        # The place that was kept for it is now the one it has.
        TransferOffer.objects.filter(pk=offer.pk).delete()
        held.offer = None
        facts.give(applier, held, offer.seat, facts.TRANSFER, group=offer.group)
    else:
        held.withdraw_offer(applier.now)
    assignment.wake_heads(held.groups, applier.post, applier.now)
    return action.then(sender.as_agent() if sender else None, offer.seat.as_agent(), offer.note)
