"""The base class of chatbots, and how they are found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from bridge.inbox.events import ConversationEvent
from bridge.pipeline.actions import Action, Reply
from bridge.pipeline.bot_settings import Setting, setting_of
from bridge.pipeline.commands import Command
from bridge.pipeline.turn import Turn

__all__ = (
    "LAST", "ChatBot", "Setting", "arrivals", "beside", "bots", "command_table", "greeters", "known_mode", "next_greeter",
    "refuse", "reply",
)  # fmt: skip

NAME = re.compile("[a-z0-9_-]{1,30}")  # it stands in the column of a conversation's mode and in names of form fields
LAST = "transform"  # the bot that looks for a seat: whatever greets a customer hands over to it in the end


class ChatBot:
    """A chatbot: one file, one class, a line in settings.CHATBOTS.

    `name` is the mode in which it handles a conversation's messages. Its methods return actions and do no I/O; what it
    must know from outside, `load` reads before. A decision may be made twice. One that `greets` may be put before the
    seats, account by account; its `settings` are then the account's.
    """

    name: ClassVar[str]
    label: ClassVar[Any] = ""
    greets: ClassVar[bool] = False
    settings: ClassVar[tuple[Setting, ...]] = ()

    def setting(self, turn: Turn, name: str) -> Any:
        """Return what the customer's account has set, or the default: an int, bool, str or timedelta, as the default is.

        Raises: LookupError where the bot has no such setting.
        """
        stored = turn.account.bots if turn.account else ()
        own: Mapping[str, Any] = next((one.get("settings", {}) for one in stored if one.get("name") == self.name), {})
        return setting_of(type(self).__name__, self.settings, name).read(own.get(name))

    def load(self, turn: Turn) -> Any:
        """Read what `on_message` needs to decide. The one place of a bot where I/O is allowed."""
        return None

    def loaded(self, turn: Turn) -> Any:
        """Return what `load` has read for this turn. Raises: NotLoadedError where it was not called yet."""
        return None if type(self).load is ChatBot.load else turn.loaded_by(self.name)

    def on_message(self, turn: Turn, loaded: Any) -> Iterable[Action]:
        """Decide on a message of the customer, or of the seat that has the conversation."""
        return ()

    def on_arrival(self, turn: Turn, loaded: Any) -> Iterable[Action]:
        """Decide on a customer who begins to follow the account, or scans one of its codes, whichever bot they meet then.

        `turn.incoming.event` is "follow" or "scan", and its fact `key` the code's scene.
        """
        return ()

    def explain(self, turn: Turn, loaded: Any) -> str:
        """Return in words why it would decide as it does, for whoever tries it out."""
        return ""

    def on_event(self, turn: Turn, event: ConversationEvent) -> Iterable[Action]:
        """Decide on an event of our own about the conversation, such as a place that became free."""
        return ()

    @classmethod
    def commands(cls) -> list[Command]:
        """Return the commands this bot carries out."""
        members = (getattr(cls, name) for name in dir(cls))
        return [member.command for member in members if hasattr(member, "command")]


_more: list[type[ChatBot]] = []


@cache
def bots() -> dict[str, ChatBot]:
    """Return the bots of settings.CHATBOTS by name, in that order, and those of `beside` behind them.

    Raises: ImproperlyConfigured where one of them is no chatbot, or two have the same name.
    """
    paths: dict[str, str] = {}
    for path in settings.CHATBOTS:
        name = _named(path, import_string(path))
        if other := paths.get(name):
            raise ImproperlyConfigured(f"{other} and {path} are both called {name!r}; give one of the two another name")
        paths[name] = path
    classes = [*(import_string(path) for path in paths.values()), *_more]
    return {bot.name: bot for bot in (one() for one in classes)}


def _named(path: str, bot: Any) -> str:
    """Return the name of what a path leads to. Raises: ImproperlyConfigured where that is no chatbot with a name that fits."""
    if not (isinstance(bot, type) and issubclass(bot, ChatBot)):
        raise ImproperlyConfigured(f"{path} is no chatbot: it must be a subclass of bridge.pipeline.bots.ChatBot")
    name = getattr(bot, "name", "")
    if not NAME.fullmatch(name):
        raise ImproperlyConfigured(f"{path} needs a `name` of at most 30 small letters, digits, - and _, not {name!r}")
    return name


@contextmanager
def beside(*more: type[ChatBot]) -> Iterator[None]:
    """Have these bots too, for a while, whatever settings.CHATBOTS says. For tests: it holds for the whole process."""
    _more.extend(more)
    _forget()
    try:
        yield
    finally:
        del _more[len(_more) - len(more) :]
        _forget()


def _forget() -> None:
    bots.cache_clear()
    command_table.cache_clear()


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


def arrivals() -> list[ChatBot]:
    """Return the bots that decide on whoever arrives."""
    return [bot for bot in bots().values() if type(bot).on_arrival is not ChatBot.on_arrival]


def known_mode(mode: str) -> str:
    """Return the mode; where its bot is not installed (any more), that of the bot which looks for a seat."""
    return mode if mode in bots() else LAST


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
