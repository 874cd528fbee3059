"""Transform: gives a conversation to a seat."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bridge.actions import (
    Action,
    Assign,
    Assigned,
    Full,
    Outcome,
    Record,
    RelayBacklog,
    SendContext,
    SwitchMode,
    Transfer,
    Waiting,
)
from bridge.bots import ChatBot, reply
from bridge.commands import Flag, command
from bridge.turn import Turn
from chatbots.stack import wait


class TransformBot(ChatBot):
    """Gives a new conversation to the best free seat of its group; where none is free, the stack bot takes over."""

    name = "transform"

    def on_message(self, turn: Turn, loaded: Any) -> Iterable[Action]:
        assert turn.conversation is not None
        records = [Record(content, turn.incoming.side) for content in turn.incoming.contents]
        group = turn.conversation.group
        return [*records, Assign(group, then=partial(_found, turn, group))]

    @command(
        "transfer",
        "transfor",
        "trasfor",
        "转接",
        flags=[Flag("n", "target", gettext_noop("seat or group"), required=True)],
    )
    def transfer(self, turn: Turn, target: str) -> Iterable[Action]:
        """Hand this conversation to another seat or group, with its last messages."""
        sender, conversation = turn.sender, turn.conversation
        if conversation is None or sender is None:
            return reply(turn, _("There is no open conversation here to transfer."))
        if conversation.agent is None or conversation.agent.id != sender.id:
            return reply(turn, _("Only the seat that has a conversation can transfer it."))
        return [Transfer(target, sender, then=partial(_transferred, turn, target))]


def _found(turn: Turn, group: str, outcome: Outcome) -> Iterable[Action]:
    match outcome:
        case Assigned(agent=agent):
            return [SwitchMode("send"), SendContext(agent), RelayBacklog(agent)]
        case Full():
            return [SwitchMode("stack"), wait(turn, group)]
    # No such group: the messages are kept, and each new one looks again.
    return []


def _transferred(turn: Turn, target: str, outcome: Outcome) -> Iterable[Action]:
    match outcome:
        case Assigned(agent=agent) if turn.sender and agent.id == turn.sender.id:
            return reply(turn, _("You have this conversation already."))
        case Assigned(agent=agent):
            done = reply(turn, _("Transferred to %s.") % agent.name)
            return [SwitchMode("send"), SendContext(agent), RelayBacklog(agent), *done]
        case Waiting(place=place, group=group):
            done = reply(turn, _("Nobody of %(group)s is free; the customer waits there at place %(place)d.")
                         % {"group": group, "place": place})  # fmt: skip
            return [SwitchMode("stack"), *done]
        case Full():
            return reply(turn, _("%s is away or has no room; the conversation stays with you.") % target)
    return reply(turn, _("There is no seat and no group called %s.") % target)
