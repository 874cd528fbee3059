"""Rotation of the secrets that a platform signs its callbacks with: the ones it uses stay valid until it uses new ones.

A platform changes over at its own time: when somebody has entered the new secrets in its console, and then not on all of its
servers at once. So the moment of the first callback with the new ones is kept, and for a while after it both are taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connection

from bridge.base import clock, outage
from bridge.models import Endpoint
from bridge.models.endpoints import model_of

BOTH = timedelta(hours=1)  # for which the previous secrets are taken after the first callback with the new ones


def previous_until(endpoint: Endpoint) -> float | None:
    """Return until when the previous secrets are valid, in seconds since the epoch; None while no callback used the new ones."""
    return None if endpoint.changed_over_at is None else (endpoint.changed_over_at + BOTH).timestamp()


def valid(present: str, previous: str, until: float | None) -> tuple[str, ...]:
    """Return those of two secrets that are valid now, the one in force first; `until` as `previous_until` returns it."""
    both = previous and (until is None or clock.now().timestamp() < until)
    return tuple(one for one in (present, previous if both else "") if one)


def renew(endpoint: Endpoint, new: Mapping[str, str], previous: Mapping[str, str]) -> None:
    """Give the endpoint new secrets, unsaved; `previous` names the field that keeps each one's predecessor, if any does.

    A secret that no callback has used yet makes room for the new one, and does not push out the one that is in use.
    """
    if endpoint.changed_over_at is not None:
        for field in previous.values():
            setattr(endpoint, field, None)
    endpoint.changed_over_at = None
    for name, value in new.items():
        before = previous.get(name)
        if before and not getattr(endpoint, before):
            setattr(endpoint, before, getattr(endpoint, name))
        setattr(endpoint, name, value)


def is_unused(endpoint: Endpoint, previous: Mapping[str, str]) -> bool:
    """Tell whether there are new secrets that no callback has used yet."""
    return endpoint.changed_over_at is None and any(getattr(endpoint, field) for field in previous.values())


def used(platform: str, pk: int) -> None:
    """Note that the platform has used the new secrets; the first time counts. While the database is away, a later callback does it."""
    if outage.database.lasts():
        return
    try:
        model_of(platform)._default_manager.filter(pk=pk, changed_over_at=None).update(changed_over_at=clock.now())
    except (OperationalError, InterfaceError):
        connection.close_if_unusable_or_obsolete()
        outage.database.seen()
