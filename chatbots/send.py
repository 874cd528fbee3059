"""Send: relays between the customer and the seat."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from bridge.actions import Action, Relay, Resend
from bridge.bots import ChatBot, reply
from bridge.commands import command
from bridge.turn import Turn


class SendBot(ChatBot):
    """Passes each message on to the other side; the convertors put it into the other platform's words."""

    name = "send"

    def on_message(self, turn: Turn, loaded: Any) -> Iterable[Action]:
        assert turn.conversation is not None
        author = turn.sender.name if turn.sender else ""
        agent = None if turn.sender else turn.conversation.agent
        return [Relay(content, turn.incoming.side, author, agent) for content in turn.incoming.contents]

    @command("resend", "重发")
    def resend(self, turn: Turn) -> Iterable[Action]:
        """Send again what did not reach the customer."""
        conversation, sender = turn.conversation, turn.sender
        if conversation is None or sender is None or conversation.agent != sender:
            return reply(turn, _("Only the seat that has a conversation can resend its messages."))
        return [Resend(then=lambda count: reply(turn, _("%d sent again.") % count))]
