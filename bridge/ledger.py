"""The ledger: changes of deliveries that are written together, in one transaction under the lane's fence."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from bridge import clock
from bridge.flight import Flight
from bridge.lanes import Lease, fence
from bridge.models import Customer, Delivery
from bridge.windows import Window, fields_of


class Ledger:
    """Collects what became of one try and what the next one begins with, so that both cost one commit."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self._changes: list[tuple[int, dict[str, Any]]] = []
        self._owed: list[Delivery] = []
        self._flights: list[Flight] = []
        self._customer: dict[str, Any] = {}

    def note(self, delivery: Delivery, **changes: Any) -> None:
        """Change `delivery`, at once in memory and with the next `write` in the database."""
        for name, value in changes.items():
            setattr(delivery, name, value)
        self._changes.append((delivery.pk, changes))
        if changes.get("state") == Delivery.State.HELD:
            self._customer["has_held"] = True

    def note_window(self, window: Window) -> None:
        """Write down what is left of the customer's window."""
        self._customer |= fields_of(window)

    def owe(self, deliveries: list[Delivery]) -> None:
        """Add new deliveries to the lane."""
        self._owed += deliveries

    def landed(self, flight: Flight | None) -> None:
        """Keep a try's record until its outcome is written."""
        if flight:
            self._flights.append(flight)

    def write(self) -> None:
        """Write everything. LeaseLost, and nothing written, where the lane is another's by now."""
        if self._changes or self._owed:
            self._write()
        for flight in self._flights:
            flight.land()
        self._changes, self._owed, self._flights, self._customer = [], [], [], {}

    def _write(self) -> None:
        with transaction.atomic():
            fence(self.lease, **({"wake_at": clock.now()} if self._owed else {}))
            for pk, changes in self._changes:
                Delivery.objects.filter(pk=pk).update(**changes)
            if self._customer:
                Customer.objects.filter(im_id=self.lease.lane).update(**self._customer)
            Delivery.objects.bulk_create(self._owed)
