"""What a role lets people do, in words, and which of Django's permissions each of these words stands for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from bridge.platforms.registry import platforms

ALL = ("view", "add", "change", "delete")
PLATFORMS = "*"  # stands for the endpoints of every platform that the site has


@dataclass(frozen=True)
class Capability:
    """One thing that people may do: its name, the words for it, and the permissions that it takes, as `app.name`.

    `verbs` lists models as `app.model`, each with the verbs that are allowed on it; `named` lists permissions by name.
    """

    name: str
    label: Any
    verbs: tuple[tuple[str, tuple[str, ...]], ...] = ()
    named: tuple[str, ...] = ()

    def permissions(self) -> frozenset[str]:
        """Return the permissions that this takes."""
        found = set(self.named)
        for model, verbs in self.verbs:
            for one in _models(model):
                app, name = one.split(".")
                found |= {f"{app}.{verb}_{name}" for verb in verbs}
        return frozenset(found)


def _models(model: str) -> list[str]:
    return [one.model._meta.label_lower for one in platforms()] if model == PLATFORMS else [model]


def _on(verbs: tuple[str, ...], *models: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((model, verbs) for model in models)


_VIEW = ("view",)
_CHANGE = ("view", "change")
# The whole table. In the order in which the page of a role shows it.
CAPABILITIES: tuple[Capability, ...] = (
    Capability("reports", _("reads reports of every group"), named=("analytics.read_reports",)),
    Capability(
        "arranges_reports",
        _("arranges reports: letters, goals, notes on days"),
        _on(ALL, "analytics.subscription", "analytics.goal", "analytics.daynote"),
    ),
    Capability(
        "oversees",
        _("supervises every group: sees its conversations, whispers, joins, takes over and answers customers"),
        named=("seats.oversee",),
    ),
    Capability(
        "reads",
        _("reads conversations, customers and what was said"),
        _on(
            _VIEW,
            "bridge.conversation",
            "bridge.message",
            "bridge.customer",
            "bridge.media",
            "seats.assignment",
            "seats.queueentry",
        ),
    ),
    Capability("ends", _("gives conversations to other groups and ends them"), _on(_CHANGE, "bridge.conversation")),
    Capability("blocks", _("changes and blocks customers"), _on(_CHANGE, "bridge.customer")),
    Capability(
        "erases", _("exports and erases everything about a customer"), _on(("view", "delete"), "bridge.customer")
    ),
    Capability(
        "sees_seats",
        _("sees seats, groups and waiting customers"),
        _on(_VIEW, "seats.seat", "seats.seatgroup", "seats.queueentry", "bridge.workinghours"),
    ),
    Capability("changes_seats", _("changes seats and groups"), _on(ALL, "seats.seat", "seats.seatgroup")),
    Capability(
        "arranges",
        _("changes working hours, tags and canned replies"),
        _on(ALL, "bridge.workinghours", "bridge.specialday", "bridge.tag", "seats.cannedreply"),
    ),
    Capability("bots", _("changes what the chatbots answer"), _on(ALL, "chatbots.faqentry", "chatbots.welcome")),
    Capability("codes", _("makes QR codes and looks at what came of them"), _on(ALL, "bridge.qrcode")),
    Capability(
        "notices",
        _("fetches notice templates, fills their blanks and says who may send them"),
        _on(("view", "change", "delete"), "bridge.template"),
    ),
    Capability("broadcasts", _("sends one text to all customers whose window is open"), _on(ALL, "bridge.broadcast")),
    Capability("shown_seats", _("says which name and picture of a seat customers see"), _on(ALL, "bridge.shownseat")),
    Capability("sees_accounts", _("sees accounts and whether they work"), _on(_VIEW, PLATFORMS)),
    Capability(
        "menus",
        _("changes and publishes the menus of accounts"),
        (*_on(_VIEW, PLATFORMS), *_on(_CHANGE, "bridge.accountmenu")),
    ),
    Capability("accounts", _("changes accounts and their keys"), _on(ALL, PLATFORMS)),
    Capability(
        "sees_deliveries",
        _("sees events, deliveries and the exchange log"),
        _on(_VIEW, "bridge.inboundevent", "bridge.delivery", "bridge.exchange", "bridge.platformerror", "bridge.lane"),
    ),
    Capability(
        "resends",
        _("sends deliveries again or drops them, works on events again"),
        _on(_CHANGE, "bridge.inboundevent", "bridge.delivery"),
    ),
    Capability("parameters", _("changes parameters"), _on(_CHANGE, "constance.config")),
    Capability(
        "users",
        _("changes users and roles, lets people sign in again"),
        (
            *_on(ALL, "auth.user", "auth.group"),
            *_on(("view", "delete"), "axes.accessattempt", "otp_totp.totpdevice", "knox.authtoken"),
        ),
    ),
)
BY_NAME = {one.name: one for one in CAPABILITIES}


def held(permissions: Iterable[str]) -> list[Capability]:
    """Return the capabilities all of whose permissions are among these."""
    own = set(permissions)
    return [one for one in CAPABILITIES if one.permissions() <= own]


def rows(names: Iterable[str]) -> QuerySet[Permission]:
    """Return the permissions with these names (`app.name`), those of them that the site has."""
    wanted = Q(pk__in=())
    for app, _dot, name in (one.partition(".") for one in names):
        wanted |= Q(content_type__app_label=app, codename=name)
    return Permission.objects.filter(wanted)


def names_of(role: Group) -> frozenset[str]:
    """Return the names of the role's permissions, as `app.name`; where these were prefetched with the role, no query is made."""
    kinds = ContentType.objects  # it remembers all that it has looked up
    return frozenset(
        f"{kinds.get_for_id(one.content_type_id).app_label}.{one.codename}" for one in role.permissions.all()
    )


def grant(role: Group, chosen: Iterable[str]) -> None:
    """Give the role the capabilities with these names, and take away the others that it has; what is in none stays."""
    own, wanted = names_of(role), [BY_NAME[name] for name in chosen]
    given = frozenset[str]().union(*(one.permissions() for one in wanted))
    taken = frozenset[str]().union(*(one.permissions() for one in held(own) if one not in wanted))
    role.permissions.set(rows((own - taken) | given))
