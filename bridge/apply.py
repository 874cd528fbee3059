"""Apply: one transaction for all that an event changes. The one place that writes what was decided.

Who carries an action out is found by its type: `handles` registers a function, and apps above the bridge register theirs.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from bridge import changes, clock, context, inbox, nudges, owing, passive
from bridge.actions import Action
from bridge.agents import Agent
from bridge.content import Content, Text
from bridge.lanes import Lease, LeaseLost, fence
from bridge.models import Conversation, Customer, Delivery, Fact, InboundEvent, Message
from bridge.parameters import parameters
from bridge.permits import join_pause
from bridge.preview import in_words
from bridge.state import load_customer, load_turn, open_conversation
from bridge.turn import Turn

Handler = Callable[["Applier", Any], Iterable[Action] | None]
_handlers: dict[type[Action], Handler] = {}
_SILENCE = ("unanswered_since", "last_message_at", "seat_reminded_at", "customer_reminded_at")
_READ = (*_SILENCE, "read_to", "answered_at")
_COUNTED = {Message.Side.CUSTOMER.value: Fact.Kind.RECEIVED, Message.Side.BOT.value: Fact.Kind.BOT}
logger = logging.getLogger(__name__)


def handles(action: type[Action]) -> Callable[[Handler], Handler]:
    """Register the decorated function as the one that carries out actions of this type.

    It gets the applier and the action, and may return more actions, which come right after.
    """

    def register(handler: Handler) -> Handler:
        _handlers[action] = handler
        return handler

    return register


class Applier:
    """Carries out the actions of one event inside its transaction, and keeps what is to be done after the commit."""

    def __init__(self, event: InboundEvent, turn: Turn, customer: Customer | None, now: datetime) -> None:
        self.event = event
        self.turn = turn
        self.customer = customer
        self.now = now
        self._conversation = open_conversation(customer)
        self._deliveries: list[Delivery] = []
        self._lines: list[context.Line] = []
        self._forget: list[int] = []
        self.woke_others = False
        self.owes = False
        self.said = ""
        self._written: tuple[str, ...] = ()
        self._changes: list[changes.Change] = []
        self._facts: list[Fact] = []

    @property
    def conversation(self) -> Conversation:
        """The open conversation of the lane. RuntimeError where there is none."""
        if self._conversation is None:
            raise RuntimeError("no conversation is open in this lane")
        return self._conversation

    @property
    def has_conversation(self) -> bool:
        return self._conversation is not None

    def run(self, actions: Iterable[Action]) -> None:
        """Carry out `actions`, each with what follows from it before the next."""
        waiting = deque(actions)
        while waiting:
            action = waiting.popleft()
            before = self._conversation
            more = _handlers[type(action)](self, action)
            if action.moves:
                self._moved(before)
            waiting.extendleft(reversed(list(more or ())))

    def _moved(self, before: Conversation | None) -> None:
        """Tell those who look on of the conversation, or of that of before; with none open, of the last one."""
        recent = self.turn.recent.id if self.turn.recent else 0
        current = self._conversation or before
        if number := current.pk if current else recent:
            self._changes.append(changes.Change(number, moved=True))

    def opened(self, conversation: Conversation) -> None:
        """Make `conversation` the open one."""
        self._conversation = conversation

    def closed(self) -> None:
        """The open conversation was closed; its context goes after the commit."""
        self._forget.append(self.conversation.pk)
        self._conversation = None

    def forget_customer(self) -> None:
        """There is no customer any more, nor anything that is owed to them."""
        self.customer = None
        self._deliveries, self._lines = [], []

    def log(self, content: Content, side: str, author: str, *, relayed: bool) -> Message:
        """Write a message to the log of the open conversation."""
        message = Message.objects.create(
            conversation=self.conversation,
            side=side,
            author=author,
            content=content.to_json(),
            preview=in_words(content)[:200],
            relayed=relayed,
            event_id=self.event.pk,
            created_at=self.now,
        )
        self._changes.append(changes.Change(self.conversation.pk, (message.pk,)))
        self._count(side)
        self._note_silence(message)
        if side != Message.Side.SYSTEM:
            self._lines.append(context.line_of(message, self.customer.display_name if self.customer else ""))
        return message

    def note(self, kind: Fact.Kind, *, began_at: datetime | None = None, **facts: Any) -> None:
        """Keep that this happened just now, in the open conversation if there is one; see the model for `facts`.

        `began_at`: when what ends with it began.
        """
        own: dict[str, Any] = {"account_id": self.customer.account_id} if self.customer else {}
        if conversation := self._conversation:
            own |= {"conversation_id": conversation.pk, "group": conversation.group, "source": conversation.source}
        if began_at:
            own |= {"began_at": began_at, "seconds": max(0.0, (self.now - began_at).total_seconds())}
        self.add(Fact(kind=kind, at=self.now, **{**own, **facts}))

    def add(self, fact: Fact) -> None:
        """Keep a fact that is complete already."""
        self._facts.append(fact)

    def noted(self, kind: Fact.Kind) -> Fact | None:
        """Return the last fact of this kind that this event has brought."""
        return next((fact for fact in reversed(self._facts) if fact.kind == kind), None)

    def _count(self, side: str) -> None:
        """Note a message, and of a seat's how long the customer had waited for it."""
        conversation, state = self.conversation, self.turn.conversation
        if side == Message.Side.SEAT:
            seat = self.turn.sender.id if self.turn.sender else 0
            self.note(Fact.Kind.ANSWERED, began_at=conversation.unanswered_since, seat_id=seat)
            if conversation.answered_at is None:
                conversation.answered_at = self.now
                self.note(Fact.Kind.FIRST_ANSWER, began_at=conversation.opened_at, seat_id=seat)
        elif kind := _COUNTED.get(side):
            self.note(kind, seat_id=state.agent.id if state and state.agent else 0)

    def _note_silence(self, message: Message) -> None:
        """Keep who waits for whom since when; see the conversation's fields. Who answers has read what was there."""
        conversation = self.conversation
        if message.side == Message.Side.CUSTOMER:
            conversation.unanswered_since = conversation.unanswered_since or self.now
            self._written = self._written or _SILENCE
        elif message.side == Message.Side.SEAT:
            conversation.unanswered_since, conversation.read_to = None, message.pk
            self._written = _READ
        else:
            return
        conversation.last_message_at = self.now
        conversation.seat_reminded_at = conversation.customer_reminded_at = None

    def to_customer(self, content: Content, message: Message | None = None, **fields: Any) -> None:
        """Owe `content` to the customer; `fields` are the delivery's."""
        assert self.customer is not None
        ends: dict[str, Any] = {"account_id": self.customer.account_id, "recipient": self.customer.openid, **fields}
        if isinstance(content, Text) and (pause := join_pause(self.customer, message.side if message else "")):
            ends["due_at"] = self.now + timedelta(seconds=pause)
        self._owe(content, Delivery.Direction.CUSTOMER, message, **ends)

    def to_agent(self, agent: Agent, content: Content, message: Message | None = None) -> None:
        """Owe `content` to a seat, in the chat with this customer, or with the app's own account where there is none."""
        ends = {"sender": self.customer.im_id if self.customer else "", "recipient": agent.im_id}
        self._owe(content, Delivery.Direction.SEAT, message, **ends)

    def mirror(self, agent: Agent, content: Content, message: Message) -> None:
        """Owe what a seat has written elsewhere to its own clients, as its own words in the chat with this customer."""
        assert self.customer is not None
        ends = {"sender": agent.im_id, "recipient": self.customer.im_id}
        self._owe(content, Delivery.Direction.SEAT, message, **ends)

    def _owe(self, content: Content, direction: str, message: Message | None, **ends: Any) -> None:
        where = {"lane": self.event.lane, "conversation": self._conversation, "message": message}
        self._deliveries += owing.deliveries(content, direction, self.now, **where, **ends)

    def owe_again(self, old: Delivery) -> None:
        """Owe once more what `old` did not bring over; `old` ends as dropped, saying so."""
        self._deliveries.append(owing.copy_of(old, self.now))
        Delivery.objects.filter(pk=old.pk).update(state=Delivery.State.DROPPED, reason=_("sent again"))

    def post(self, lane: str, kind: str, facts: dict[str, Any] | None = None) -> None:
        """Tell another lane something; its worker is nudged after the commit."""
        inbox.post(lane, kind, facts)
        self.woke_others = True

    def flush(self) -> bool:
        """Write the deliveries, in order, and the conversation's silence; tell whether anything is due now."""
        if self._written and self._conversation:
            self._conversation.save(update_fields=self._written)
        Delivery.objects.bulk_create(self._deliveries)
        if self._facts:
            Fact.objects.bulk_create(self._facts)
        return self.owes or bool(self._deliveries)

    def left(self) -> Customer | None:
        """Return the customer with the conversation that is open now."""
        if self.customer:
            self.customer._state.fields_cache["open_conversation"] = self._conversation
        return self.customer

    def after_commit(self) -> None:
        """Do what needs no transaction: the context, the nudges. The event is done; nothing here may undo that."""
        try:
            self._after_commit()
        except Exception:
            logger.exception("after event %s", self.event.pk)

    def _after_commit(self) -> None:
        if self._lines and self._conversation:
            context.remember(self._conversation.pk, self._lines)
        for conversation in self._forget:
            context.forget(conversation)
        changes.tell(self._changes)
        if self.woke_others:
            nudges.notify()
        if parameters.PASSIVE_REPLY_SECONDS > 0 and not any(delivery.notice for delivery in self._deliveries):
            passive.hand_over(self.event.dedup, "")


def apply_event(
    lease: Lease, event: InboundEvent, decide: Callable[[Turn], None], customer: Customer | None = None
) -> Customer | None:
    """Let `decide` decide on the event, and write all of it in one transaction. LeaseLost where the lane is another's.

    Returns the customer as the event left them; passed on to the lane's next event, they need not be read again, as
    nobody else writes them while the lane is ours.
    """
    customer = customer or load_customer(event.lane)
    turn = load_turn(event, customer)
    decide(turn)
    applier = Applier(event, turn, customer, clock.now())
    with transaction.atomic():
        applier.run(turn.actions)
        wake_at = applier.now if applier.flush() else None
        _finish(event, turn, applier)
        # Last, and once: where the lease is another's by now, all of the above is undone.
        fence(lease, wake_at)
    applier.after_commit()
    return applier.left()


def _finish(event: InboundEvent, turn: Turn, applier: Applier) -> None:
    state = InboundEvent.State.FILTERED if turn.filtered else InboundEvent.State.DONE
    waiting = InboundEvent.objects.filter(pk=event.pk, state=InboundEvent.State.NEW)
    reason = (turn.filtered or applier.said)[:300]
    if not waiting.update(state=state, reason=reason, finished_at=applier.now):
        # Whoever read it before it was finished must not apply it twice.
        raise LeaseLost(event.lane)
