"""The ledger: changes of deliveries that are written together, in one transaction under the lane's fence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, transaction

from bridge.base import clock
from bridge.base.flight import Flight
from bridge.base.inserting import append
from bridge.base.rows import write_columns
from bridge.conversation import changes
from bridge.inbox import storing
from bridge.inbox.events import Event
from bridge.lanes.leases import Lease, LeaseLost, fence_all, is_conflict
from bridge.models import Customer, Delivery, Fact, Message
from bridge.observe import counters, way
from bridge.outbox import answers, broadcasts
from bridge.outbox.verdict import Verdict
from bridge.values.agents import directory
from bridge.values.windows import Window, fields_of

State = Delivery.State
ENDED = (State.DONE, State.UNKNOWN, State.FAILED, State.DROPPED)
CONFLICTS = 5  # times that a page is written where other transactions stand in its way


@dataclass
class _Page:
    """What is written together: columns of deliveries by their ids, and what goes with them."""

    columns: dict[int, dict[str, Any]] = field(default_factory=dict)
    customer: dict[str, Any] = field(default_factory=dict)
    owed: list[Delivery] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    arrived: list[tuple[Message, Delivery, datetime]] = field(default_factory=list)
    flights: list[Flight] = field(default_factory=list)
    tried: dict[int, Delivery] = field(default_factory=dict)
    news: list[changes.Change] = field(default_factory=list)
    posts: list[Event] = field(default_factory=list)
    of_broadcasts: list[Delivery] = field(default_factory=list)


@dataclass
class Ledger:
    """Collects what became of one try and what the next one begins with, so that both cost one commit.

    `page` is what is to be written. `owes` says whether new deliveries were added, written already or not: the lane must be
    looked at once more.
    """

    lease: Lease
    owes: bool = False
    page: _Page = field(default_factory=_Page)

    def apply(self, delivery: Delivery, verdict: Verdict) -> None:
        """Bring the delivery into the verdict's state. Words that are not kept go with its end."""
        counters.DELIVERIES.labels(delivery.platform, verdict.state, verdict.changes.get("code", "")).inc()
        ended = verdict.state in (State.DONE, State.DROPPED)
        emptied: dict[str, Any] = {"payload": {}, "content": None} if ended and not delivery.kept else {}
        self.record(delivery, state=verdict.state, **{**verdict.changes, **emptied})
        if delivery.broadcast and verdict.state in ENDED:
            self.page.of_broadcasts.append(delivery)
        if verdict.state == State.HELD:
            self.page.customer["has_held"] = True
        elif verdict.state == State.DONE and delivery.direction == Delivery.Direction.CUSTOMER:
            message = delivery.message
            if message and message.side == Message.Side.SEAT:
                self.page.arrived.append((message, delivery, clock.now()))

    def record(self, delivery: Delivery, **changed: Any) -> None:
        """Change columns of the delivery: at once in memory, and in the database with the next `write`."""
        shown = (delivery.state, delivery.reason)
        for name, value in changed.items():
            setattr(delivery, name, value)
        self.page.columns.setdefault(delivery.pk, {}).update(changed)
        if changed.get("state", State.SENDING) != State.SENDING:
            self.page.tried[delivery.pk] = delivery
        # What a seat sees of a delivery; that it is on its way lasts no longer than a look at it.
        news = delivery.state != State.SENDING and shown != (delivery.state, delivery.reason)
        to_customer = delivery.direction == Delivery.Direction.CUSTOMER
        if news and to_customer and delivery.conversation_id and delivery.message_id:
            self.page.news.append(changes.Change(delivery.conversation_id, (delivery.message_id,)))

    def record_window(self, window: Window) -> None:
        """Write down what is left of the customer's window."""
        self.page.customer |= fields_of(window)

    def count(self, kind: Fact.Kind, delivery: Delivery, detail: str) -> None:
        """Keep what happened to a delivery; `detail`: the code, or which limit of the window refused it."""
        conversation = delivery.conversation
        self.page.facts.append(
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
        self.page.owed += deliveries
        self.owes = self.owes or bool(deliveries)

    def post(self, event: Event) -> None:
        """Let the lane decide on something that came of a delivery."""
        self.page.posts.append(event)

    def landed(self, flight: Flight) -> None:
        """Keep a try's record until its outcome is written."""
        self.page.flights.append(flight)

    def write(self) -> None:
        """Write everything, again where another transaction stood in the way: what was sent must not end as unknown for that.

        LeaseLost, and nothing written, where the lane is another's by now.
        """
        for left in reversed(range(CONFLICTS)):
            try:
                _write([self])
                break
            except OperationalError as error:
                if not (left and is_conflict(error)):
                    raise
        self._written()

    def _written(self) -> None:
        page, self.page = self.page, _Page()
        for flight in page.flights:
            flight.land()
        for delivery in page.tried.values():
            way.sent(delivery)
        if page.news:
            changes.announce(page.news)


def write_all(ledgers: Sequence[Ledger]) -> None:
    """Write several lanes' ledgers in one transaction; each alone where that fails, and nothing of a lane that is another's.

    Raises: what the first of those that cannot be written alone either raises, once all others are.
    """
    try:
        _write(ledgers)
    except Exception as error:
        if isinstance(error, OperationalError | InterfaceError) and not is_conflict(error):
            raise
        _write_each(ledgers)
        return
    for ledger in ledgers:
        ledger._written()


def _write_each(ledgers: Sequence[Ledger]) -> None:
    failed: Exception | None = None
    for ledger in ledgers:
        try:
            ledger.write()
        except LeaseLost:
            continue
        except Exception as error:
            failed = failed or error
    if failed:
        raise failed


def _write(ledgers: Sequence[Ledger]) -> None:
    full = [ledger for ledger in ledgers if ledger.page.columns or ledger.page.owed]
    if not full:
        return
    owing = {ledger.lease.lane for ledger in full if ledger.page.owed}
    leases = {ledger.lease.lane: ledger.lease for ledger in full}
    with transaction.atomic():
        fence_all([lease for lane, lease in leases.items() if lane not in owing])
        fence_all([lease for lane, lease in leases.items() if lane in owing], clock.now())
        _write_pages(full)


def _write_pages(ledgers: Sequence[Ledger]) -> None:
    pages = [ledger.page for ledger in ledgers]
    write_columns(Delivery, {pk: changed for page in pages for pk, changed in page.columns.items()})
    for ledger in ledgers:
        if ledger.page.customer:
            Customer.objects.filter(im_id=ledger.lease.lane).update(**ledger.page.customer)
        for event in ledger.page.posts:
            storing.post(ledger.lease.lane, event)
    append(Delivery, [delivery for page in pages for delivery in page.owed])
    arrived = [fact for page in pages for one in page.arrived for fact in answers.arrived(*one)]
    append(Fact, [*(fact for page in pages for fact in page.facts), *arrived])
    # Last, as many lanes write into one broadcast.
    broadcasts.count(one for page in pages for one in page.of_broadcasts)


def _seat_of(delivery: Delivery) -> int:
    """Return the id of the seat that a delivery counts for: who wrote it, else who has the conversation; 0 for none."""
    message = delivery.message
    if message and message.side == Message.Side.SEAT:
        return message.seat_id or 0
    seat = directory().assigned(delivery.conversation_id) if delivery.conversation_id else None
    return seat.id if seat else 0
