"""Conversation: who is it, and which conversation does it belong to?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bridge.pipeline import opening, surveys, template_news
from bridge.pipeline.actions import (
    Action,
    Answer,
    Effect,
    MarkRead,
    Notify,
    Recall,
    ReleaseHeld,
    Score,
    ShowTyping,
    TagWith,
    UpdateCustomer,
)
from bridge.pipeline.bots import arrivals
from bridge.pipeline.filters.base import Filter, Proceed
from bridge.pipeline.filters.internal import take_in
from bridge.pipeline.serving import ChangePresence
from bridge.pipeline.turn import AccountState, SourceState, Turn
from bridge.values import ways
from bridge.values.agents import Agent
from bridge.values.content import Notice, Signal
from bridge.values.taps import ANSWER, Tap
from bridge.values.texts import text
from bridge.values.wording import gettext as _

ARRIVES = ("follow", "scan")  # events that come by a code's scene


class Conversation(Filter):
    """Opens a customer's conversation at the first message, knows a seat by its IM account, and takes in presence."""

    def process(self, turn: Turn, proceed: Proceed) -> None:
        match turn.incoming.side:
            case "customer" if turn.incoming.event in template_news.EVENTS:
                template_news.take_in(turn)
            case "customer" if turn.customer and turn.customer.blocked and turn.incoming.event != "unfollow":
                turn.do(_of_blocked(turn))
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
            turn.do(update, ReleaseHeld(), Score(*answered, then=lambda scored: _thank(thanks, scored)))
        else:
            self._customer_wrote(turn, update)
            proceed(turn)

    def _customer_event(self, turn: Turn, proceed: Proceed) -> None:
        """Take in what the customer did; where account or source say so, it opens a conversation as a message does."""
        event, key = turn.incoming.event, turn.incoming.facts.get("key", "")
        signal = Signal(event, key, turn.incoming.facts.get("scanned", ""))
        if event == "click" and key and turn.account and (tap := turn.tap_at(key)):
            self._tapped(turn, turn.account, tap, proceed)
            return
        source = turn.source(key) if event in ARRIVES else None
        if event in ("follow", "unfollow"):
            self._follow(turn, key, source)
        elif turn.customer or source:
            turn.do(UpdateCustomer(**_permission(turn)), ReleaseHeld())
        if _opens(turn, source):
            self._customer_wrote(turn, UpdateCustomer(wrote=True, **_permission(turn)), source)
            turn.do(*_arrived(turn, source))
            turn.incoming = replace(turn.incoming, event="", contents=(signal,))
            proceed(turn)
            return
        if source and source.leads and turn.conversation is None:
            turn.do(UpdateCustomer(led_by=key))
        arrived = _arrived(turn, source)
        turn.do(*arrived)
        if event not in ("follow", "unfollow") and not (arrived or source):
            turn.drop(_("the account's setting opens no conversation at this (%s)") % (key or event)[:60])

    @staticmethod
    def _tapped(turn: Turn, account: AccountState, tap: Tap, proceed: Proceed) -> None:
        """Answer the tap, or lead the customer where the item of the menu leads."""
        answers = tap.does == ANSWER
        turn.do(UpdateCustomer(wrote=not answers, **_permission(turn)), ReleaseHeld())
        if answers:
            turn.do(*opening.said_at(turn, tap))
        else:
            opening.lead(turn, tap, account)
            proceed(turn)

    @staticmethod
    def _follow(turn: Turn, scene: str, source: SourceState | None) -> None:
        follows = turn.incoming.event == "follow"
        way = ways.of_code(scene, known=source is not None) if follows else ""
        turn.do(UpdateCustomer(subscribed=follows, scene=scene, way=way, **_permission(turn)))
        agent = turn.conversation.agent if turn.conversation else None
        if agent and not follows:
            turn.do(Notify(agent, _("The customer no longer follows the account; answers will not arrive.")))

    @staticmethod
    def _customer_wrote(turn: Turn, update: UpdateCustomer, source: SourceState | None = None) -> None:
        """Open a conversation where none is open: as the source says by which the customer came, just now or before."""
        led_by = turn.customer.led_by if turn.customer and turn.conversation is None else ""
        turn.do(replace(update, led_by="") if led_by else update, ReleaseHeld())
        if turn.conversation is None and turn.account:
            led_by = "" if source else led_by
            source, way = source or turn.source(led_by), _way(turn, source, led_by)
            before = None if source else opening.reopened(turn)
            turn.do(before or opening.opened(turn, turn.account, source or SourceState(), came_by=led_by, way=way))

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


def _of_blocked(turn: Turn) -> UpdateCustomer:
    """Return what is written down of somebody who is blocked: that they were here, and whether they follow."""
    update = UpdateCustomer(wrote=True, **_permission(turn))
    if turn.incoming.event != "follow":
        return update
    key = turn.incoming.facts.get("key", "")
    return replace(update, subscribed=True, scene=key, way=ways.of_code(key, known=turn.source(key) is not None))


def _opens(turn: Turn, source: SourceState | None) -> bool:
    """Tell whether this event opens a conversation. A follow does only by the scene of the code that led to it."""
    event, key, account = turn.incoming.event, turn.incoming.facts.get("key", ""), turn.account
    if source and source.opens:
        return True
    may = event in ("click", "scan", "enter") or (event == "follow" and bool(key))
    return may and account is not None and account.opens_at(key)


def _way(turn: Turn, source: SourceState | None, led_by: str) -> str:
    """Return by which way the conversation that opens now is counted: by the code just scanned, or the one before; else ""."""
    if turn.incoming.event in ARRIVES:
        return ways.of_code(turn.incoming.facts.get("key", ""), known=source is not None)
    return ways.of_code(led_by, known=turn.source(led_by) is not None)


def _thank(thanks: str, scored: Effect) -> Iterable[Action]:
    return [Answer(Notice(thanks), "survey")] if scored is Effect.DONE and thanks else []


def _permission(turn: Turn) -> dict[str, Any]:
    """Return the fields of UpdateCustomer that say what the customer's action allows us to send."""
    account, trigger = turn.account, turn.incoming.trigger
    if account is None or turn.platform is None or not trigger:
        return {}
    grant = turn.platform.grant(account.kind, account.window_rules, trigger)
    return {"grant": grant, "at": turn.event.at or turn.now} if grant else {}


def _arrived(turn: Turn, source: SourceState | None) -> list[Action]:
    """Return what follows for whoever begins to follow the account or scans one of its codes: tags, and what the bots do."""
    if turn.incoming.event not in ARRIVES:
        return []
    tags = [TagWith(name, then=lambda _name, _known: ()) for name in (source.tags if source else ())]
    return [*tags, *(action for bot in arrivals() for action in bot.on_arrival(turn, bot.loaded(turn)))]


def _recalled(sender: Agent, taken: Effect) -> list[Notify]:
    if taken is Effect.DONE:
        return [Notify(sender, _("Recalled: it had not been sent to the customer yet."))]
    return [Notify(sender, _("It can't be taken back: the customer has it already."))]
