"""The base class of chatbots, and how they are found."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.utils.module_loading import import_string

from bridge.actions import Action, Reply
from bridge.commands import Command
from bridge.turn import Turn


class ChatBot:
    """A chatbot: one file, one class, a line in settings.CHATBOTS.

    `name` is the mode in which it handles a conversation's messages. Its methods return actions and do no I/O; what it
    must know from outside, `load` reads before.
    """

    name: ClassVar[str]

    def load(self, turn: Turn) -> Any:
        """Read what `on_message` needs to decide. The one place of a bot where I/O is allowed."""
        return None

    def on_message(self, turn: Turn, loaded: Any) -> Iterable[Action]:
        """Decide on a message of the customer, or of the seat that has the conversation."""
        return ()

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
