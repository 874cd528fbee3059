"""What a process remembers of accounts, groups and working hours, kept in tests for as long as nobody changes them in the database.

The product remembers it for two seconds; a test changes an account and goes on at once. To read it afresh each time would
take a fifth of the time of the tests that play conversations.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

from django.apps import apps

from bridge.live import endpoints
from bridge.models import Endpoint, SpecialDay, WorkingHours
from bridge.platforms.wechat import door
from seats.models import SeatGroup
from seats.routing import opening

SECONDS = math.inf  # for which `endpoints` remembers while this looks on


@cache
def _tables() -> frozenset[str]:
    """Return the tables of what is remembered, each in both databases' quotes."""
    models = [one for one in apps.get_models() if issubclass(one, (Endpoint, WorkingHours, SpecialDay, SeatGroup))]
    return frozenset(f"{quote}{one._meta.db_table}{quote}" for one in models for quote in '"`')


def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Forget what is remembered when a statement may have changed it; a wrapper for `connection.execute_wrappers`."""
    done = execute(sql, params, many, context)
    if endpoints.SECONDS == SECONDS and not sql.startswith("SELECT") and _changes(sql):
        endpoints.forget()
        door.accounts.forget()
        opening.plans.forget()
    return done


def _changes(sql: str) -> bool:
    return sql.startswith("ROLLBACK") or any(table in sql for table in _tables())
