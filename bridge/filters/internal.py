"""Events of our own: timers, what one lane tells another, commands and words that come from the desk or the API."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bridge.actions import CloseConversation, Drop, Erase, Notify, Resend, SendDue, ShowTyping, WarnOfWindow
from bridge.agents import Agent
from bridge.bots import command_table, refuse
from bridge.commands import CommandError, ParsedCommand, checked
from bridge.content import Content
from bridge.filters.base import Proceed
from bridge.routing import CapacityChanged, ChangeAvailability, ChangePresence, PresenceSeen, Release, closing
from bridge.turn import ConversationState, Turn


def take_in(turn: Turn, proceed: Proceed) -> None:
    """Decide on what needs no bot, and let the rest go on to the bots."""
    kind, facts = turn.incoming.event, turn.incoming.facts
    if kind in ("command", "written"):
        _from_person(turn, facts)
        proceed(turn)
    elif kind in _SEATS:
        turn.do(_SEATS[kind](facts))
    elif kind == "resend":
        turn.do(Resend(ids=tuple(facts["deliveries"])))
    elif kind == "drop":
        turn.do(Drop(tuple(facts["deliveries"]), facts["reason"]))
    elif kind == "erase":
        turn.do(*([Release(), CloseConversation(_("erased"))] if turn.conversation else ()), Erase())
    elif kind == "send_due":
        turn.do(SendDue())
    elif kind == "tell":
        if agent := turn.find_agent(facts["im_id"]):
            turn.do(Notify(agent, facts["text"]))
    elif turn.conversation is None:
        turn.drop(_("the conversation is closed"))
    elif kind == "typing":
        _typing(turn, turn.conversation, facts)
    elif kind == "window":
        turn.do(WarnOfWindow())
    elif kind == "close":
        turn.do(*closing(turn.conversation.agent, facts.get("reason", "")))
    elif kind == "expire":
        _expire(turn, turn.conversation, facts["last"])
    else:
        proceed(turn)


def _typing(turn: Turn, conversation: ConversationState, facts: Any) -> None:
    """Somebody types at a desk: the customer sees it of whoever may write to them."""
    writing = [conversation.agent, *(one.agent for one in conversation.watchers if one.speaks)]
    if any(agent and agent.id == facts["agent"] for agent in writing):
        turn.do(ShowTyping(facts["on"]))
    else:
        turn.drop(_("there is no conversation of this seat here"))


def _expire(turn: Turn, conversation: ConversationState, last: str) -> None:
    """A conversation that is with a bot alone ends in silence, if nobody has written since it was found."""
    at = conversation.last_message_at
    if conversation.status == "bot" and at is not None and at.isoformat() == last:
        turn.do(CloseConversation(_("nobody wrote any more")))
    else:
        turn.drop(_("somebody has written since"))


# What changes a seat, in the seat's own lane.
_SEATS: dict[str, Any] = {
    "availability": lambda facts: ChangeAvailability(facts["im_id"], facts["availability"]),
    "capacity": lambda facts: CapacityChanged(facts["im_id"]),
    "connection": lambda facts: ChangePresence(facts["im_id"], facts["online"], facts["client"]),
    "presence": lambda facts: PresenceSeen(
        facts["im_id"], tuple(facts["clients"]), datetime.fromisoformat(facts["asked"])
    ),
}


def _from_person(turn: Turn, facts: dict[str, Any] | Any) -> None:
    """A command or a message that somebody gave elsewhere than on IM; who it is was checked there."""
    turn.sender = Agent(**facts["actor"])
    turn.site, turn.quiet = bool(facts.get("site")), bool(facts.get("quiet"))
    if turn.conversation and facts.get("conversation") not in (None, turn.conversation.id):
        turn.do(*refuse(_("Conversation %d is closed.") % facts["conversation"]))
        return
    if turn.incoming.event == "written":
        contents = tuple(Content.from_json(one) for one in facts["contents"])
        incoming = replace(turn.incoming, side="seat", event="", contents=contents, sender=turn.sender.im_id)
        turn.incoming = replace(incoming, recipient=turn.event.lane)
        return
    found = command_table().get(facts["name"])
    if found is None:
        turn.do(*refuse(_("There is no command #%s. #help lists them all.") % facts["name"]))
        return
    command = found[1]
    try:
        turn.command = ParsedCommand(command, checked(command, facts["arguments"]))
    except CommandError as error:
        turn.command = ParsedCommand(command, {}, str(error))
