"""Answers: what a seat's message means for the customer's wait, once it has arrived. One that failed or is held means nothing."""

from __future__ import annotations

from datetime import datetime

from bridge.models import Conversation, Delivery, Fact, Message
from bridge.values.agents import directory
from bridge.values.content import Signal


def arrived(message: Message, delivery: Delivery, at: datetime) -> list[Fact]:
    """Note in the message's conversation that it was answered; return the facts that come of it, to be written with it."""
    conversation = Conversation.objects.filter(pk=message.conversation_id).select_related("customer").first()
    if conversation is None:
        return []
    changed: dict[str, datetime | None] = {}
    facts = []
    asked_since = conversation.asked_since
    responds = asked_since is not None and _was_asked_before(message, asked_since)
    later = _asked_later(message, delivery) if responds or conversation.unanswered_since else []
    if asked_since and responds:
        facts.append(_fact(Fact.Kind.RESPONSE, conversation, message, asked_since, at))
        # A tap in the menu or a scan asks for nothing.
        changed = {"asked_since": next((asked_at for asked_at, kind in later if kind != Signal.__name__), None)}
    if conversation.unanswered_since:
        changed |= {"unanswered_since": next((asked_at for asked_at, _kind in later), None), "seat_reminded_at": None}
    if conversation.answered_at is None:
        changed["answered_at"] = at
        facts.append(_first_answer(conversation, message, at))
    if changed:
        Conversation.objects.filter(pk=conversation.pk).update(**changed)
    return facts


def _was_asked_before(message: Message, asked_since: datetime) -> bool:
    """What was asked after it was written, as when it was opened again meanwhile, is not answered by it."""
    if asked_since != message.created_at:
        return asked_since < message.created_at
    # Both stand at one moment: a held message goes as soon as the customer writes. Then their order says it.
    asked = Message.objects.filter(
        conversation=message.conversation_id, side=Message.Side.CUSTOMER, created_at=asked_since
    )
    return asked.filter(pk__lt=message.pk).exclude(content__type=Signal.__name__).exists()


def _asked_later(message: Message, delivery: Delivery) -> list[tuple[datetime, str]]:
    """Return when the customer wrote after this answer, which may have been on its way for long, and of which kind that was."""
    later = Message.objects.filter(conversation=message.conversation_id, side=Message.Side.CUSTOMER, pk__gt=message.pk)
    asked = list(later.order_by("pk").values_list("pk", "created_at", "content__type"))
    if not asked:
        return []
    # Words of later messages may have gone out with it.
    said_with_it = Delivery.objects.filter(lane=delivery.lane, state=Delivery.State.JOINED, reason=f"#{delivery.pk}")
    upto = max(said_with_it.values_list("message", flat=True), default=None) or message.pk
    return [(asked_at, kind) for pk, asked_at, kind in asked if pk > upto]


def _first_answer(conversation: Conversation, message: Message, at: datetime) -> Fact:
    account, began = conversation.customer.account_id, conversation.opened_at
    fact = _fact(Fact.Kind.FIRST_ANSWER, conversation, message, began, at)
    fact.working = directory().working_seconds(account, conversation.group, began, at)
    return fact


def _fact(kind: Fact.Kind, conversation: Conversation, message: Message, began: datetime, at: datetime) -> Fact:
    return Fact(
        kind=kind,
        at=at,
        began_at=began,
        conversation_id=conversation.pk,
        account_id=conversation.customer.account_id,
        group=conversation.group,
        source=conversation.source,
        seat_id=message.seat_id or 0,
        seconds=max(0.0, (at - began).total_seconds()),
    )
