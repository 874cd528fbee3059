"""What events of our own bring about, by their class. Those of no class here are for the bot of the conversation's mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from bridge.inbox import events
from bridge.inbox.events import ConversationEvent, Event
from bridge.pipeline.actions import (
    Action,
    CloseConversation,
    Drop,
    Erase,
    LearnWay,
    Notify,
    Resend,
    SendBroadcast,
    SendDue,
    SendTemplate,
    ShowTyping,
    TakeOverProfile,
    Wake,
    WarnOfWindow,
)
from bridge.pipeline.bots import command_table, refuse
from bridge.pipeline.commands import CommandError, ParsedCommand, checked
from bridge.pipeline.filters.base import Proceed
from bridge.pipeline.serving import Release, closing
from bridge.pipeline.turn import Turn
from bridge.values.agents import Author
from bridge.values.incoming import Incoming
from bridge.values.wording import gettext as _

E = TypeVar("E", bound=Event)
Reaction = Callable[[Turn, E, Proceed], None]
_reactions: dict[type[Event], Reaction[Any]] = {}


def reacts_to(event: type[E]) -> Callable[[Reaction[E]], Reaction[E]]:
    """Register the decorated function as what decides on events of this class.

    It gets the turn, the event, and `proceed`, which lets the filters behind see it too. Apps above the bridge register
    theirs when they are ready.
    """

    def register(reaction: Reaction[E]) -> Reaction[E]:
        _reactions[event] = reaction
        return reaction

    return register


def take_in(turn: Turn, event: Event, proceed: Proceed) -> None:
    """Let whatever is registered for the event's class decide on it, else the bot of the conversation's mode."""
    if isinstance(event, ConversationEvent) and turn.conversation is None:
        turn.drop(_("the conversation is closed"))
    elif reaction := _reactions.get(type(event)):
        reaction(turn, event, proceed)
    else:
        proceed(turn)


@reacts_to(events.CommandGiven)
def _command(turn: Turn, event: events.CommandGiven, proceed: Proceed) -> None:
    """Who the author is was checked where the command was given; what they may do, the command checks itself."""
    if not _comes_in_time(turn, event.author, event.conversation):
        return
    found = command_table().get(event.name)
    if found is None:
        turn.do(*refuse(_("There is no command #%s. #help lists them all.") % event.name))
        return
    command = found[1]
    try:
        turn.command = ParsedCommand(command, checked(command, event.arguments))
    except CommandError as error:
        turn.command = ParsedCommand(command, {}, str(error))
    proceed(turn)


@reacts_to(events.Written)
def _written(turn: Turn, event: events.Written, proceed: Proceed) -> None:
    """From here on it goes the way of a message that was written on IM."""
    if not _comes_in_time(turn, event.author, event.conversation):
        return
    turn.incoming = Incoming("seat", event.author.agent.im_id, turn.event.lane, event.contents)
    proceed(turn)


def _comes_in_time(turn: Turn, author: Author, conversation: int | None) -> bool:
    """Take in who the author is; tell whether the conversation they meant is still the open one, and refuse if not."""
    turn.sender, turn.site, turn.quiet, turn.language = author.agent, author.site, author.quiet, author.language
    last = turn.conversation or turn.recent
    if last and conversation not in (None, last.id):
        turn.do(*refuse(_("Conversation %d is closed.") % conversation))
        return False
    return True


@reacts_to(events.ResendAsked)
def _resend(turn: Turn, event: events.ResendAsked, proceed: Proceed) -> None:
    turn.do(Resend(ids=event.deliveries))


@reacts_to(events.DropAsked)
def _drop(turn: Turn, event: events.DropAsked, proceed: Proceed) -> None:
    turn.do(Drop(event.deliveries, event.reason))


@reacts_to(events.EraseAsked)
def _erase(turn: Turn, event: events.EraseAsked, proceed: Proceed) -> None:
    turn.do(*([Release(), CloseConversation(_("erased"))] if turn.conversation else ()), Erase())


@reacts_to(events.EndpointRecovered)
def _recovered(turn: Turn, event: events.EndpointRecovered, proceed: Proceed) -> None:
    turn.do(SendDue())


@reacts_to(events.AgentNotified)
def _notify(turn: Turn, event: events.AgentNotified, proceed: Proceed) -> None:
    if agent := turn.find_agent(event.im_id):
        turn.do(Notify(agent, event.text))


@reacts_to(events.SeatTyping)
def _typing(turn: Turn, event: events.SeatTyping, proceed: Proceed) -> None:
    """Somebody types at a desk: the customer sees it of whoever may write to them."""
    conversation = turn.conversation
    assert conversation is not None
    writing = [conversation.agent, *(one.agent for one in conversation.watchers if one.speaks)]
    if any(agent and agent.id == event.agent for agent in writing):
        turn.do(ShowTyping(event.on))
    else:
        turn.drop(_("there is no conversation of this seat here"))


@reacts_to(events.WindowEnding)
def _window(turn: Turn, event: events.WindowEnding, proceed: Proceed) -> None:
    turn.do(WarnOfWindow())


@reacts_to(events.BroadcastDue)
def _broadcast(turn: Turn, event: events.BroadcastDue, proceed: Proceed) -> None:
    if _has_customer(turn):
        turn.do(SendBroadcast(event.broadcast))


@reacts_to(events.ProfileChanged)
def _profile(turn: Turn, event: events.ProfileChanged, proceed: Proceed) -> None:
    if _has_customer(turn):
        turn.do(TakeOverProfile(event.remark, event.tags_on, event.tags_off))


@reacts_to(events.WayLearned)
def _way(turn: Turn, event: events.WayLearned, proceed: Proceed) -> None:
    if _has_customer(turn):
        turn.do(LearnWay(event.since, event.way))


def _has_customer(turn: Turn) -> bool:
    """Tell whether the lane still has a customer: they may have been erased since the event was posted."""
    if turn.customer is None:
        turn.drop(_("there is no such customer any more"))
    return turn.customer is not None


@reacts_to(events.AnswerHeld)
def _held(turn: Turn, event: events.AnswerHeld, proceed: Proceed) -> None:
    """Call the customer back by a notice, once until they write."""
    if turn.customer is None or turn.customer.invited_to:
        turn.drop(_("the customer was sent a notice already"))
        return
    agent = turn.conversation.agent if turn.conversation else None

    def sent(refusal: str) -> list[Action]:
        if not agent:
            return []
        if refusal:
            return [Notify(agent, _("No notice calls the customer back: %s.") % refusal)]
        return [Notify(agent, _("A notice calls the customer back; when they write, what waits is sent."))]

    turn.do(SendTemplate(event.conversation, then=sent))


@reacts_to(events.CloseAsked)
def _close(turn: Turn, event: events.CloseAsked, proceed: Proceed) -> None:
    assert turn.conversation is not None
    turn.do(*closing(turn.conversation.agent, event.reason))


@reacts_to(events.BotWoken)
def _woken(turn: Turn, event: events.BotWoken, proceed: Proceed) -> None:
    """The bot is woken once, and not where it has meanwhile asked for another time, or for none."""
    assert turn.conversation is not None
    if turn.conversation.wake_at == event.at:
        turn.do(Wake(None))
        proceed(turn)
    else:
        turn.drop(_("the chatbot does not ask to be woken any more"))


@reacts_to(events.BotIdle)
def _idle(turn: Turn, event: events.BotIdle, proceed: Proceed) -> None:
    """A conversation that is with a bot alone ends in silence, if nobody has written since it was found."""
    assert turn.conversation is not None
    if turn.conversation.status == "bot" and turn.conversation.last_message_at == event.last:
        turn.do(CloseConversation(_("nobody wrote any more")))
    else:
        turn.drop(_("somebody has written since"))
