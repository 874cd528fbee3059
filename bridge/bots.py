"""The base class of chatbots, and how they are found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.utils.module_loading import import_string

from bridge.actions import Action, Reply
from bridge.commands import Command
from bridge.turn import Turn

LAST = "transform"  # the bot that looks for a seat: whatever greets a customer hands over to it in the end


@dataclass(frozen=True)
class Setting:
    """A number that each account may set for a bot: its words, the default, and between what it lies."""

    name: str
    label: Any
    default: int
    low: int = 0
    high: int = 1000


class ChatBot:
    """A chatbot: one file, one class, a line in settings.CHATBOTS.

    `name` is the mode in which it handles a conversation's messages. Its methods return actions and do no I/O; what it
    must know from outside, `load` reads before. One that `greets` may be put before the seats, account by account; its
    `settings` are then the account's.
    """

    name: ClassVar[str]
    label: ClassVar[Any] = ""
    greets: ClassVar[bool] = False
    settings: ClassVar[tuple[Setting, ...]] = ()

    def setting(self, turn: Turn, name: str) -> int:
        """Return what the customer's account has set, or the default."""
        stored = turn.account.bots if turn.account else ()
        own: Mapping[str, Any] = next((one.get("settings", {}) for one in stored if one.get("name") == self.name), {})
        return int(own.get(name, next(one.default for one in self.settings if one.name == name)))

    def load(self, turn: Turn) -> Any:
        """Read what `on_message` needs to decide. The one place of a bot where I/O is allowed."""
        return None

    def on_message(self, turn: Turn, loaded: Any) -> Iterable[Action]:
        """Decide on a message of the customer, or of the seat that has the conversation."""
        return ()

    def explain(self, turn: Turn, loaded: Any) -> str:
        """Return in words why it would decide as it does, for whoever tries it out."""
        return ""

    def on_event(self, turn: Turn) -> Iterable[Action]:
        """Decide on an internal event of the conversation, such as a place that became free."""
        return ()

    @classmethod
    def commands(cls) -> list[Command]:
        """Return the commands this bot carries out."""
        members = (getattr(cls, name) for name in dir(cls))
        return [member.command for member in members if hasattr(member, "command")]


@cache
def bots() -> dict[str, ChatBot]:
    """Return the bots of settings.CHATBOTS by name, in that order."""
    return {bot.name: bot for bot in (import_string(path)() for path in settings.CHATBOTS)}


def greeters(stored: Sequence[Mapping[str, Any]], first_mode: str) -> list[str]:
    """Return the bots that an account's customers meet, in order; the last one looks for a seat.

    `stored` is the account's own list, of which those switched off are left out; where it says nothing of the bot called
    `first_mode`, that comes first, or last if it greets nobody.
    """
    first = bots().get(first_mode)
    last = first_mode if first is None or not first.greets else LAST
    chosen = [str(one["name"]) for one in stored if one.get("on") and one.get("name") in bots()]
    unnamed = first_mode != last and first_mode not in [one.get("name") for one in stored]
    return [*([first_mode] if unnamed else []), *(name for name in chosen if name != last), last]


def next_greeter(turn: Turn, mode: str) -> str:
    """Return the bot that comes after `mode` for the customers of the account."""
    names = greeters(turn.account.bots, turn.account.first_mode) if turn.account else [LAST]
    return names[names.index(mode) + 1] if mode in names[:-1] else names[-1]


@cache
def command_table() -> dict[str, tuple[ChatBot, Command]]:
    """Return every command by each of its names, lower-cased, with the bot that carries it out."""
    table: dict[str, tuple[ChatBot, Command]] = {}
    for bot in bots().values():
        for command in bot.commands():
            for name in command.names:
                table.setdefault(name.lower(), (bot, command))
    return table


def reply(text: str) -> list[Action]:
    """Return what answers whoever gave a command, and nobody else."""
    return [Reply(text)]


def refuse(text: str) -> list[Action]:
    """Return what tells whoever gave a command why it is not carried out."""
    return [Reply(text, refused=True)]
