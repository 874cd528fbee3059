"""The ledger: changes of deliveries that are written together, in one transaction under the lane's fence."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from bridge import changes, clock
from bridge.agents import directory
from bridge.flight import Flight
from bridge.lanes import Lease, fence
from bridge.models import Customer, Delivery, Fact
from bridge.windows import Window, fields_of

# What a seat sees of a delivery: where it is, and why it is not further.
_SHOWN = {"state", "reason"}


class Ledger:
    """Collects what became of one try and what the next one begins with, so that both cost one commit."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self._changes: dict[int, dict[str, Any]] = {}
        self._owed: list[Delivery] = []
        self._has_owed = False
        self._flights: list[Flight] = []
        self._customer: dict[str, Any] = {}
        self._news: list[changes.Change] = []
        self._facts: list[Fact] = []

    def note(self, delivery: Delivery, **changed: Any) -> None:
        """Change `delivery`, at once in memory and with the next `write` in the database."""
        for name, value in changed.items():
            setattr(delivery, name, value)
        # That it is on its way lasts no longer than a look at it.
        if _SHOWN & changed.keys() and changed.get("state") != Delivery.State.SENDING:
            self._tell(delivery)
        self._changes.setdefault(delivery.pk, {}).update(changed)
        if changed.get("state") == Delivery.State.HELD:
            self._customer["has_held"] = True

    def _tell(self, delivery: Delivery) -> None:
        if delivery.direction == Delivery.Direction.CUSTOMER and delivery.conversation_id and delivery.message_id:
            self._news.append(changes.Change(delivery.conversation_id, (delivery.message_id,)))

    def note_window(self, window: Window) -> None:
        """Write down what is left of the customer's window."""
        self._customer |= fields_of(window)

    def count(self, kind: Fact.Kind, delivery: Delivery, detail: str) -> None:
        """Keep what happened to a delivery; `detail`: the code, or which limit of the window refused it."""
        conversation = delivery.conversation
        seat = directory().assigned(conversation.pk) if conversation else None
        self._facts.append(
            Fact(
                kind=kind,
                at=clock.now(),
                conversation_id=delivery.conversation_id,
                account_id=delivery.account_id or (conversation.customer.account_id if conversation else 0),
                group=conversation.group if conversation else "",
                seat_id=seat.id if seat else 0,
                detail=detail[:20],
            )
        )

    def owe(self, deliveries: list[Delivery]) -> None:
        """Add new deliveries to the lane."""
        self._owed += deliveries
        self._has_owed = self._has_owed or bool(deliveries)

    @property
    def owes(self) -> bool:
        """Tell whether new deliveries were added, written already or not: the lane must be looked at once more."""
        return self._has_owed

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
        changes.tell(self._news)
        self._changes, self._owed, self._flights, self._customer = {}, [], [], {}
        self._news, self._facts = [], []

    def _write(self) -> None:
        with transaction.atomic():
            fence(self.lease, clock.now() if self._owed else None)
            for pk, changed in self._changes.items():
                Delivery.objects.filter(pk=pk).update(**changed)
            if self._customer:
                Customer.objects.filter(im_id=self.lease.lane).update(**self._customer)
            Delivery.objects.bulk_create(self._owed)
            if self._facts:
                Fact.objects.bulk_create(self._facts)
