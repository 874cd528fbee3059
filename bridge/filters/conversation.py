"""Conversation: who is it, and which conversation does it belong to?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from bridge.actions import (
    CapacityChanged,
    ChangeAvailability,
    ChangePresence,
    CloseConversation,
    MarkRead,
    Notify,
    OpenConversation,
    Recall,
    Release,
    ReleaseHeld,
    Resend,
    SendDue,
    ShowTyping,
    UpdateCustomer,
    WarnOfWindow,
)
from bridge.agents import Agent
from bridge.content import Signal
from bridge.filters.base import Filter, Proceed
from bridge.platforms.registry import get_platform
from bridge.turn import ConversationState, Turn


class Conversation(Filter):
    """Opens a customer's conversation at the first message, knows a seat by its IM account, and takes in presence."""

    def process(self, turn: Turn, proceed: Proceed) -> None:
        match turn.incoming.side:
            case "customer" if turn.incoming.event:
                self._customer_event(turn, proceed)
            case "customer":
                self._customer_wrote(turn, UpdateCustomer(wrote=True, **_permission(turn)))
                proceed(turn)
            case "seat":
                self._seat(turn, proceed)
            case "presence":
                self._presence(turn)
            case "internal":
                self._internal(turn, proceed)

    def _customer_event(self, turn: Turn, proceed: Proceed) -> None:
        """Take in what the customer did; where the account's setting says so, it opens a conversation as a message does."""
        event, key = turn.incoming.event, turn.incoming.facts.get("key", "")
        if event in ("follow", "unfollow"):
            self._follow(turn, key)
        elif turn.customer:
            turn.do(UpdateCustomer(**_permission(turn)), ReleaseHeld())
        if turn.account and turn.account.opens_at(key) and _may_open(event, key):
            self._customer_wrote(turn, UpdateCustomer(wrote=True, **_permission(turn)))
            turn.incoming = replace(turn.incoming, event="", contents=(Signal(event, key),))
            proceed(turn)
        elif event not in ("follow", "unfollow"):
            turn.drop(_("the account's setting opens no conversation at this (%s)") % (key or event)[:60])

    @staticmethod
    def _follow(turn: Turn, scene: str) -> None:
        follows = turn.incoming.event == "follow"
        turn.do(UpdateCustomer(subscribed=follows, scene=scene, **_permission(turn)))
        agent = turn.conversation.agent if turn.conversation else None
        if agent and not follows:
            turn.do(Notify(agent, _("The customer no longer follows the account; answers will not arrive.")))

    @staticmethod
    def _customer_wrote(turn: Turn, update: UpdateCustomer) -> None:
        turn.do(update, ReleaseHeld())
        if turn.conversation is None and turn.account:
            account = turn.account
            turn.conversation = ConversationState(None, account.first_mode, account.group)
            turn.do(OpenConversation(account.first_mode, account.group))

    def _seat(self, turn: Turn, proceed: Proceed) -> None:
        turn.sender = turn.find_agent(turn.incoming.sender)
        if turn.sender is None:
            turn.drop(_("%s is not a seat") % turn.incoming.sender[:60])
        elif turn.incoming.event:
            self._seat_event(turn, turn.sender)
        else:
            turn.do(*(Notify(turn.sender, words) for words in turn.incoming.facts.get("refusals", ())))
            proceed(turn)

    @staticmethod
    def _seat_event(turn: Turn, sender: Agent) -> None:
        """A seat typed, read or recalled something in the chat with a customer who is theirs."""
        facts, conversation = turn.incoming.facts, turn.conversation
        if turn.incoming.event == "recall":
            turn.do(Recall(facts["dedup"], then=lambda taken: _recalled(sender, taken)))
        elif conversation is None or conversation.agent is None or conversation.agent.id != sender.id:
            turn.drop(_("there is no conversation of this seat here"))
        elif turn.incoming.event == "read":
            turn.do(MarkRead(datetime.fromtimestamp(facts["at"], UTC)))
        elif turn.incoming.event == "typing":
            turn.do(ShowTyping(facts["typing"]))

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
            case "send_due":
                turn.do(SendDue())
            case "tell" if agent := turn.find_agent(facts["im_id"]):
                turn.do(Notify(agent, facts["text"]))
            case "availability":
                turn.do(ChangeAvailability(facts["im_id"], facts["availability"]))
            case "capacity":
                turn.do(CapacityChanged(facts["im_id"]))
            case "window" if turn.conversation:
                turn.do(WarnOfWindow())
            case "close" if turn.conversation:
                turn.do(Release(), CloseConversation(facts.get("reason", "")))
            case _ if turn.conversation:
                proceed(turn)
            case _:
                turn.drop(_("the conversation is closed"))


def _permission(turn: Turn) -> dict[str, Any]:
    """Return the fields of UpdateCustomer that say what the customer's action allows us to send."""
    account, trigger = turn.account, turn.incoming.trigger
    if account is None or not trigger:
        return {}
    grant = get_platform(turn.event.platform).grant(account.kind, account.window_rules, trigger)
    return {"grant": grant, "at": turn.event.at or turn.now} if grant else {}


def _may_open(event: str, key: str) -> bool:
    """A follow opens a conversation only by the scene of the code that led to it."""
    return event in ("click", "scan", "enter") or (event == "follow" and bool(key))


def _recalled(sender: Agent, taken: bool) -> list[Notify]:
    if taken:
        return [Notify(sender, _("Recalled: it had not been sent to the customer yet."))]
    return [Notify(sender, _("WeChat can't take a message back: the customer has it already."))]
