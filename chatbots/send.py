"""Send: relays between the customer and the seat, and minds their silences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from bridge.actions import Action, Answer, Notify, Relay, Reminded, Resend, SwitchMode
from bridge.bots import ChatBot, refuse, reply
from bridge.commands import command
from bridge.content import Notice
from bridge.routing import Assign, Assigned, Enqueue, Outcome, SettleOffer, TakeBack, closing
from bridge.text import duration
from bridge.texts import text
from bridge.turn import ConversationState, Turn
from chatbots.handing import handed_over
from chatbots.transfer import offer_over


class SendBot(ChatBot):
    """Passes each message on to the other side; the convertors put it into the other platform's words."""

    name = "send"

    def on_message(self, turn: Turn, loaded: Any) -> Iterable[Action]:
        assert turn.conversation is not None
        author = turn.sender.name if turn.sender else ""
        agent = None if turn.sender else turn.conversation.agent
        return [Relay(content, turn.incoming.side, author, agent) for content in turn.incoming.contents]

    def on_event(self, turn: Turn) -> Iterable[Action]:
        conversation, facts = turn.conversation, turn.incoming.facts
        assert conversation is not None
        if turn.incoming.event == "offer_over":
            return [SettleOffer(None, accept=False, then=offer_over)]
        if not _still_so(conversation, facts):
            return []
        match turn.incoming.event:
            case "remind_seat":
                return _remind_seat(turn, conversation)
            case "remind_customer":
                return _remind_customer(turn)
            case "close_idle":
                return closing(conversation.agent, _("nobody wrote any more"))
            case "take_back":
                return [TakeBack(facts["since"], then=lambda gone: _taken_back(conversation) if gone else [])]
        return []

    @command("resend", "重发", remote=True)
    def resend(self, turn: Turn) -> Iterable[Action]:
        """Send again what did not reach the customer."""
        if turn.conversation is None or not (turn.is_owner or turn.oversees(turn.conversation.group)):
            return refuse(_("Only the seat that has a conversation can resend its messages."))
        return [Resend(then=lambda count: reply(_("%d sent again.") % count))]


def _still_so(conversation: ConversationState, facts: Any) -> bool:
    """Tell whether nobody has written since the timer found the silence; the event may have waited."""
    last, since = conversation.last_message_at, conversation.unanswered_since
    if "last" in facts:
        return bool(last) and since is None and last.isoformat() == facts["last"]  # type: ignore[union-attr]
    return since is not None


def _remind_seat(turn: Turn, conversation: ConversationState) -> Iterable[Action]:
    since, agent = conversation.unanswered_since, conversation.agent
    if agent is None or since is None or since.isoformat() != turn.incoming.facts["since"]:
        return []
    waited = duration(int((turn.now - since).total_seconds()))
    return [Notify(agent, _("The customer has been waiting for an answer for %s.") % waited), Reminded("seat")]


def _remind_customer(turn: Turn) -> Iterable[Action]:
    said = text(turn.account.texts if turn.account else {}, "still_there")
    asked = [Answer(Notice(said), SendBot.name)] if said else []
    return [*asked, Reminded("customer")]


def _taken_back(conversation: ConversationState) -> Iterable[Action]:
    """The seat has vanished: the customer goes to another one, before all who wait."""
    agent, group = conversation.agent, conversation.group
    told = [Notify(agent, _("You were offline; this conversation was handed on."))] if agent else []

    def found(outcome: Outcome) -> Iterable[Action]:
        if isinstance(outcome, Assigned):
            return handed_over(outcome)
        return [SwitchMode("stack"), Enqueue(group, then=lambda waiting: [], first=True)]

    return [*told, Assign(group, then=found, first=True)]
