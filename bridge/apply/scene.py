"""The scene: one event inside its transaction, as its actions' handlers see it. Apps above the bridge register theirs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from bridge.apply.journal import Journal
from bridge.apply.outgoing import Outgoing
from bridge.apply.standing import Standing
from bridge.base.rows import write_columns
from bridge.inbox import storing
from bridge.inbox.events import Event
from bridge.models import Conversation, Customer, InboundEvent
from bridge.pipeline.actions import Action
from bridge.pipeline.turn import Turn
from bridge.values.incoming import INTERNAL

Post = Callable[[str, Event], Any]


class Scene:
    """What an event concerns, and what may be done about it.

    `journal` records messages and facts, `outgoing` owes something to somebody, `post` posts an event in another lane.
    `said` is kept with the event, for those who asked for it elsewhere than on IM. `due` says that deliveries which
    were owed before are to be sent now, `is_new` that this event has opened the conversation.
    """

    def __init__(
        self, event: InboundEvent, turn: Turn, standing: Standing, now: datetime, post: Post = storing.post
    ) -> None:
        self.event_id, self.lane, self.dedup = event.pk, event.lane, event.dedup
        self.turn, self.standing, self.now, self.post = turn, standing, now, post
        self.journal, self.outgoing = Journal(self), Outgoing(self)
        self.said = ""
        self.due = False
        self.is_new = False
        self._changed: set[str] = set()
        self._changed_of_customer: set[str] = set()

    def carry_out(self, actions: Iterable[Action]) -> None:
        """Carry out `actions` in their order, each with what follows from it before the next."""
        waiting = deque(actions)
        while waiting:
            action = waiting.popleft()
            before = self.standing.conversation
            if not is_plain(action):
                self.journal.flush()
            more = _handlers[type(action)](self, action)
            if action.moves:
                self.journal.moved(before)
            waiting.extendleft(reversed(list(more or ())))
        self.journal.end()

    @property
    def customer(self) -> Customer:
        """The customer whose lane it is. Raises: RuntimeError where there is none (yet)."""
        if self.standing.customer is None:
            raise RuntimeError("this lane has no customer")
        return self.standing.customer

    @property
    def conversation(self) -> Conversation:
        """The open conversation of the lane. Raises: RuntimeError where there is none."""
        if self.standing.conversation is None:
            raise RuntimeError("no conversation is open in this lane")
        return self.standing.conversation

    @property
    def push(self) -> str:
        """The key of the platform's push that this event is, whose door may wait for an answer; "" for an event of our own."""
        return "" if self.turn.event.platform == INTERNAL else self.dedup

    @property
    def account_id(self) -> int | None:
        """The customer's account; None where the lane has no customer."""
        return self.standing.customer.account_id if self.standing.customer else None

    def changed(self, *columns: str) -> None:
        """These columns of the open conversation were set; all of them are written once, with the event."""
        self._changed.update(columns)

    def changed_of_customer(self, *columns: str) -> None:
        """The same of the customer."""
        self._changed_of_customer.update(columns)

    @property
    def wakes_at(self) -> datetime | None:
        """When the lane's outbox is to be looked at because of this event; None where it need not be."""
        return self.now if self.outgoing.owed or self.due else None

    def conversation_columns(self) -> dict[str, Any]:
        """Return the columns of the open conversation that were set."""
        return {name: getattr(self.conversation, name) for name in self._changed}

    def customer_columns(self) -> dict[str, Any]:
        """Return the columns of the customer that were set."""
        return {name: getattr(self.customer, name) for name in self._changed_of_customer}

    def write_conversation(self) -> None:
        """Write the columns of the open conversation before the event's end."""
        if self._changed:
            write_columns(Conversation, {self.conversation.pk: self.conversation_columns()})
            self._changed = set()

    def opened(self, conversation: Conversation, *, is_new: bool) -> None:
        """The customer's open conversation is this one from now on; it `is_new`, or opened once more."""
        self.standing, self.is_new = Standing(self.standing.customer, conversation), is_new

    def closed(self) -> None:
        """The open conversation was closed."""
        self.write_conversation()
        self.journal.forget(self.conversation.pk)
        self.standing = Standing(self.standing.customer)

    def erased(self) -> None:
        """There is no customer any more, nor anything that is owed to them."""
        self.standing, self._changed, self._changed_of_customer = Standing(), set(), set()
        self.journal.forget_lines()
        self.outgoing.forget()


Handler = Callable[[Scene, Any], Iterable[Action] | None]
_handlers: dict[type[Action], Handler] = {}
_plain: set[type[Action]] = set()


def handles(action: type[Action], *, plain: bool = False) -> Callable[[Handler], Handler]:
    """Register the decorated function as the one that carries out actions of this type.

    It gets the scene and the action, and may return more actions, which are carried out right after. One that is `plain`
    reads nothing that earlier actions write, and leaves all writing to the scene, so that several events can be written at
    once.
    """

    def register(handler: Handler) -> Handler:
        _handlers[action] = handler
        if plain:
            _plain.add(action)
        return handler

    return register


def is_plain(action: Action) -> bool:
    """Tell whether the one who carries out this action is plain."""
    return type(action) in _plain
