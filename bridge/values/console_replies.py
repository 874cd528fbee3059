"""Automatic replies that a platform's console holds for an account, in the bridge's words."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.values.content import Content


@dataclass(frozen=True)
class Keyword:
    """A word of a rule; `exact`: it must be the whole message."""

    text: str
    exact: bool


@dataclass(frozen=True)
class Rule:
    """A keyword reply: where one of the words fits, all answers are said, or `one` of them by chance."""

    name: str
    words: tuple[Keyword, ...]
    answers: tuple[Content, ...]
    one: bool = False


@dataclass(frozen=True)
class Replies:
    """What was read: the reply to new followers, to any message, and by keyword; and in words what is not as it was."""

    follow: Content | None = None
    default: Content | None = None
    rules: tuple[Rule, ...] = ()
    notes: tuple[str, ...] = ()
