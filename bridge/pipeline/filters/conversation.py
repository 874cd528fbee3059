"""Conversation: who is it, and which conversation does it belong to?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.pipeline import surveys
from bridge.pipeline.actions import (
    Action,
    Answer,
    MarkRead,
    Notify,
    OpenConversation,
    Recall,
    ReleaseHeld,
    ReopenConversation,
    Score,
    ShowTyping,
    UpdateCustomer,
)
from bridge.pipeline.bots import greeters
from bridge.pipeline.filters.base import Filter, Proceed
from bridge.pipeline.filters.internal import take_in
from bridge.pipeline.serving import ChangePresence
from bridge.pipeline.turn import AccountState, ConversationState, Turn
from bridge.values.agents import Agent
from bridge.values.content import Notice, Signal
from bridge.values.texts import text
from bridge.values.wording import gettext as _


class Conversation(Filter):
    """Opens a customer's conversation at the first message, knows a seat by its IM account, and takes in presence."""

    def process(self, turn: Turn, proceed: Proceed) -> None:
        match turn.incoming.side:
            case "customer" if turn.customer and turn.customer.blocked and turn.incoming.event != "unfollow":
                turn.do(UpdateCustomer(wrote=True, **_permission(turn)))
                turn.drop(_("the customer is blocked"))
            case "customer" if turn.incoming.event:
                self._customer_event(turn, proceed)
            case "customer":
                self._customer_message(turn, proceed)
            case "seat":
                self._seat(turn, proceed)
            case "presence":
                self._presence(turn)
            case "internal" if turn.internal:
                take_in(turn, turn.internal, proceed)

    def _customer_message(self, turn: Turn, proceed: Proceed) -> None:
        """A message opens a conversation, unless it is the answer to how the last one was."""
        update = UpdateCustomer(wrote=True, **_permission(turn))
        answered = surveys.answered(turn)
        if answered:
            thanks = text(turn.texts, "survey_thanks")
            turn.do(update, ReleaseHeld(), Score(*answered, then=lambda counts: _thank(thanks, counts)))
        else:
            self._customer_wrote(turn, update)
            proceed(turn)

    def _customer_event(self, turn: Turn, proceed: Proceed) -> None:
        """Take in what the customer did; where the account's setting says so, it opens a conversation as a message does."""
        event, key = turn.incoming.event, turn.incoming.facts.get("key", "")
        signal = Signal(event, key, turn.incoming.facts.get("scanned", ""))
        if event in ("follow", "unfollow"):
            self._follow(turn, key)
        elif turn.customer:
            turn.do(UpdateCustomer(**_permission(turn)), ReleaseHeld())
        if turn.account and turn.account.opens_at(key) and _may_open(event, key):
            self._customer_wrote(turn, UpdateCustomer(wrote=True, **_permission(turn)))
            turn.incoming = replace(turn.incoming, event="", contents=(signal,))
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
            turn.do(_reopened(turn) or _opened(turn, turn.account))

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
        facts = turn.incoming.facts
        # A seat whose user may no longer work here still goes.
        if facts["online"] and turn.find_agent(turn.incoming.sender) is None:
            turn.drop(_("%s is not a seat") % turn.incoming.sender[:60])
        else:
            turn.do(ChangePresence(turn.incoming.sender, facts["online"], facts.get("client", "")))


def _opened(turn: Turn, account: AccountState) -> Action:
    mode = greeters(account.bots, account.first_mode)[0]
    turn.conversation = ConversationState(None, mode, account.group)
    return OpenConversation(mode, account.group)


def _reopened(turn: Turn) -> Action | None:
    """A seat's conversation that was closed a moment ago goes on, with the same seat if that can be."""
    recent, account = turn.recent, turn.account
    if recent is None or account is None or recent.agent is None:
        return None
    if turn.now - recent.closed_at >= timedelta(minutes=account.reopen_minutes):
        return None
    turn.conversation = ConversationState(recent.id, "transform", recent.group, data={"to": recent.agent.id})
    return ReopenConversation(recent.id, "transform")


def _thank(thanks: str, counts: bool) -> Iterable[Action]:
    return [Answer(Notice(thanks), "survey")] if counts and thanks else []


def _permission(turn: Turn) -> dict[str, Any]:
    """Return the fields of UpdateCustomer that say what the customer's action allows us to send."""
    account, trigger = turn.account, turn.incoming.trigger
    if account is None or turn.platform is None or not trigger:
        return {}
    grant = turn.platform.grant(account.kind, account.window_rules, trigger)
    return {"grant": grant, "at": turn.event.at or turn.now} if grant else {}


def _may_open(event: str, key: str) -> bool:
    """A follow opens a conversation only by the scene of the code that led to it."""
    return event in ("click", "scan", "enter") or (event == "follow" and bool(key))


def _recalled(sender: Agent, taken: bool) -> list[Notify]:
    if taken:
        return [Notify(sender, _("Recalled: it had not been sent to the customer yet."))]
    return [Notify(sender, _("It can't be taken back: the customer has it already."))]
