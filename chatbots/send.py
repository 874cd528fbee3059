"""Send: relays between the customer and the seat, and minds their silences."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy, gettext_noop

from bridge.inbox.events import ConversationEvent
from bridge.inbox.serving_events import ConversationIdle, CustomerSilent, OfferOver, SeatGone, SeatSilent
from bridge.pipeline.actions import Action, Answer, Effect, Notify, Relay, Reminded, Resend, SwitchMode
from bridge.pipeline.bots import ChatBot, refuse, reply
from bridge.pipeline.commands import Flag, command
from bridge.pipeline.serving import Assign, Assigned, Enqueue, Outcome, SettleOffer, TakeBack, closing
from bridge.pipeline.turn import ConversationState, Turn
from bridge.values.content import Notice
from bridge.values.text import duration
from bridge.values.texts import text
from bridge.values.wording import gettext as _
from chatbots.handing import handed_over
from chatbots.transfer import offer_over


class SendBot(ChatBot):
    """Passes each message on to the other side; the convertors put it into the other platform's words."""

    name = "send"
    label = gettext_lazy("A seat answers")

    def on_message(self, turn: Turn, loaded: Any) -> Iterable[Action]:
        assert turn.conversation is not None
        author = turn.sender.name if turn.sender else ""
        agent = None if turn.sender else turn.conversation.agent
        return [Relay(content, turn.incoming.side, author, agent) for content in turn.incoming.contents]

    def on_event(self, turn: Turn, event: ConversationEvent) -> Iterable[Action]:
        """What a timer found may be over by now: somebody has written since."""
        conversation = turn.conversation
        assert conversation is not None
        silent_since = conversation.last_message_at if conversation.unanswered_since is None else None
        match event:
            case OfferOver():
                return [SettleOffer(None, accept=False, then=offer_over)]
            case SeatSilent(since=since) if since == conversation.unanswered_since and not _answering(turn):
                return _remind_seat(turn, conversation, since)
            case CustomerSilent(last=last) if last == silent_since:
                return _remind_customer(turn)
            case ConversationIdle(last=last) if last == silent_since:
                return closing(conversation.agent, _("nobody wrote any more"))
            case SeatGone(since=since) if conversation.unanswered_since and not _answering(turn):
                return [TakeBack(since, then=lambda taken: _taken_back(conversation) if taken is Effect.DONE else [])]
        return []

    @command("resend", "重发", flags=[Flag("m", "message", gettext_noop("number of a message"))], remote=True)
    def resend(self, turn: Turn, message: str = "") -> Iterable[Action]:
        """Send again what did not reach the customer."""
        last = turn.conversation or turn.recent
        owner = last.agent if last else None
        theirs = owner is not None and turn.sender is not None and owner.id == turn.sender.id
        if last is None or not (theirs or turn.oversees(last.group)):
            return refuse(_("Only the seat that has a conversation, or had it last, can resend its messages."))
        if message and not (message.isascii() and message.isdecimal() and len(message) < 19):
            return refuse(_("“%s” is no number of a message.") % message)
        one = int(message) if message else None
        return [Resend(conversation=last.id, message=one, then=lambda count: reply(_("%d sent again.") % count))]


def _answering(turn: Turn) -> bool:
    """Tell whether the seat has answered, and its words have not arrived yet."""
    conversation = turn.conversation
    return conversation is not None and conversation.id is not None and turn.is_answering(conversation.id)


def _remind_seat(turn: Turn, conversation: ConversationState, since: datetime) -> Iterable[Action]:
    agent = conversation.agent
    if agent is None:
        return []
    waited = duration(int((turn.now - since).total_seconds()))
    return [Notify(agent, _("The customer has been waiting for an answer for %s.") % waited), Reminded("seat")]


def _remind_customer(turn: Turn) -> Iterable[Action]:
    said = text(turn.texts, "still_there")
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
