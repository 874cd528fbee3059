"""The scene: one event inside its transaction, as those who carry out its actions see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from bridge.apply.journal import Journal
from bridge.apply.outgoing import Outgoing
from bridge.apply.standing import Standing
from bridge.inbox import storing
from bridge.inbox.events import Event
from bridge.models import Conversation, Customer, InboundEvent
from bridge.pipeline.turn import Turn

Post = Callable[[str, Event], Any]


class Scene:
    """What an event concerns, and what may be done about it.

    `journal` records messages and facts, `outgoing` owes something to somebody, `post` tells another lane an event.
    `said` is kept with the event, for those who asked for it elsewhere than on IM. `due` says that deliveries which
    were owed before are to be sent now.
    """

    def __init__(
        self, event: InboundEvent, turn: Turn, standing: Standing, now: datetime, post: Post = storing.post
    ) -> None:
        self.event_id, self.lane = event.pk, event.lane
        self.turn, self.standing, self.now, self.post = turn, standing, now, post
        self.journal, self.outgoing = Journal(self), Outgoing(self)
        self.said = ""
        self.due = False

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

    def came(self, customer: Customer) -> None:
        """The lane's customer is known from now on."""
        self.standing = Standing(customer)

    def opened(self, conversation: Conversation) -> None:
        """The customer's open conversation is this one from now on."""
        self.standing = Standing(self.standing.customer, conversation)

    def closed(self) -> None:
        """The open conversation was closed."""
        self.journal.forget(self.conversation.pk)
        self.standing = Standing(self.standing.customer)

    def erased(self) -> None:
        """There is no customer any more, nor anything that is owed to them."""
        self.standing = Standing()
        self.journal.forget_lines()
        self.outgoing.forget()
