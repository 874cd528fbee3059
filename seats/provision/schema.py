"""What a provision file may hold. Reading and checking only; nothing is written here."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.utils.translation import gettext as _

from bridge.models import Tag, WorkingHours
from bridge.models.hours import WEEKDAYS
from bridge.models.tags import MAX_PRIORITY
from bridge.models.validators import IM_ID, validate_spans, validate_zone
from bridge.platforms.provisioning import (
    Key,
    ProvisionError,
    Section,
    Table,
    at_least,
    between,
    check_table,
    one_of,
    strings,
)
from bridge.platforms.registry import platforms
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


def _special_days(value: dict[str, Any]) -> None:
    for day, hours in value.items():
        try:
            date.fromisoformat(day)
        except ValueError:
            raise ValidationError(_("%s is not a day such as 2026-10-01") % day) from None
        if not isinstance(hours, str):
            raise ValidationError(_("must hold only strings"))
        validate_spans(hours)


TABLES: dict[str, dict[str, Key]] = {
    "group": {
        "slug": Key(str, required=True, check=validate_slug),
        "name": Key(str),
        "strategy": Key(str),
        "last_seat_days": Key(int, check=at_least(0)),
        "hours": Key(str),
        "overflow_group": Key(str),
        "transfer_mode": Key(str, check=one_of(SeatGroup.TransferMode.values)),
        **{name: Key(int, check=at_least(0)) for name in GROUP_NUMBERS},
        "supervisors": Key(list, check=strings),
    },
    "hours": {
        "name": Key(str, required=True),
        "time_zone": Key(str, check=validate_zone),
        **{day: Key(str, check=validate_spans) for day in WEEKDAYS},
        "calendar": Key(str, check=one_of(WorkingHours.Calendar.values)),
        "closed_text": Key(str),
        "special_days": Key(dict, check=_special_days),
    },
    "tag": {
        "name": Key(str, required=True),
        "of": Key(str, check=one_of(Tag.Of.values)),
        "priority": Key(int, check=between(-MAX_PRIORITY, MAX_PRIORITY)),
    },
    "seat": {
        "username": Key(str, required=True),
        "password": Key(str),
        "name": Key(str),
        "groups": Key(list, check=strings),
        "im_user_id": Key(str, check=IM_ID),
        "capacity": Key(int, check=at_least(0)),
        "weight": Key(int, check=at_least(1)),
    },
}
NAMED_BY = {"hours": "name", "tag": "name", "group": "slug", "seat": "username"}


@dataclass(frozen=True)
class Document:
    """A checked provision file. `endpoints` holds the tables of each platform's endpoints."""

    file: str
    endpoints: list[tuple[Section, list[Table]]]
    groups: list[Table]
    seats: list[Table]
    hours: list[Table]
    tags: list[Table]


def sections() -> dict[str, Section]:
    """Return the tables of the platforms' endpoints, by their names in the file."""
    found = [platform.section for platform in platforms() if platform.section]
    return {section.name: section for section in found}


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
    known = sections()
    for name in data:
        if name not in TABLES and name not in known:
            raise ProvisionError(_("%(file)s: unknown table [%(table)s]") % {"file": file, "table": name})
    lists = {name: _check_list(file, name, key, TABLES[name], data.get(name, [])) for name, key in NAMED_BY.items()}
    endpoints = [(section, _check_endpoints(file, section, data.get(name))) for name, section in known.items()]
    return Document(file, endpoints, lists["group"], lists["seat"], lists["hours"], lists["tag"])


def _check_endpoints(file: str, section: Section, tables: Any) -> list[Table]:
    if tables is None:
        return []
    if not section.named_by:
        check_table(file, f"[{section.name}]", section.keys, tables)
        tables = [tables]
    else:
        tables = _check_list(file, section.name, section.named_by, section.keys, tables)
    for table in tables:
        if wrong := section.whole(table):
            raise ProvisionError(f"{file}: {section.title(table)}: {wrong[0]}: {wrong[1]}")
    return tables


def _check_list(file: str, name: str, named_by: str, keys: Mapping[str, Key], tables: Any) -> list[Table]:
    if not isinstance(tables, list):
        raise ProvisionError(_("%(file)s: write [[%(table)s]] with two brackets") % {"file": file, "table": name})
    seen = set()
    for position, table in enumerate(tables, start=1):
        own = table.get(named_by, position) if isinstance(table, dict) else position
        where = f"[[{name}]] {own}"
        check_table(file, where, keys, table)
        if own in seen:
            raise ProvisionError(_("%(file)s: %(table)s stands there twice") % {"file": file, "table": where})
        seen.add(own)
    return tables
