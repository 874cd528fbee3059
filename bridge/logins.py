"""How often somebody may fail to sign in, and how long they wait then: what django-axes asks for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bridge.parameters import parameters


def tries(*_request: Any) -> int:
    """Return after how many failures a name waits."""
    return int(parameters.LOGIN_TRIES)


def lock(*_request: Any) -> timedelta:
    """Return how long."""
    return timedelta(minutes=parameters.LOGIN_LOCK_MINUTES)
