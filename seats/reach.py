"""How far users reach by their roles and seats, so that nobody gives others, or themselves, more than they have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db.models import Q

from bridge.models import Account, Conversation
from bridge.values.agents import Roles
from seats.models import Seat, SeatGroup
from seats.routing.directory import OVERSEE


def of_user(user: Any) -> Roles:
    """Return the groups that the user serves in and supervises; only `site` of one who oversees every group."""
    if user.has_perm(OVERSEE):
        return Roles(site=True)
    seat = Seat.objects.filter(user=user.pk).first()
    return Roles(*_groups(seat)) if seat else Roles()


def _groups(seat: Seat) -> tuple[frozenset[str], frozenset[str]]:
    served = frozenset(seat.groups.values_list("slug", flat=True))
    return served, frozenset(SeatGroup.objects.filter(supervisors=seat).values_list("slug", flat=True))


def not_to_serve(user: Any, groups: Iterable[SeatGroup]) -> list[SeatGroup]:
    """Return those of the groups into which the user may put no seat: they neither serve in them nor supervise them."""
    own = of_user(user)
    return [] if own.site else [one for one in groups if one.slug not in own.serves | own.supervises]


def may_supervise(user: Any, slug: str) -> bool:
    """Tell whether the user may name supervisors of the group: their own group, or one that no customer has been in."""
    if of_user(user).oversees(slug):
        return True
    known = (
        SeatGroup.objects.filter(slug=slug),
        Conversation.objects.filter(group=slug),
        Account.objects.filter(group=slug),
    )
    return not any(one.exists() for one in known)


def leads_to_oneself(user: Any, group: str, other: str) -> bool:
    """Tell whether an overflow from `group` to `other` would show the user customers that they do not see now."""
    own = of_user(user)
    mine = own.serves | own.supervises
    return not own.site and other in mine and group not in mine


def may_touch(user: Any, other: User) -> bool:
    """Tell whether `other` has nothing that `user` lacks: whoever can change a user can sign in as that user.

    What roles give counts also while they are not active: whoever changes them could let them in again. A seat reads and
    answers what it serves; that goes beyond nobody who oversees every group, or supervises each of the seat's.
    """
    if user.is_superuser or user.pk == other.pk:
        return True
    return not other.is_superuser and given_to(other) <= user.get_all_permissions() and _directs(user, other)


def given_to(user: User) -> frozenset[str]:
    """Return the user's permissions as `app.name`, those of their roles too, whether or not they may sign in now."""
    rows = Permission.objects.filter(Q(user=user) | Q(group__user=user)).distinct()
    return frozenset(f"{app}.{name}" for app, name in rows.values_list("content_type__app_label", "codename"))


def _directs(user: Any, other: User) -> bool:
    seat = Seat.objects.filter(user=other.pk).first()
    own = of_user(user)
    if seat is None or own.site:
        return True
    groups = frozenset[str]().union(*_groups(seat))
    return bool(groups) and groups <= own.supervises
