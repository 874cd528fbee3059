"""The scene: one event inside its transaction, as its actions' handlers see it. Apps above the bridge register theirs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from bridge.apply.journal import Journal
from bridge.apply.outgoing import Outgoing
from bridge.apply.standing import Standing
from bridge.inbox import storing
from bridge.inbox.events import Event
from bridge.models import Conversation, Customer, InboundEvent
from bridge.pipeline.actions import Action
from bridge.pipeline.turn import Turn

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
        self.event_id, self.lane = event.pk, event.lane
        self.turn, self.standing, self.now, self.post = turn, standing, now, post
        self.journal, self.outgoing = Journal(self), Outgoing(self)
        self.said = ""
        self.due = False
        self.is_new = False
        self._changed: set[str] = set()

    def carry_out(self, actions: Iterable[Action]) -> None:
        """Carry out `actions` in their order, each with what follows from it before the next."""
        waiting = deque(actions)
        while waiting:
            action = waiting.popleft()
            before = self.standing.conversation
            more = _handlers[type(action)](self, action)
            if action.moves:
                self.journal.moved(before)
            waiting.extendleft(reversed(list(more or ())))

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
    def account_id(self) -> int | None:
        """The customer's account; None where the lane has no customer."""
        return self.standing.customer.account_id if self.standing.customer else None

    def changed(self, *columns: str) -> None:
        """These columns of the open conversation were set; all of them are written once, with the event."""
        self._changed.update(columns)

    def write(self) -> None:
        """Write all that was collected."""
        self.journal.write()
        self.write_conversation()
        self.outgoing.write()

    @property
    def owes(self) -> bool:
        """Tell whether new deliveries are owed."""
        return self.outgoing.owes

    def write_conversation(self) -> None:
        """Write the columns that were set."""
        if self._changed:
            self.conversation.save(update_fields=self._changed)
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
        self.standing, self._changed = Standing(), set()
        self.journal.forget_lines()
        self.outgoing.forget()


Handler = Callable[[Scene, Any], Iterable[Action] | None]
_handlers: dict[type[Action], Handler] = {}


def handles(action: type[Action]) -> Callable[[Handler], Handler]:
    """Register the decorated function as the one that carries out actions of this type.

    It gets the scene and the action, and may return more actions, which are carried out right after.
    """

    def register(handler: Handler) -> Handler:
        _handlers[action] = handler
        return handler

    return register
