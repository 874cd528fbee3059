"""What each account may set for a bot: a number, yes or no, a text, one of several, or a length of time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from django.utils.functional import Promise

Value = int | bool | str | timedelta
Kind = Literal["number", "switch", "text", "choice", "duration"]
_TYPES: dict[type, Kind] = {bool: "switch", int: "number", str: "text", timedelta: "duration"}
_TAKEN = ("on", "position")  # the account's form has fields of these names for every bot
MOST_CHARACTERS = 600


@dataclass(frozen=True)
class Setting:
    """One thing that each account may set for a bot: its name in code, its words for people, and the default.

    The default says what kind it is: a number, True or False, a text, or a timedelta; with `choices`, pairs of value and
    words, one of those texts. Numbers and times lie between `low` and `high`: by default 0 and 1000, and no time and a day.
    Raises: ValueError, TypeError for what can be no setting.
    """

    name: str
    label: Any
    default: Value | Promise
    low: int | timedelta | None = None
    high: int | timedelta | None = None
    choices: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        if not self.name.isidentifier() or self.name in _TAKEN:
            raise ValueError(f"a setting cannot be called {self.name!r}: an identifier, and not {' or '.join(_TAKEN)}")
        if self._type not in _TYPES:
            raise TypeError(f"setting {self.name}: the default is an int, bool, str or timedelta, not {self.default!r}")
        for bound in (self.low, self.high):
            if bound is not None and (self.kind not in ("number", "duration") or type(bound) is not self._type):
                raise TypeError(f"setting {self.name}: {bound!r} is no bound of a {self.kind}")
        self.checked(self._usual)

    @property
    def _usual(self) -> Value:
        return str(self.default) if isinstance(self.default, Promise) else self.default

    @property
    def _type(self) -> type:
        """Return the type of its values; a text that waits to be translated is a text."""
        return str if isinstance(self.default, Promise) else type(self.default)

    @property
    def kind(self) -> Kind:
        """Return which kind of setting it is."""
        return "choice" if self.choices else _TYPES[self._type]

    @property
    def bounds(self) -> tuple[int, int]:
        """Return the least and the most: of a number, or of a time in seconds."""
        most = timedelta(days=1) if self.kind == "duration" else 1000
        low, high = (self.low if self.low is not None else 0), (self.high if self.high is not None else most)
        return as_stored(low), as_stored(high)

    def checked(self, value: Any) -> Any:
        """Return a value that may be set. Raises: ValueError where it is of another kind, or outside."""
        if type(value) is not self._type:
            raise ValueError(f"setting {self.name}: {value!r} is no {self._type.__name__}")
        if self.choices and value not in dict(self.choices):
            raise ValueError(f"setting {self.name}: {value!r} is none of {', '.join(dict(self.choices))}")
        low, high = self.bounds
        if self.kind in ("number", "duration") and not low <= as_stored(value) <= high:
            raise ValueError(f"setting {self.name}: {value!r} does not lie between {low} and {high}")
        if self.kind == "text" and len(str(value)) > MOST_CHARACTERS:
            raise ValueError(f"setting {self.name}: a text of more than {MOST_CHARACTERS} characters")
        return value

    def read(self, stored: Any) -> Any:
        """Return what an account keeps; the default where that is nothing, or of a kind that the bot takes no more."""
        try:
            return self.checked(self._of_json(stored))
        except (ValueError, OverflowError):
            return self._usual

    def _of_json(self, stored: Any) -> Any:
        """Return what JSON keeps as the setting's own type; 0 and 1 were yes and no before there were such settings."""
        if self.kind in ("number", "duration") and isinstance(stored, str) and stored.isdecimal():
            stored = int(stored)
        if self.kind == "switch" and stored in (0, 1):
            return bool(stored)
        return timedelta(seconds=stored) if self.kind == "duration" and type(stored) is int else stored


def as_stored(value: Any) -> Any:
    """Return a value as the account keeps it: a time as whole seconds."""
    return round(value.total_seconds()) if isinstance(value, timedelta) else value


def setting_of(owner: str, known: Iterable[Setting], name: str) -> Setting:
    """Return the setting of this name. Raises: LookupError, which says what `owner` has instead."""
    names = {one.name: one for one in known}
    if name not in names:
        raise LookupError(f"{owner} has no setting {name!r}; it has {', '.join(names) or 'none'}")
    return names[name]
