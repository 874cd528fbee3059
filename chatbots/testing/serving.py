"""Carries out in memory who serves the conversation: an office in which the first free seat of a group is the best one."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.pipeline import serving
from bridge.pipeline.actions import Action, Effect
from chatbots.testing.carrying_out import Hands, does
from chatbots.testing.world import Seat

OFFER_SECONDS = 60


def _let_go(hands: Hands) -> None:
    conversation = hands.conversation
    if conversation.offered:
        conversation.offered[0].load -= 1
    if conversation.seat:
        conversation.seat.load -= 1
    conversation.seat, conversation.offered, conversation.status = None, None, "bot"


def _give(hands: Hands, seat: Seat, group: str = "") -> serving.Assigned:
    """Give the conversation to a seat, wherever it was."""
    conversation = hands.conversation
    if conversation.seat is not seat:
        _let_go(hands)
        seat.load += 1
    conversation.seat = conversation.last_seat = seat
    conversation.status, conversation.group = "assigned", group or conversation.group
    return serving.Assigned(seat.agent)


def _free(hands: Hands, group: str, but: int | None = None) -> Seat | None:
    seats = (hands.world.seats[name] for name in hands.world.groups.get(group, ()))
    return next((seat for seat in seats if seat.is_free and seat.agent.id != but), None)


def _by_id(hands: Hands, number: int | None) -> Seat | None:
    return next((seat for seat in hands.world.seats.values() if seat.agent.id == number), None)


@does(serving.Assign)
def _assign(hands: Hands, action: serving.Assign) -> Iterable[Action]:
    return action.then(_outcome(hands, action))


def _outcome(hands: Hands, action: serving.Assign) -> serving.Outcome:
    world, known = hands.world, _by_id(hands, action.to)
    if action.group not in world.groups:
        return serving.Unknown()
    if known and known.is_free:
        return _give(hands, known)
    if not world.is_open:
        return serving.Closed(world.opens)
    if world.waiting and not action.first:
        return serving.Full()
    if seat := _free(hands, action.group, but=action.leaving):
        return _give(hands, seat, action.group)
    leaving = _by_id(hands, action.leaving)
    return serving.Assigned(leaving.agent) if leaving and leaving.takes else serving.Full()


@does(serving.Enqueue)
def _enqueue(hands: Hands, action: serving.Enqueue) -> Iterable[Action]:
    world = hands.world
    if world.max_queue and world.waiting >= world.max_queue and not (action.left or action.first):
        return action.then(serving.TooLong())
    hands.conversation.status, hands.conversation.group = "queued", action.group
    place = 1 if action.first else world.waiting + 1
    return action.then(serving.Queued(place, action.group, left=action.left))


@does(serving.NotifyOfPlace)
def _place(hands: Hands, action: serving.NotifyOfPlace) -> Iterable[Action]:
    return action.then(serving.Queued(hands.world.waiting + 1, hands.conversation.group))


@does(serving.Release)
def _release(hands: Hands, action: serving.Release) -> None:
    _let_go(hands)


@does(serving.Take)
def _take(hands: Hands, action: serving.Take) -> Iterable[Action]:
    seat = _by_id(hands, action.agent.id)
    if seat is None:
        return action.then(serving.Unknown())
    if seat is not hands.conversation.seat and seat.load >= seat.capacity:
        return action.then(serving.Full())
    return action.then(_give(hands, seat))


@does(serving.TakeNext)
def _take_next(hands: Hands, action: serving.TakeNext) -> Iterable[Action]:
    return action.then(Effect.DONE if hands.world.waiting else Effect.NONE)


@does(serving.Transfer)
def _transfer(hands: Hands, action: serving.Transfer) -> Iterable[Action]:
    world, target = hands.world, action.target.strip().lstrip("@")
    if seat := world.seats.get(target):
        return action.then(_hand_over(hands, action, seat) if seat.is_free or action.direct else serving.Full())
    if target not in world.groups:
        return action.then(serving.Unknown())
    current = hands.conversation.seat.agent.id if hands.conversation.seat else None
    if world.is_open and (seat := _free(hands, target, but=current)):
        return action.then(_hand_over(hands, action, seat, target))
    _let_go(hands)
    hands.conversation.status, hands.conversation.group = "queued", target
    closed = None if world.is_open else serving.Closed(None)
    return action.then(serving.Queued(world.waiting + 1, target, left=not world.is_open, closed=closed))


def _hand_over(hands: Hands, action: serving.Transfer, seat: Seat, group: str = "") -> serving.Outcome:
    if hands.world.offers and not action.direct and hands.conversation.seat:
        hands.conversation.offered = (seat, action.note)
        seat.load += 1
        return serving.Offered(seat.agent, OFFER_SECONDS)
    return _give(hands, seat, group)


@does(serving.SettleOffer)
def _settle(hands: Hands, action: serving.SettleOffer) -> Iterable[Action]:
    offered, sender = hands.conversation.offered, hands.conversation.seat
    if offered is None or sender is None or (action.agent and action.agent.id != offered[0].agent.id):
        return action.then(None, None, "")
    seat, note = offered
    seat.load -= 1
    hands.conversation.offered = None
    if action.accept:
        _give(hands, seat)
    return action.then(sender.agent, seat.agent, note)


@does(serving.TakeBack)
def _take_back(hands: Hands, action: serving.TakeBack) -> Iterable[Action]:
    seat = hands.conversation.seat
    if seat is None or seat.takes:
        return action.then(Effect.NONE)
    _let_go(hands)
    return action.then(Effect.DONE)


@does(serving.SetAvailability)
def _availability(hands: Hands, action: serving.SetAvailability) -> None:
    hands.world.seats[action.im_id].takes = action.availability == "open"


@does(serving.ReportQueue)
def _queue(hands: Hands, action: serving.ReportQueue) -> Iterable[Action]:
    world, conversation = hands.world, hands.world.open_conversation
    waits = conversation is not None and conversation.status == "queued"
    if action.agent is None and not waits:
        return action.then([])
    group = conversation.group if conversation else next(iter(world.groups))
    free = sum(seat.capacity - seat.load for seat in world.seats.values() if seat.is_free)
    place = world.waiting + 1 if action.agent is None else 0
    return action.then([serving.QueueLine(group, world.waiting + waits, 0, len(world.seats), free, place)])


@does(serving.ReportConversations)
def _talks(hands: Hands, action: serving.ReportConversations) -> Iterable[Action]:
    conversation, customer = hands.world.open_conversation, hands.world.customer
    if conversation is None or customer is None:
        return action.then([])
    seat = conversation.seat.agent.name if conversation.seat else ""
    return action.then(
        [
            serving.ConversationLine(
                conversation.id, customer.name, hands.world.account.name, seat, conversation.status, 0
            )
        ]
    )
