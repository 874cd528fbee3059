"""ChatBot: the bot of the conversation's mode decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from bridge.inbox.events import ConversationEvent
from bridge.inbox.serving_events import SeatSought
from bridge.pipeline.actions import Action, HandOver, Notify, PassOn, Relay, SwitchMode
from bridge.pipeline.bots import ChatBot as Bot
from bridge.pipeline.bots import bots, command_table, known_mode, next_greeter, refuse
from bridge.pipeline.filters.base import Filter, Proceed
from bridge.pipeline.serving import Assigned, Outcome, TakeUp
from bridge.pipeline.turn import ClosedConversation, ConversationState, Turn
from bridge.values.wording import gettext as _

MAX_HAND_OVERS = 5
MAX_PASSED_ON = 100


class ChatBot(Filter):
    """Gives a command to the bot that knows it, everything else to the bot of the conversation's mode."""

    def process(self, turn: Turn, proceed: Proceed) -> None:
        if turn.command:
            turn.do(*self._command(turn))
        elif isinstance(turn.internal, ConversationEvent) and turn.conversation:
            turn.do(*_on_event(turn, turn.conversation, turn.internal))
        elif turn.incoming.side == "seat" and turn.recent and may_take_up(turn):
            turn.do(_taken_up(turn, turn.recent))
        elif turn.incoming.side == "seat" and (reason := self._not_yours(turn)):
            _refuse_message(turn, reason)
        elif turn.incoming.side == "seat" and turn.conversation and turn.conversation.agent is None:
            turn.do(*_written_along(turn))
        elif turn.conversation:
            turn.do(*self._message(turn, turn.conversation))
        proceed(turn)

    @staticmethod
    def _command(turn: Turn) -> Iterable[Action]:
        parsed = turn.command
        assert parsed is not None
        if parsed.error or parsed.command is None:
            return refuse(parsed.error)
        bot, command = command_table()[parsed.command.names[0].lower()]
        arguments = dict(parsed.arguments)
        if elsewhere := arguments.pop("conversation", "").strip():
            return _pass_on(turn, command.names[0], arguments, elsewhere)
        return getattr(bot, command.method)(turn, **arguments)

    @staticmethod
    def _not_yours(turn: Turn) -> str:
        """Return why a seat's message cannot go to the customer, "" where it can."""
        if turn.customer is None:
            return _("%s is not a customer") % turn.incoming.recipient[:60]
        if turn.conversation is None:
            return _closed(turn)
        agent = turn.conversation.agent
        sender = turn.sender
        if sender and any(watcher.agent.id == sender.id and watcher.speaks for watcher in turn.conversation.watchers):
            return ""
        if agent is None:
            return _("Not sent: this conversation is not assigned to you.")
        if sender and agent.id != sender.id:
            return _("Not sent: %s has this conversation.") % agent.name
        return ""

    @staticmethod
    def _message(turn: Turn, conversation: ConversationState) -> list[Action]:
        mode = known_mode(conversation.mode)
        switched: list[Action] = [] if mode == conversation.mode else [SwitchMode(mode)]
        return switched + _by_bots(turn, conversation, lambda bot, _first: bot.on_message(turn, bot.loaded(turn)))


def _on_event(turn: Turn, conversation: ConversationState, event: ConversationEvent) -> list[Action]:
    """Let the bot decide on the event; one that it hands over to gets no message, and hears that a seat is sought."""
    return _by_bots(turn, conversation, lambda bot, first: bot.on_event(turn, event if first else SeatSought()))


def _by_bots(
    turn: Turn, conversation: ConversationState, decide: Callable[[Bot, bool], Iterable[Action]]
) -> list[Action]:
    """Return what the conversation's bot decides, and those that it hands over to; `decide` gets whether it is the first."""
    mode, group, decided = known_mode(conversation.mode), conversation.group, list[Action]()
    for at in range(MAX_HAND_OVERS):
        actions = list(decide(bots()[mode], at == 0))
        decided += [action for action in actions if not isinstance(action, HandOver)]
        over = next((action for action in actions if isinstance(action, HandOver)), None)
        if over is None:
            return decided
        mode, group = known_mode(over.mode or next_greeter(turn, mode)), over.group or group
        turn.conversation = replace(conversation, mode=mode, group=group)
        decided.append(SwitchMode(mode, group=over.group))
    raise RuntimeError(f"the bots hand this message over in a circle, last to {mode}")


def _written_along(turn: Turn) -> Iterable[Action]:
    """A supervisor writes to a customer whom no seat has: no bot is asked, and a place in the queue stays as it is."""
    author = turn.sender.name if turn.sender else ""
    return [Relay(content, "seat", author) for content in turn.incoming.contents]


def may_take_up(turn: Turn) -> bool:
    """Tell whether what the sender writes opens the last conversation again: it was theirs, and the customer may be written to."""
    recent, sender, customer = turn.recent, turn.sender, turn.customer
    if recent is None or recent.agent is None or sender is None or customer is None:
        return False
    return recent.agent.id == sender.id and not customer.blocked and not customer.refusal


def _taken_up(turn: Turn, recent: ClosedConversation) -> Action:
    sender = turn.sender
    assert sender is not None

    def found(outcome: Outcome) -> Iterable[Action]:
        if not isinstance(outcome, Assigned):
            words = _("Not sent: this conversation is closed, and you have no room to open it again.")
            turn.drop(words)
            return [] if turn.quiet else [Notify(sender, words)]
        relayed = [Relay(content, "seat", sender.name) for content in turn.incoming.contents]
        return [Notify(sender, _("You have opened this conversation again.")), *relayed]

    return TakeUp(recent.id, sender, then=found)


def _closed(turn: Turn) -> str:
    customer, recent, sender = turn.customer, turn.recent, turn.sender
    if customer and customer.refusal and recent and recent.agent and sender and recent.agent.id == sender.id:
        return _("Not sent: this conversation is closed, and the customer can be sent nothing until they write.")
    return _("Not sent: this conversation is closed. It opens again when the customer writes.")


def _refuse_message(turn: Turn, reason: str) -> None:
    turn.drop(reason)
    if turn.sender and turn.customer and not turn.quiet:
        turn.do(Notify(turn.sender, reason))


def _pass_on(turn: Turn, name: str, arguments: dict[str, str], numbers: str) -> Iterable[Action]:
    """Give the command to the conversations with these numbers, each in its own lane."""
    words = numbers.replace("，", ",").replace("#", "").split(",")
    if not all(word.strip().isdecimal() for word in words):
        return refuse(_("-c takes numbers of conversations, such as -c 12 or -c 12,13; #list shows them."))
    numbers_of = tuple(dict.fromkeys(int(word) for word in words))[:MAX_PASSED_ON]
    return [PassOn(numbers_of, name, arguments, then=_not_there)]


def _not_there(missing: list[int]) -> Iterable[Action]:
    if not missing:
        return []
    return refuse(_("There is no conversation %s.") % ", ".join(str(number) for number in missing))
