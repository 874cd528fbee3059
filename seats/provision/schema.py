"""What a provision file may hold. Reading and checking only; nothing is written here."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_slug
from django.utils.translation import gettext as _

from bridge.models import Tag, WorkingHours
from bridge.models.hours import WEEKDAYS
from bridge.models.tags import MAX_PRIORITY
from bridge.models.validators import IM_ID, validate_aes_key, validate_spans, validate_zone
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat import permission
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values import texts
from seats.models import SeatGroup

GROUP_NUMBERS = (
    "max_queue",
    "max_wait_seconds",
    "retell_seconds",
    "overflow_seconds",
    "offer_seconds",
    "grace_seconds",
    "remind_seat_seconds",
    "remind_customer_seconds",
    "close_idle_seconds",
)
Table = dict[str, Any]
Check = Callable[[Any], None]


class ProvisionError(Exception):
    """A file that cannot be applied; the text names file, table and key."""


@dataclass(frozen=True)
class Key:
    """One key of a table: its type, whether it must be there, and a check that raises ValidationError."""

    type: type
    required: bool = False
    check: Check | None = None


def _url(value: str) -> None:
    URLValidator(schemes=["http", "https"])(value)


def _at_least(least: int) -> Check:
    def check(value: int) -> None:
        if value < least:
            raise ValidationError(_("must be at least %d") % least)

    return check


def _between(least: int, most: int) -> Check:
    def check(value: int) -> None:
        if not least <= value <= most:
            raise ValidationError(_("must be from %(least)d to %(most)d") % {"least": least, "most": most})

    return check


def _special_days(value: dict[str, Any]) -> None:
    for day, hours in value.items():
        try:
            date.fromisoformat(day)
        except ValueError:
            raise ValidationError(_("%s is not a day such as 2026-10-01") % day) from None
        if not isinstance(hours, str):
            raise ValidationError(_("must hold only strings"))
        validate_spans(hours)


def _empty_or(check: Check) -> Check:
    return lambda value: check(value) if value else None


def _one_of(choices: list[str]) -> Check:
    def check(value: str) -> None:
        if value not in choices:
            raise ValidationError(_("must be one of %s") % ", ".join(choices))

    return check


def _clean(check: Callable[[Any], str]) -> Check:
    """Return a check out of a function that says what is wrong, "" for nothing."""

    def raising(value: Any) -> None:
        if said := check(value):
            raise ValidationError(said)

    return raising


def _texts(value: list[Any]) -> None:
    if not all(isinstance(item, str) for item in value):
        raise ValidationError(_("must hold only strings"))


TABLES: dict[str, dict[str, Key]] = {
    "tencent_im": {
        "sdk_app_id": Key(int, True, _at_least(1)),
        "secret_key": Key(str, True),
        "admin": Key(str),
        "callback_token": Key(str),
        "allow_unsigned": Key(bool),
        "region": Key(str, check=_one_of(TencentIMApp.Region.values)),
        "api_base": Key(str, check=_empty_or(_url)),
        "rate_limit": Key(int, check=_at_least(1)),
        "system_account": Key(str, check=IM_ID),
        "system_name": Key(str),
    },
    "wechat_account": {
        "slug": Key(str, True, validate_slug),
        "name": Key(str),
        "app_id": Key(str, True),
        "app_secret": Key(str, True),
        "kind": Key(str, check=_one_of(WeChatAccount.Kind.values)),
        "token": Key(str, True),
        "previous_token": Key(str),
        "encoding_aes_key": Key(str, check=_empty_or(validate_aes_key)),
        "previous_aes_key": Key(str, check=_empty_or(validate_aes_key)),
        "encryption": Key(str, check=_one_of(WeChatAccount.Encryption.values)),
        "api_base": Key(str, check=_url),
        "group": Key(str),
        "first_mode": Key(str),
        "opening_keys": Key(list, check=_texts),
        "hours": Key(str),
        "priority": Key(int, check=_between(-MAX_PRIORITY, MAX_PRIORITY)),
        "reopen_minutes": Key(int, check=_at_least(0)),
        "survey": Key(bool),
        "avatar_url": Key(str, check=_empty_or(_url)),
        "window_rules": Key(dict, check=_clean(permission.check_rules)),
        "over_count": Key(str, check=_one_of(WeChatAccount.Policy.values)),
        "over_time": Key(str, check=_one_of(WeChatAccount.Policy.values)),
        "texts": Key(dict, check=_clean(texts.check)),
    },
    "group": {
        "slug": Key(str, True, validate_slug),
        "name": Key(str),
        "strategy": Key(str),
        "last_seat_days": Key(int, check=_at_least(0)),
        "hours": Key(str),
        "overflow_group": Key(str),
        "transfer_mode": Key(str, check=_one_of(SeatGroup.TransferMode.values)),
        **{name: Key(int, check=_at_least(0)) for name in GROUP_NUMBERS},
        "supervisors": Key(list, check=_texts),
    },
    "hours": {
        "name": Key(str, True),
        "time_zone": Key(str, check=validate_zone),
        **{day: Key(str, check=validate_spans) for day in WEEKDAYS},
        "calendar": Key(str, check=_one_of(WorkingHours.Calendar.values)),
        "closed_text": Key(str),
        "special_days": Key(dict, check=_special_days),
    },
    "tag": {
        "name": Key(str, True),
        "of": Key(str, check=_one_of(Tag.Of.values)),
        "priority": Key(int, check=_between(-MAX_PRIORITY, MAX_PRIORITY)),
    },
    "seat": {
        "username": Key(str, True),
        "password": Key(str),
        "name": Key(str),
        "groups": Key(list, check=_texts),
        "im_user_id": Key(str, check=IM_ID),
        "capacity": Key(int, check=_at_least(0)),
        "weight": Key(int, check=_at_least(1)),
    },
}
NAMED_BY = {"hours": "name", "tag": "name", "wechat_account": "slug", "group": "slug", "seat": "username"}


@dataclass(frozen=True)
class Document:
    """A checked provision file."""

    file: str
    tencent_im: Table | None
    accounts: list[Table]
    groups: list[Table]
    seats: list[Table]
    hours: list[Table]
    tags: list[Table]


def read(path: Path) -> Document:
    """Return the checked contents of the file. ProvisionError where anything is wrong."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ProvisionError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProvisionError(_("%(file)s is not TOML: %(error)s") % {"file": path, "error": error}) from error
    return check(data, str(path))


def check(data: Table, file: str) -> Document:
    """Return `data` as a Document, each key checked. ProvisionError naming file, table and key."""
    for name in data:
        if name not in TABLES:
            raise ProvisionError(_("%(file)s: unknown table [%(table)s]") % {"file": file, "table": name})
    app = data.get("tencent_im")
    if app is not None:
        _check_table(file, "[tencent_im]", TABLES["tencent_im"], app)
    lists = {name: _check_list(file, name, data.get(name, [])) for name in NAMED_BY}
    for account in lists["wechat_account"]:
        if account.get("encryption", "secure") != "plain" and not account.get("encoding_aes_key"):
            where = f"{file}: [[wechat_account]] {account['slug']}: encoding_aes_key"
            raise ProvisionError(_("%s: is needed in secure and compatible mode") % where)
    return Document(file, app, lists["wechat_account"], lists["group"], lists["seat"], lists["hours"], lists["tag"])


def _check_list(file: str, name: str, tables: Any) -> list[Table]:
    if not isinstance(tables, list):
        raise ProvisionError(_("%(file)s: write [[%(table)s]] with two brackets") % {"file": file, "table": name})
    seen = set()
    for position, table in enumerate(tables, start=1):
        own = table.get(NAMED_BY[name], position) if isinstance(table, dict) else position
        where = f"[[{name}]] {own}"
        _check_table(file, where, TABLES[name], table)
        if own in seen:
            raise ProvisionError(_("%(file)s: %(table)s stands there twice") % {"file": file, "table": where})
        seen.add(own)
    return tables


def _check_table(file: str, where: str, keys: dict[str, Key], table: Any) -> None:
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
