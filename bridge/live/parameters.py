"""Parameters: what staff change while the site runs. `parameters.CONTEXT_LENGTH` is the value in force.

What is set in the admin goes before what the environment says, and that before the default. A process looks every two
seconds whether something was changed; while the database is away the last known values go on serving, and in a process that
never knew any, those that were kept (`bridge.live.kept`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from constance.backends import Backend
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.utils.module_loading import import_string

from bridge.live.endpoints import Remembered, endpoints
from bridge.live.keeping import keeper
from bridge.live.kept import Kept, shape_of
from bridge.values.texts import DEFAULTS, in_force

SECONDS = 2.0


@cache
def _backend() -> Backend:
    return import_string(settings.CONSTANCE_BACKEND)()


stored: Remembered[dict[str, Any]] = Remembered(
    lambda _key: dict(_backend().mget(settings.CONSTANCE_CONFIG)), seconds=lambda: SECONDS
)
# The doors go by some of them, such as how old a push may be. A release with other parameters has another shape.
keeper.keep(stored, Kept[dict[str, Any]]("parameters", dict, shape_of(sorted(settings.CONSTANCE_CONFIG))))


class Parameters:
    """The values in force, by their names; `own` are those that an account has set for itself."""

    def __init__(self, own: Mapping[str, Any] = MappingProxyType({})) -> None:
        self._own = own

    def __getattr__(self, name: str) -> Any:
        if name in self._own:
            return self._own[name]
        if name not in settings.CONSTANCE_CONFIG:
            raise AttributeError(name)
        try:
            site = stored.get() or {}
        except (DatabaseError, InterfaceError):
            site = {}
        return site[name] if name in site else getattr(settings, name, settings.CONSTANCE_CONFIG[name][0])


parameters = Parameters()


def parameters_of(account_id: int | None) -> Parameters:
    """Return the parameters in force for an account, by its id; the site's where there is none."""
    account = endpoints.account(account_id)
    return Parameters(account.parameters) if account and account.parameters else parameters


def texts_of(own: Mapping[str, str]) -> dict[str, str]:
    """Return the texts in force for an account whose own ones these are; what is missing is said in the product's words."""
    site = {key: str(getattr(parameters, f"TEXT_{key.upper()}", "")) for key in DEFAULTS}
    return in_force(own, site)
