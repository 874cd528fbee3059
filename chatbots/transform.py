"""Transform: gives a conversation to a seat."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy

from bridge.inbox.events import ConversationEvent
from bridge.inbox.serving_events import SeatSought
from bridge.pipeline.actions import Action, Record, SwitchMode
from bridge.pipeline.bots import ChatBot
from bridge.pipeline.serving import Assign, Assigned, Closed, Full, Outcome
from bridge.pipeline.turn import Turn
from chatbots.handing import handed_over
from chatbots.leave import leave_message
from chatbots.stack import wait


class TransformBot(ChatBot):
    """Gives a new conversation to the best free seat of its group; where none is free, the stack bot takes over.

    Outside of working hours the leave bot does.
    """

    name = "transform"
    label = gettext_lazy("A seat is looked for")

    def on_message(self, turn: Turn, loaded: Any) -> Iterable[Action]:
        assert turn.conversation is not None
        records = [Record(content, turn.incoming.side) for content in turn.incoming.contents]
        return [*records, _sought(turn, turn.conversation.group, turn.conversation.data.get("to"))]

    def on_event(self, turn: Turn, event: ConversationEvent) -> Iterable[Action]:
        assert turn.conversation is not None
        return [_sought(turn, turn.conversation.group)] if isinstance(event, SeatSought) else []


def _sought(turn: Turn, group: str, known: int | None = None) -> Action:
    return Assign(group, then=partial(_found, turn, group, known), to=known)


def _found(turn: Turn, group: str, known: int | None, outcome: Outcome) -> Iterable[Action]:
    match outcome:
        case Assigned():
            return handed_over(outcome, before=known)
        case Full():
            return [SwitchMode("stack"), wait(turn, group)]
        case Closed():
            return leave_message(turn, group, outcome)
    # No such group, or no more: the account's own is asked. Without one the messages are kept, until it has one.
    own = turn.account.group if turn.account else ""
    return [_sought(turn, own)] if own not in ("", group) else []
