"""Quit: leaves a mode, and closes conversations."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge.actions import Action, Answer, CloseConversation, Summarize, SwitchMode
from bridge.bots import ChatBot, refuse, reply
from bridge.commands import Flag, command
from bridge.content import Notice
from bridge.routing import Release, closing
from bridge.texts import text
from bridge.turn import ConversationState, Turn


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
        """Leave the mode: a seat leaves the conversation to the next free one, a customer leaves the queue."""
        if turn.sender is None:
            return self._customer_quits(turn, turn.conversation)
        if refusal := _not_allowed(turn):
            return refuse(refusal)
        done = reply(_("You have left the conversation; the customer's next message finds a seat."))
        return [*done, Release(), SwitchMode("transform")]

    @staticmethod
    def _customer_quits(turn: Turn, conversation: ConversationState | None) -> Iterable[Action]:
        if conversation is None:
            return []
        if conversation.status == "queued":
            said = text(turn.account.texts if turn.account else {}, "left_line")
            answer = [Answer(Notice(said), QuitBot.name)] if said else []
            return [*answer, Release(), CloseConversation(_("the customer left the line"))]
        if conversation.agent is None:
            return [SwitchMode("transform")]
        return closing(conversation.agent, _("the customer left"))


def _not_allowed(turn: Turn) -> str:
    if turn.conversation is None:
        return _("There is no open conversation here.")
    if not turn.is_owner and not turn.oversees(turn.conversation.group):
        return _("Only the seat that has a conversation can do this.")
    return ""
