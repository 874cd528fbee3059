"""Words that can be said once more in another language.

A lane speaks the site's language. Whoever gave a command elsewhere than on IM reads its answer in their own: the answer keeps
how it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils import translation


class Wording(str):
    """The text that `make` returns in the language of now, which `in_language` makes again in another."""

    make: Callable[[], str]

    def __new__(cls, make: Callable[[], str]) -> Wording:
        """Make the text."""
        self = super().__new__(cls, make())
        self.make = make
        return self

    def __str__(self) -> str:
        """Return itself, so that it comes whole out of an exception."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Copied and stored it is a plain text."""
        return str, (self[:],)

    def __mod__(self, values: Any) -> Wording:
        """Return it with the values put in; those that are Wordings follow its language."""
        return Wording(lambda: self.make() % _again(values))


def _again(values: Any) -> Any:
    if isinstance(values, Mapping):
        return {name: _again(value) for name, value in values.items()}
    if isinstance(values, tuple):
        return tuple(_again(value) for value in values)
    return values.make() if isinstance(values, Wording) else values


def gettext(message: str) -> Wording:
    """Return the message in the language of now, as Django's function of this name."""
    return Wording(lambda: translation.gettext(message))


def in_language(text: str, language: str) -> str:
    """Return the text in the language; as it is where it is no Wording, or no language is named.

    >>> in_language(gettext("Said to %s.") % "王敏", "en")
    'Said to 王敏.'
    """
    if not language or not isinstance(text, Wording):
        return text
    with translation.override(language):
        return text.make()
