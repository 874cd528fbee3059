"""Which users may read which numbers."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from seats.models import SeatGroup

READ_ALL = "analytics.read_reports"


def readable_groups(user: Any) -> frozenset[str] | None:
    """Return the slugs of the groups whose numbers the user may read; None for all of them, and no limit.

    With the permission that is everything; a supervisor reads the supervised groups; everybody else nothing.
    """
    if user.is_active and user.has_perm(READ_ALL):
        return None
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    return frozenset(SeatGroup.objects.filter(supervisors__user=user.pk).values_list("slug", flat=True))


def may_read(user: Any) -> bool:
    """Tell whether the user may read any numbers at all."""
    groups = readable_groups(user)
    return groups is None or bool(groups)


def may_read_request(request: HttpRequest) -> bool:
    """Tell whether whoever asks may read any numbers; for the navigation."""
    return may_read(request.user)
