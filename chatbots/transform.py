"""Transform: gives a conversation to a seat."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

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

    def on_message(self, turn: Turn, loaded: Any) -> Iterable[Action]:
        assert turn.conversation is not None
        records = [Record(content, turn.incoming.side) for content in turn.incoming.contents]
        group, known = turn.conversation.group, turn.conversation.data.get("to")
        return [*records, Assign(group, then=partial(_found, turn, group, known), to=known)]


def _found(turn: Turn, group: str, known: int | None, outcome: Outcome) -> Iterable[Action]:
    match outcome:
        case Assigned():
            return handed_over(outcome, before=known)
        case Full():
            return [SwitchMode("stack"), wait(turn, group)]
        case Closed():
            return leave_message(turn, group, outcome)
    # No such group: the messages are kept, and each new one looks again.
    return []
