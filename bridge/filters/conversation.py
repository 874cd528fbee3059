"""Conversation: who is it, and which conversation does it belong to?"""

from __future__ import annotations

from django.utils.translation import gettext as _

from bridge.actions import (
    CapacityChanged,
    ChangePresence,
    CloseConversation,
    Notify,
    OpenConversation,
    Release,
    ReleaseHeld,
    Resend,
    UpdateCustomer,
)
from bridge.filters.base import Filter, Proceed
from bridge.turn import ConversationState, Turn


class Conversation(Filter):
    """Opens a customer's conversation at the first message, knows a seat by its IM account, and takes in presence."""

    def process(self, turn: Turn, proceed: Proceed) -> None:
        match turn.incoming.side:
            case "customer" if turn.incoming.event:
                self._customer_event(turn)
            case "customer":
                self._customer_wrote(turn)
                proceed(turn)
            case "seat":
                self._seat_wrote(turn, proceed)
            case "presence":
                self._presence(turn)
            case "internal":
                self._internal(turn, proceed)

    @staticmethod
    def _customer_event(turn: Turn) -> None:
        follows = turn.incoming.event == "subscribe"
        turn.do(UpdateCustomer(subscribed=follows, scene=turn.incoming.facts.get("scene", "")))
        agent = turn.conversation.agent if turn.conversation else None
        if agent and not follows:
            turn.do(Notify(agent, _("The customer no longer follows the account; answers will not arrive.")))

    @staticmethod
    def _customer_wrote(turn: Turn) -> None:
        turn.do(UpdateCustomer(wrote=True), ReleaseHeld())
        if turn.conversation is None and turn.account:
            account = turn.account
            turn.conversation = ConversationState(None, account.first_mode, account.group)
            turn.do(OpenConversation(account.first_mode, account.group))

    @staticmethod
    def _seat_wrote(turn: Turn, proceed: Proceed) -> None:
        turn.sender = turn.find_agent(turn.incoming.sender)
        if turn.sender is None:
            turn.drop(_("%s is not a seat") % turn.incoming.sender[:60])
        else:
            proceed(turn)

    @staticmethod
    def _presence(turn: Turn) -> None:
        if turn.find_agent(turn.incoming.sender) is None:
            turn.drop(_("%s is not a seat") % turn.incoming.sender[:60])
        else:
            turn.do(ChangePresence(turn.incoming.sender, turn.incoming.facts["online"]))

    @staticmethod
    def _internal(turn: Turn, proceed: Proceed) -> None:
        facts = turn.incoming.facts
        match turn.incoming.event:
            case "resend":
                turn.do(Resend(ids=tuple(facts["deliveries"])))
            case "capacity":
                turn.do(CapacityChanged(facts["im_id"]))
            case "close" if turn.conversation:
                turn.do(Release(), CloseConversation(facts.get("reason", "")))
            case _ if turn.conversation:
                proceed(turn)
            case _:
                turn.drop(_("the conversation is closed"))
