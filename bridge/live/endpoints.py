"""The platforms' endpoints, with their secrets, kept in memory for two seconds: decrypting them costs more than a query."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.db import InterfaceError, OperationalError, connection

from bridge.base import outage
from bridge.models import Account, Conversation, Delivery, Endpoint
from bridge.models.endpoints import model_of

if TYPE_CHECKING:
    from bridge.live.kept import Kept

SECONDS = 2.0
T = TypeVar("T")


class Remembered(Generic[T]):
    """What `load` returns per key, for `seconds`. While the database is away the last known value goes on serving."""

    def __init__(self, load: Callable[[str], T | None], seconds: Callable[[], float] = lambda: SECONDS) -> None:
        self._load = load
        self._seconds = seconds
        self._known: dict[str, tuple[float, T | None]] = {}
        self._kept: Kept[T] | None = None
        self._owes: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    def keep(self, kept: Kept[T], owes: Callable[[], None]) -> None:
        """Serve what is kept where the database is away and a value was never known; `owes` is called where that is to change."""
        self._kept, self._owes = kept, owes

    def get(self, key: str = "") -> T | None:
        """Return the value of `key`; None where there is none. The database's error where it was never known, nor kept."""
        known = self._known.get(key)
        if known and (time.monotonic() - known[0] < self._seconds() or outage.database.lasts()):
            return known[1]
        if not known and self._kept and outage.database.lasts() and (value := self._recall(key)) is not None:
            return value
        try:
            value = self._load(key)
        except (OperationalError, InterfaceError):
            outage.database.seen()
            # Whatever is wrong with the connection, the next one begins afresh.
            connection.close_if_unusable_or_obsolete()
            value = known[1] if known else self._recall(key)
            if value is None:
                raise
        else:
            outage.database.over()
            if self._kept and self._kept.note(key, value):
                self._owes()
        self.remember(value, key)
        return value

    def _recall(self, key: str) -> T | None:
        """Return what is kept, and know it from now on."""
        value = self._kept.read(key) if self._kept else None
        if value is not None:
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
        """Ask the database again at the next call; while it is away, what was known goes on serving."""
        with self._lock:
            self._known = {key: (-math.inf, value) for key, (_at, value) in self._known.items()}


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
