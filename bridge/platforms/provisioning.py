"""Tables of a provision file: their keys, how they are checked, and the tables by which platforms bring their endpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_slug
from django.db.models import Model
from django.utils.translation import gettext as _

from bridge.models import Account
from bridge.models.tags import MAX_PRIORITY
from bridge.values import texts

Table = dict[str, Any]
Check = Callable[[Any], None]


class ProvisionError(Exception):
    """A file that cannot be applied; the text names file, table and key."""


@dataclass(frozen=True)
class Key:
    """One key of a table: its type, whether it must be there, and a check that raises ValidationError."""

    type: type
    _: KW_ONLY
    required: bool = False
    check: Check | None = None


@dataclass(frozen=True)
class Section:
    """The table of a platform's endpoints: its name, their model and its keys, each the name of a column.

    `named_by` is the key that tells one endpoint from another, "" where there is one endpoint at most. No two have the same
    `unique`. `defaults` stand where a table says nothing. `whole` checks a table whose keys are right one by one: it returns the
    key and what is wrong with it, None for nothing.
    """

    name: str
    model: type[Model]
    keys: Mapping[str, Key]
    unique: str
    named_by: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    whole: Callable[[Table], tuple[str, str] | None] = lambda table: None

    def title(self, table: Table) -> str:
        """Return how messages name a table of this section."""
        return f"[[{self.name}]] {table[self.named_by]}" if self.named_by else f"[{self.name}]"


def is_url(value: str) -> None:
    """Refuse what is no http or https address."""
    URLValidator(schemes=["http", "https"])(value)


def at_least(least: int) -> Check:
    """Return a check that refuses numbers below `least`."""

    def check(value: int) -> None:
        if value < least:
            raise ValidationError(_("must be at least %d") % least)

    return check


def between(least: int, most: int) -> Check:
    """Return a check that refuses numbers outside of `least` to `most`, both included."""

    def check(value: int) -> None:
        if not least <= value <= most:
            raise ValidationError(_("must be from %(least)d to %(most)d") % {"least": least, "most": most})

    return check


def empty_or(check: Check) -> Check:
    """Return a check that also lets "" pass."""
    return lambda value: check(value) if value else None


def one_of(choices: list[str]) -> Check:
    """Return a check that refuses all but `choices`."""

    def check(value: str) -> None:
        if value not in choices:
            raise ValidationError(_("must be one of %s") % ", ".join(choices))

    return check


def clean(check: Callable[[Any], str]) -> Check:
    """Return a check out of a function that says what is wrong, "" for nothing."""

    def raising(value: Any) -> None:
        if said := check(value):
            raise ValidationError(said)

    return raising


def strings(value: list[Any]) -> None:
    """Refuse a list that holds anything but strings."""
    if not all(isinstance(item, str) for item in value):
        raise ValidationError(_("must hold only strings"))


# What every account has, whatever its platform.
ACCOUNT_KEYS = {
    "slug": Key(str, required=True, check=validate_slug),
    "name": Key(str),
    "group": Key(str),
    "first_mode": Key(str),
    "bots": Key(list),
    "opening_keys": Key(list, check=strings),
    "hours": Key(str),
    "priority": Key(int, check=between(-MAX_PRIORITY, MAX_PRIORITY)),
    "reopen_minutes": Key(int, check=at_least(0)),
    "survey": Key(bool),
    "avatar_url": Key(str, check=empty_or(is_url)),
    "over_count": Key(str, check=one_of(Account.Policy.values)),
    "over_time": Key(str, check=one_of(Account.Policy.values)),
    "texts": Key(dict, check=clean(texts.check)),
}


def check_table(file: str, where: str, keys: Mapping[str, Key], table: Any) -> None:
    """Check a table, key by key. ProvisionError naming file, table and key."""
    if not isinstance(table, dict):
        raise ProvisionError(_("%(file)s: %(table)s is not a table") % {"file": file, "table": where})
    for name, value in table.items():
        if name not in keys:
            raise ProvisionError(
                _("%(file)s: %(table)s: unknown key %(key)s; known are %(known)s")
                % {"file": file, "table": where, "key": name, "known": ", ".join(keys)}
            )
        _check_value(f"{file}: {where}: {name}", keys[name], value)
    for name, key in keys.items():
        if key.required and table.get(name) in (None, ""):
            raise ProvisionError(f"{file}: {where}: {name}: " + _("is missing"))


def _check_value(where: str, key: Key, value: Any) -> None:
    # bool is an int to Python, but not to whoever writes the file.
    if not isinstance(value, key.type) or (key.type is int and isinstance(value, bool)):
        raise ProvisionError(f"{where}: " + _("must be of type %s") % key.type.__name__)
    try:
        if key.check:
            key.check(value)
    except ValidationError as error:
        raise ProvisionError(f"{where}: " + " ".join(error.messages)) from error
