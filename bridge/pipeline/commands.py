"""Commands: `#name -flag value ...` in a message.

A command is a method of a bot marked with `@command`; its docstring is its help text, so `#help` needs no second source.
"""

from __future__ import annotations

import argparse
import inspect
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from django.utils.translation import gettext_noop

from bridge.values.wording import gettext as _

if TYPE_CHECKING:
    from bridge.pipeline.actions import Action

SIGNS = ("#", "＃")
_QUOTES = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "\u3000": " "})


class CommandError(Exception):
    """A command that cannot be carried out as written; the text says how to write it."""


@dataclass(frozen=True)
class Flag:
    """One flag of a command: `-letter VALUE`, also `--name VALUE`; a lone bare word is taken for the first one.

    `label` says in the usage what the value is; mark it for translation.
    """

    letter: str
    name: str
    label: str
    required: bool = False
    # Takes all bare words of the line, so that a sentence needs no quotes.
    rest: bool = False


CONVERSATION = Flag("c", "conversation", gettext_noop("number of the conversation"))


@dataclass(frozen=True)
class Command:
    """A command: its names (the first is the one shown), who may give it, its flags, what carries it out.

    One that is `remote` can be given from any chat with `-c` and the number of the conversation that it is about.
    """

    names: tuple[str, ...]
    sides: tuple[str, ...]
    flags: tuple[Flag, ...]
    method: str
    help: Callable[[], str]
    remote: bool = False

    @property
    def usage(self) -> str:
        """Return how to write it, and what it does."""
        flags = " ".join(f"-{flag.letter} <{_(flag.label)}>" for flag in self.flags)
        also = f" ({'、'.join('#' + name for name in self.names[1:])})" if self.names[1:] else ""
        return f"#{self.names[0]}{' ' + flags if flags else ''}{also}: {self.help()}"


@dataclass(frozen=True)
class ParsedCommand:
    """A command someone gave, or `error` where it could not be understood."""

    command: Command | None
    arguments: dict[str, str]
    error: str = ""


def command(
    *names: str, sides: Iterable[str] = ("seat",), flags: Iterable[Flag] = (), remote: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Iterable[Action]]]:
    """Mark a bot's method as the command called `names`; the method gets the turn and one argument per flag."""

    def mark(method: Callable[..., Any]) -> Callable[..., Any]:
        text = inspect.cleandoc(method.__doc__ or "")
        method.command = Command(  # type: ignore[attr-defined]
            names, tuple(sides), tuple(flags), method.__name__, help=lambda: _(text), remote=remote
        )
        return method

    return mark


class _Parser(argparse.ArgumentParser):
    """argparse, without its habit of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise CommandError(message)


def looks_like_command(text: str) -> bool:
    """Tell whether `text` is meant as a command: it starts with one # (a doubled one stands for itself)."""
    sign, following = text.strip()[:1], text.strip()[1:2]
    return sign in SIGNS and following not in (*SIGNS, "") and not following.isspace()


def unescape(text: str) -> str:
    """Return `text` with a doubled # at its start made single."""
    stripped = text.lstrip()
    return stripped[1:] if stripped[:1] in SIGNS and stripped[1:2] in SIGNS else text


def split_words(text: str, *, free: bool = False) -> list[str]:
    """Return the words of a command without its sign; quotes, also Chinese ones, keep words together.

    `free`: a sentence, in which a lone quotation mark or apostrophe is one like any other character.

    >>> split_words('＃transfer -n “售后 一组”')
    ['transfer', '-n', '售后 一组']
    """
    body = text.strip()[1:].translate(_QUOTES)
    try:
        return shlex.split(body)
    except ValueError:
        if free:
            return body.split()
        raise CommandError(_("a quotation mark is not closed")) from None


def parse(text: str, commands: dict[str, Command]) -> ParsedCommand:
    """Return the command in `text`, looked up in `commands` by lower-cased name."""
    name = text.strip()[1:].split()[0].lower()
    found = commands.get(name)
    if found is None:
        return ParsedCommand(None, {}, _("There is no command #%s. #help lists them all.") % name[:30])
    try:
        free = bool(found.flags and found.flags[0].rest)
        return ParsedCommand(found, _arguments(found, split_words(text, free=free)[1:]))
    except CommandError as error:
        return ParsedCommand(
            found, {}, _("#%(name)s: %(error)s\n%(usage)s") % {"name": name, "error": error, "usage": found.usage}
        )


def _arguments(found: Command, words: list[str]) -> dict[str, str]:
    parser = _Parser(prog=found.names[0], add_help=False, allow_abbrev=False)
    flags = [*found.flags, *([CONVERSATION] if found.remote else [])]
    for flag in flags:
        parser.add_argument(f"-{flag.letter}", f"--{flag.name}", dest=flag.name, default="")
    given, rest = parser.parse_known_args(words)
    values = {flag.name: getattr(given, flag.name) for flag in flags}
    return checked(found, _with_bare_words(found, values, rest))


def _with_bare_words(found: Command, values: dict[str, str], words: list[str]) -> dict[str, str]:
    """Give the bare words to the first flag: one to any flag that has nothing, all to one that takes the rest."""
    if not words:
        return values
    first = found.flags[0] if found.flags else None
    if first and (first.rest or (len(words) == 1 and not values[first.name] and not words[0].startswith("-"))):
        return {**values, first.name: " ".join([values[first.name], *words]).strip()}
    raise CommandError(_("this was not understood: %s") % " ".join(words)[:100])


def checked(found: Command, values: Mapping[str, str]) -> dict[str, str]:
    """Return the values of the command's flags, "" for those not given. CommandError where one that it needs is missing."""
    complete = {flag.name: values.get(flag.name, "") for flag in found.flags}
    for flag in found.flags:
        if flag.required and not complete[flag.name].strip():
            raise CommandError(_("-%s is missing") % flag.letter)
    return {**complete, **({"conversation": values.get("conversation", "")} if found.remote else {})}
