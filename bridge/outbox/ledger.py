"""The ledger: changes of deliveries that are written together, in one transaction under the lane's fence."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from bridge.base import clock
from bridge.base.flight import Flight
from bridge.conversation import changes
from bridge.lanes.leases import Lease, fence
from bridge.models import Customer, Delivery, Fact, Message
from bridge.outbox import answers
from bridge.outbox.verdict import Verdict
from bridge.values.agents import directory
from bridge.values.windows import Window, fields_of

State = Delivery.State


@dataclass
class _Page:
    """What is written together: columns of deliveries by their ids, and what goes with them."""

    columns: dict[int, dict[str, Any]] = field(default_factory=dict)
    customer: dict[str, Any] = field(default_factory=dict)
    owed: list[Delivery] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    arrived: list[tuple[Message, Delivery, datetime]] = field(default_factory=list)
    flights: list[Flight] = field(default_factory=list)
    news: list[changes.Change] = field(default_factory=list)


@dataclass
class Ledger:
    """Collects what became of one try and what the next one begins with, so that both cost one commit.

    `owes` says whether new deliveries were added, written already or not: the lane must be looked at once more.
    """

    lease: Lease
    owes: bool = False
    _page: _Page = field(default_factory=_Page)

    def apply(self, delivery: Delivery, verdict: Verdict) -> None:
        """Bring the delivery into the verdict's state."""
        self.record(delivery, state=verdict.state, **verdict.changes)
        if verdict.state == State.HELD:
            self._page.customer["has_held"] = True
        elif verdict.state == State.DONE and delivery.direction == Delivery.Direction.CUSTOMER:
            message = delivery.message
            if message and message.side == Message.Side.SEAT:
                self._page.arrived.append((message, delivery, clock.now()))

    def record(self, delivery: Delivery, **changed: Any) -> None:
        """Change columns of the delivery: at once in memory, and in the database with the next `write`."""
        shown = (delivery.state, delivery.reason)
        for name, value in changed.items():
            setattr(delivery, name, value)
        self._page.columns.setdefault(delivery.pk, {}).update(changed)
        # What a seat sees of a delivery; that it is on its way lasts no longer than a look at it.
        news = delivery.state != State.SENDING and shown != (delivery.state, delivery.reason)
        to_customer = delivery.direction == Delivery.Direction.CUSTOMER
        if news and to_customer and delivery.conversation_id and delivery.message_id:
            self._page.news.append(changes.Change(delivery.conversation_id, (delivery.message_id,)))

    def record_window(self, window: Window) -> None:
        """Write down what is left of the customer's window."""
        self._page.customer |= fields_of(window)

    def count(self, kind: Fact.Kind, delivery: Delivery, detail: str) -> None:
        """Keep what happened to a delivery; `detail`: the code, or which limit of the window refused it."""
        conversation = delivery.conversation
        self._page.facts.append(
            Fact(
                kind=kind,
                at=clock.now(),
                conversation_id=delivery.conversation_id,
                account_id=delivery.account_id or (conversation.customer.account_id if conversation else 0),
                group=conversation.group if conversation else "",
                seat_id=_seat_of(delivery),
                detail=detail[:20],
            )
        )

    def owe(self, deliveries: list[Delivery]) -> None:
        """Add new deliveries to the lane."""
        self._page.owed += deliveries
        self.owes = self.owes or bool(deliveries)

    def landed(self, flight: Flight) -> None:
        """Keep a try's record until its outcome is written."""
        self._page.flights.append(flight)

    def write(self) -> None:
        """Write everything. LeaseLost, and nothing written, where the lane is another's by now."""
        page = self._page
        if page.columns or page.owed:
            with transaction.atomic():
                fence(self.lease, clock.now() if page.owed else None)
                self._write(page)
        for flight in page.flights:
            flight.land()
        if page.news:
            changes.announce(page.news)
        self._page = _Page()

    def _write(self, page: _Page) -> None:
        for pk, changed in page.columns.items():
            Delivery.objects.filter(pk=pk).update(**changed)
        if page.customer:
            Customer.objects.filter(im_id=self.lease.lane).update(**page.customer)
        Delivery.objects.bulk_create(page.owed)
        for message, delivery, at in page.arrived:
            page.facts += answers.arrived(message, delivery, at)
        if page.facts:
            Fact.objects.bulk_create(page.facts)


def _seat_of(delivery: Delivery) -> int:
    """Return the id of the seat that a delivery counts for: who wrote it, else who has the conversation; 0 for none."""
    message = delivery.message
    if message and message.side == Message.Side.SEAT:
        return message.seat_id or 0
    seat = directory().assigned(delivery.conversation_id) if delivery.conversation_id else None
    return seat.id if seat else 0
