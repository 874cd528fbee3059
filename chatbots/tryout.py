"""Trying the bots out: which of an account's bots would answer a message, and why. Nothing is sent or written down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from bridge.apply.load import account_state
from bridge.base import clock
from bridge.conversation.preview import in_words
from bridge.models import Account
from bridge.pipeline.actions import Answer, HandOver
from bridge.pipeline.bots import LAST, ChatBot, bots, command_table, greeters, known_mode, next_greeter
from bridge.pipeline.commands import looks_like_command, parse
from bridge.pipeline.filters.chatbot import MAX_HAND_OVERS
from bridge.pipeline.turn import ConversationState, EventState, Turn
from bridge.values.agents import directory
from bridge.values.content import Text
from bridge.values.incoming import Incoming


@dataclass(frozen=True)
class Step:
    """What one bot would do: `kind` is "good" where it answers, "wait" where it hands on, "stop" where a seat is needed."""

    bot: str
    kind: str
    text: str
    why: str = ""
    said: str = ""


def try_out(account: Account, text: str) -> list[Step]:
    """Return what would happen to this text as the first of a new conversation, bot by bot."""
    if step := _command(text):
        return [step]
    return list(_chain(account, text))


def _command(text: str) -> Step | None:
    if not looks_like_command(text):
        return None
    open_to_customers = {
        name: command for name, (_bot, command) in command_table().items() if "customer" in command.sides
    }
    parsed = parse(text, open_to_customers)
    if parsed.command is None:
        return None
    bot, command = command_table()[parsed.command.names[0].lower()]
    return Step(_name(bot), "good", _("It is the command #%s.") % command.names[0], _("customers may give it"))


def _chain(account: Account, text: str) -> Iterator[Step]:
    state = account_state(account)
    mode, group = greeters(state.bots, state.first_mode)[0], account.group
    for _time in range(MAX_HAND_OVERS):
        bot = bots().get(mode)
        if bot is None:
            yield Step(mode, "stop", _("There is no such chatbot."))
            return
        if mode in (LAST, greeters(state.bots, state.first_mode)[-1]):
            yield Step(_name(bot), "stop", _("A seat of the group %s is looked for.") % _group(group))
            return
        turn = _turn(account, text, mode)
        step, over = _decision(bot, turn)
        yield step
        if over is None:
            return
        mode, group = known_mode(over.mode or next_greeter(turn, mode)), over.group or group


def _decision(bot: ChatBot, turn: Turn) -> tuple[Step, HandOver | None]:
    """Return what one bot would do, and to whom it would hand the message on."""
    loaded = bot.load(turn)
    actions = list(bot.on_message(turn, loaded))
    why = bot.explain(turn, loaded)
    if over := next((one for one in actions if isinstance(one, HandOver)), None):
        return Step(_name(bot), "wait", _("It hands the message on."), why), over
    said = "\n".join(in_words(one.content) for one in actions if isinstance(one, Answer))
    return Step(_name(bot), "good", _("It answers.") if said else _("It keeps the message."), why, said), None


def _turn(account: Account, text: str, mode: str) -> Turn:
    incoming = Incoming("customer", contents=(Text(text),), trigger="message")
    turn = Turn(EventState(account.platform, "text", ""), clock.now(), account=account_state(account))
    return replace(turn, incoming=incoming, conversation=ConversationState(None, mode, account.group))


def _group(slug: str) -> str:
    return dict(directory().groups()).get(slug, slug) or "–"


def _name(bot: ChatBot) -> str:
    return str(bot.label or bot.name)
