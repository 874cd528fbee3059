"""Leave: takes a message where nobody can answer now, and hands it over as soon as somebody is there."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy

from bridge.inbox.events import ConversationEvent
from bridge.inbox.serving_events import PlaceFree
from bridge.pipeline.actions import Action, Answer, Record, SwitchMode
from bridge.pipeline.bots import ChatBot
from bridge.pipeline.serving import Assign, Closed, Enqueue, Outcome
from bridge.pipeline.turn import Turn
from bridge.values import texts as texts_module
from bridge.values.content import Notice
from chatbots.handing import handed_over


class LeaveBot(ChatBot):
    """Collects what is written outside of working hours, or when too many wait. The place in the queue is kept."""

    name = "leave"
    label = gettext_lazy("Leaves a message")

    def on_message(self, turn: Turn, loaded: Any) -> Iterable[Action]:
        return [Record(content, turn.incoming.side) for content in turn.incoming.contents]

    def on_event(self, turn: Turn, event: ConversationEvent) -> Iterable[Action]:
        assert turn.conversation is not None
        if not isinstance(event, PlaceFree):
            return []
        return [Assign(turn.conversation.group, then=handed_over)]


def leave_message(turn: Turn, group: str, why: Outcome) -> list[Action]:
    """Return what asks the customer for a message: because it is closed now, or because nobody has time."""
    return [SwitchMode(LeaveBot.name), Enqueue(group, then=partial(_ask, turn, why), left=True)]


def _ask(turn: Turn, why: Outcome, _waiting: Outcome) -> Iterable[Action]:
    said = _words(turn, why)
    return [Answer(Notice(said), author=LeaveBot.name)] if said else []


def _words(turn: Turn, why: Outcome) -> str:
    texts = turn.texts
    if not isinstance(why, Closed):
        return texts_module.text(texts, "leave_message")
    return texts_module.closed(texts, why.text, why.opens, turn.now)
