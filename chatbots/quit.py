"""Quit: leaves a mode, and closes conversations."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.utils.translation import gettext_noop

from bridge.pipeline.actions import Action, Answer, CloseConversation, Summarize, SwitchMode
from bridge.pipeline.bots import ChatBot, refuse, reply
from bridge.pipeline.commands import Flag, command
from bridge.pipeline.serving import Assign, Assigned, Closed, Full, Outcome, Release, closing
from bridge.pipeline.turn import ConversationState, Turn
from bridge.values.agents import Agent
from bridge.values.content import Notice
from bridge.values.texts import text
from bridge.values.wording import gettext as _
from chatbots.handing import handed_over
from chatbots.leave import leave_message
from chatbots.stack import wait


class QuitBot(ChatBot):
    """Leaves the mode a conversation is in. It handles no messages itself."""

    name = "quit"

    @command("close", "结束", flags=[Flag("s", "summary", gettext_noop("summary"), rest=True)], remote=True)
    def close(self, turn: Turn, summary: str) -> Iterable[Action]:
        """Close this conversation."""
        if refusal := _not_allowed(turn):
            return refuse(refusal)
        name = turn.sender.name if turn.sender else ""
        conversation = turn.conversation
        assert conversation is not None
        written: list[Action] = []
        if summary.strip() and conversation.id:
            written.append(Summarize(conversation.id, summary))
        done = reply(_("The conversation is closed."))
        return [*written, *done, *closing(conversation.agent, _("closed by %s") % name)]

    @command("quit", "退出", sides=("seat", "customer"), remote=True)
    def quit(self, turn: Turn) -> Iterable[Action]:
        """Leave: a seat leaves the conversation to the next free one, a customer leaves the queue."""
        if turn.sender is None:
            return self._customer_quits(turn, turn.conversation)
        if refusal := _not_allowed(turn):
            return refuse(refusal)
        conversation = turn.conversation
        if conversation is None or conversation.agent is None:
            return refuse(_("No seat has this conversation."))
        then = partial(_left, turn, conversation.group, conversation.agent)
        return [Assign(conversation.group, then, leaving=conversation.agent.id)]

    @staticmethod
    def _customer_quits(turn: Turn, conversation: ConversationState | None) -> Iterable[Action]:
        if conversation is None:
            return []
        if conversation.status == "queued":
            said = text(turn.texts, "left_line")
            answer = [Answer(Notice(said), QuitBot.name)] if said else []
            return [*answer, Release(), CloseConversation(_("the customer left the line"))]
        if conversation.agent is None:
            return [SwitchMode("transform")]
        return closing(conversation.agent, _("the customer left"))


def _left(turn: Turn, group: str, seat: Agent, outcome: Outcome) -> Iterable[Action]:
    """The customer is with somebody else at once, or waits in the queue, or hears that nobody is there."""
    match outcome:
        case Assigned(agent=agent) if agent.id == seat.id:
            words = _("Nobody else is free, so it stays with %s. After #busy it can wait in the queue.")
            return refuse(words % agent.name)
        case Assigned(agent=agent):
            return [*reply(_("Left; %s has the conversation now.") % agent.name), *handed_over(outcome)]
        case Full():
            waiting = [SwitchMode("stack"), wait(turn, group)]
            return [*reply(_("Left; the customer waits in the queue.")), Release(), *waiting]
        case Closed():
            return [
                *reply(_("Left; the customer is asked for a message.")),
                Release(),
                *leave_message(turn, group, outcome),
            ]
    said = text(turn.texts, "leave_message")
    told = [Answer(Notice(said), QuitBot.name)] if said else []
    return [*reply(_("Left; nobody serves this account's customers now.")), Release(), SwitchMode("transform"), *told]


def _not_allowed(turn: Turn) -> str:
    if turn.conversation is None:
        return _("There is no open conversation here.")
    if not turn.is_owner and not turn.oversees(turn.conversation.group):
        return _("Only the seat that has a conversation can do this.")
    return ""
