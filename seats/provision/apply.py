"""Applies a checked provision file, in one transaction; applying it twice changes nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from bridge.inbox import storing
from bridge.models import Account, Tag, WorkingHours
from bridge.pipeline.bots import bots
from bridge.platforms.bot_fields import bots_of_file
from bridge.platforms.provisioning import ProvisionError, Section, Table
from bridge.values.agents import seat_lane
from seats.events import RoomChanged
from seats.models import Seat, SeatGroup
from seats.provision.schema import GROUP_NUMBERS, Document
from seats.routing.strategies import strategies

_NO_TROUBLE = {"trouble": "", "trouble_since": None, "retry_at": None}


@dataclass
class Summary:
    """What was made and what was changed, by name."""

    created: list[str]
    updated: list[str]


def apply(document: Document) -> Summary:
    """Bring the site to what the document says. ProvisionError where it names a group or a mode that is not there."""
    summary = Summary([], [])
    with transaction.atomic():
        for table in document.hours:
            _put_hours(summary, table)
        for table in document.tags:
            _put(summary, Tag, {"name": table["name"]}, {key: table[key] for key in table if key != "name"})
        for table in document.groups:
            _put_group(summary, document, table)
        for table in document.groups:
            _put_overflow(document, table)
        for section, tables in document.endpoints:
            for table in tables:
                _put_endpoint(summary, document, section, table)
        for table in document.seats:
            _put_seat(summary, document, table)
        for table in document.groups:
            _put_supervisors(document, table)
    return summary


def _put(summary: Summary, model: type[Model], key: Table, values: Table, label: str = "") -> Any:
    """Make or change the row with this key. An empty secret is null in the database: both count as empty."""
    row = model._default_manager.filter(**key).first() or model(**key)
    fresh = row.pk is None
    changed = [name for name, value in values.items() if fresh or (getattr(row, name) or "") != (value or "")]
    for name in changed:
        setattr(row, name, values[name])
    if fresh:
        row.save()
    elif changed:
        # The lanes write the other columns meanwhile.
        row.save(update_fields=changed)
    if fresh or changed:
        (summary.created if fresh else summary.updated).append(
            f"{model._meta.model_name} {label or next(iter(key.values()))}"
        )
    return row


def _put_group(summary: Summary, document: Document, table: Table) -> None:
    strategy = table.get("strategy")
    if strategy is not None and strategy not in strategies():
        where = f"{document.file}: [[group]] {table['slug']}: strategy: "
        raise ProvisionError(where + _("must be one of %s") % ", ".join(strategies()))
    own = ("strategy", "last_seat_days", "transfer_mode", *GROUP_NUMBERS)
    values: Table = {key: table[key] for key in own if key in table}
    if "hours" in table:
        values["hours_id"] = _need_hours(f"{document.file}: [[group]] {table['slug']}: hours", table["hours"])
    _put(summary, SeatGroup, {"slug": table["slug"]}, {"name": table.get("name") or table["slug"], **values})


def _put_overflow(document: Document, table: Table) -> None:
    if "overflow_group" not in table:
        return
    where = f"{document.file}: [[group]] {table['slug']}: overflow_group"
    other = _need_group(where, table["overflow_group"]) if table["overflow_group"] else None
    if other and other.slug == table["slug"]:
        raise ProvisionError(f"{where}: " + _("A group cannot overflow to itself."))
    SeatGroup.objects.filter(slug=table["slug"]).update(overflow_group=other)


def _put_hours(summary: Summary, table: Table) -> None:
    values = {key: table[key] for key in table if key not in ("name", "special_days")}
    row = _put(summary, WorkingHours, {"name": table["name"]}, values)
    for day, hours in table.get("special_days", {}).items():
        row.special_days.update_or_create(day=date.fromisoformat(day), defaults={"hours": hours})


def _need_hours(where: str, name: str) -> int | None:
    """Return the id of the working hours called `name`; None for "", which takes them off."""
    if not name:
        return None
    found = WorkingHours.objects.filter(name=name).first()
    if found is None:
        raise ProvisionError(f"{where}: " + _("there are no working hours %s") % name)
    return found.pk


def _put_endpoint(summary: Summary, document: Document, section: Section, table: Table) -> None:
    manager, unique, own = section.model._default_manager, section.unique, section.named_by
    if own:
        key = {own: table[own]}
    else:
        first = manager.first()
        key = {"pk": first.pk} if first else {unique: table[unique]}
    where = f"{document.file}: {section.title(table)}"
    if other := manager.filter(**{unique: table[unique]}).exclude(**key).first():
        raise ProvisionError(f"{where}: {unique}: " + _("is the one of account %s") % getattr(other, own or "pk"))
    values = {**section.defaults, **table}
    if issubclass(section.model, Account):
        values = _account_values(where, values)
    _put(summary, section.model, key, {**values, **_NO_TROUBLE})


def _account_values(where: str, table: Table) -> Table:
    """Return the columns of an account. ProvisionError where it names a group, a chatbot or hours that are not there."""
    if group := table.get("group"):
        _need_group(f"{where}: group", group)
    if (mode := table.get("first_mode")) and mode not in bots():
        raise ProvisionError(f"{where}: first_mode: " + _("there is no chatbot %s") % mode)
    values = {"name": table["slug"], **{key: value for key, value in table.items() if key != "slug"}}
    if "bots" in table:
        values["bots"] = _bots(f"{where}: bots", table["bots"])
    if "opening_keys" in table:
        values["opening_keys"] = "\n".join(table["opening_keys"])
    if "hours" in values:
        values["hours_id"] = _need_hours(f"{where}: hours", values.pop("hours"))
    return values


def _bots(where: str, rows: list[Any]) -> list[dict[str, Any]]:
    try:
        return bots_of_file(rows)
    except ValidationError as error:
        raise ProvisionError(f"{where}: {' '.join(error.messages)}") from error


def _need_group(where: str, slug: str) -> SeatGroup:
    group = SeatGroup.objects.filter(slug=slug).first()
    if group is None:
        raise ProvisionError(f"{where}: " + _("there is no group %s") % slug)
    return group


def _put_seat(summary: Summary, document: Document, table: Table) -> None:
    where = f"{document.file}: [[seat]] {table['username']}"
    groups = [_need_group(f"{where}: groups", slug) for slug in table.get("groups", [])]
    im_id = table.get("im_user_id") or table["username"]
    if Seat.objects.filter(im_user_id=im_id).exclude(user__username=table["username"]).exists():
        raise ProvisionError(f"{where}: im_user_id: " + _("another seat has it"))
    user = _put_user(table)
    values: Table = {"im_user_id": im_id}
    values |= {key: table[key] for key in ("capacity", "weight") if key in table}
    seat = _put(summary, Seat, {"user_id": user.pk}, values, label=user.username)
    seat.groups.set(groups)
    storing.post(seat_lane(im_id), RoomChanged(im_id))


def _put_supervisors(document: Document, table: Table) -> None:
    if "supervisors" not in table:
        return
    where = f"{document.file}: [[group]] {table['slug']}: supervisors: "
    found = {seat.user.get_username(): seat for seat in Seat.objects.select_related("user")}
    for name in table["supervisors"]:
        if name not in found:
            raise ProvisionError(where + _("there is no seat %s") % name)
    group = SeatGroup.objects.get(slug=table["slug"])
    group.supervisors.set([found[name] for name in table["supervisors"]])


def _put_user(table: Table) -> Any:
    model = get_user_model()
    user, created = model.objects.get_or_create(username=table["username"])
    password, before = table.get("password", ""), user.password
    if password and not user.check_password(password):
        user.set_password(password)
    elif created and not password:
        user.set_unusable_password()
    name = table.get("name", user.first_name)
    if user.password != before or user.first_name != name:
        user.first_name = name
        user.save()
    return user
