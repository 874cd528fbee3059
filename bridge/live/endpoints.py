"""The platforms' endpoints, with their secrets, kept in memory for two seconds: decrypting them costs more than a query."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import InterfaceError, OperationalError, connection

from bridge.base import outage
from bridge.models import Account, Conversation, Delivery, Endpoint
from bridge.models.endpoints import model_of

SECONDS = 2.0
T = TypeVar("T")


class Remembered(Generic[T]):
    """What `load` returns per key, for `seconds`. While the database is away the last known value goes on serving."""

    def __init__(self, load: Callable[[str], T | None], seconds: Callable[[], float] = lambda: SECONDS) -> None:
        self._load = load
        self._seconds = seconds
        self._known: dict[str, tuple[float, T | None]] = {}
        self._lock = threading.Lock()

    def get(self, key: str = "") -> T | None:
        """Return the value of `key`; None where there is none. The database's error where it was never known."""
        known = self._known.get(key)
        if known and (time.monotonic() - known[0] < self._seconds() or outage.database.lasts()):
            return known[1]
        try:
            value = self._load(key)
        except (OperationalError, InterfaceError):
            outage.database.seen()
            # Whatever is wrong with the connection, the next one begins afresh.
            connection.close_if_unusable_or_obsolete()
            if known is None:
                raise
            value = known[1]
        else:
            outage.database.over()
        self.remember(value, key)
        return value

    def remember(self, value: T | None, key: str = "") -> None:
        """Take this for the value of `key`, from now on."""
        with self._lock:
            if value is None:
                self._known.pop(key, None)
            else:
                self._known[key] = (time.monotonic(), value)

    def forget(self) -> None:
        """Ask the database again at the next call."""
        self._known.clear()


def account_id_of(delivery: Delivery) -> int | None:
    """Return the account whose customer a delivery is about; one to a seat belongs to no account itself."""
    if delivery.account_id:
        return delivery.account_id
    rows = Conversation.objects.filter(pk=delivery.conversation_id or 0)
    return rows.values_list("customer__account_id", flat=True).first()


def _load(pk: str) -> Endpoint | None:
    platform = Endpoint.objects.filter(pk=pk).values_list("platform", flat=True).first()
    return model_of(platform)._default_manager.filter(pk=pk).first() if platform is not None else None


class Endpoints(Remembered[Endpoint]):
    """All endpoints by their ids, each as its platform's own model."""

    def account(self, pk: int | None) -> Account | None:
        """Return the account with this id; None where there is none."""
        found = self.get(str(pk)) if pk else None
        return found if isinstance(found, Account) else None


endpoints = Endpoints(_load)
_remembered: list[Remembered[Any]] = [endpoints]


def remembered(load: Callable[[str], T | None]) -> Remembered[T]:
    """Return a memory of endpoints under keys of a platform's own choice, which `forget` clears too."""
    made = Remembered(load)
    _remembered.append(made)
    return made


def forget() -> None:
    """Read all endpoints afresh at the next call: one was changed."""
    for one in _remembered:
        one.forget()
