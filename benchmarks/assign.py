"""Assignments a second, and statements per assignment: 500 seats with 10,000 waiting beside a tenth of both.

One assignment is a conversation that ends and frees a place, and the head of the queue that gets it.
"""

from __future__ import annotations

import statistics
import time
from collections import deque
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bridge.base import clock
from bridge.models import Conversation, Customer
from bridge.pipeline.actions import Action
from bridge.pipeline.serving import Assign, Release
from bridge.platforms.wechat.models import WeChatAccount
from seats.models import Assignment, QueueEntry, Seat, SeatGroup
from seats.simulation.engine import carry_out_for

SIZES = ((50, 1000), (500, 10_000))
ROUNDS = 3
TURNS = 150


class Floor:
    """A group whose seats all have one conversation, and a long queue."""

    def __init__(self, seats: int, waiting: int, label: str = "assign") -> None:
        now, label = clock.now(), f"{label}-{seats}"
        self.slug = label
        self.account = WeChatAccount.objects.create(
            slug=label, name=label, app_id=label, app_secret="bench", token="bench", encryption="plain", group=label
        )
        self.group = SeatGroup.objects.create(slug=label, name=label, handling_seconds=600)
        users = get_user_model().objects.bulk_create(
            get_user_model()(username=f"{label}-{number}") for number in range(seats)
        )
        self.seats = Seat.objects.bulk_create(
            Seat(user=user, im_user_id=user.username[:32], capacity=1, load=1, online=True) for user in users
        )
        links = SeatGroup.seats.through
        links.objects.bulk_create(links(seat_id=seat.pk, seatgroup_id=self.group.pk) for seat in self.seats)
        self.busy = deque(self._conversations(f"{label}-busy", seats, "assigned"))
        Assignment.objects.bulk_create(
            Assignment(conversation=one, active_for=one, seat=seat, assigned_at=now)
            for one, seat in zip(self.busy, self.seats, strict=True)
        )
        queued = self._conversations(f"{label}-wait", waiting, "queued")
        QueueEntry.objects.bulk_create(
            QueueEntry(
                conversation=one, group=self.group, lane=one.customer.im_id, account_id=self.account.pk,
                enqueued_at=now + timedelta(milliseconds=number),
            )
            for number, one in enumerate(queued)
        )  # fmt: skip
        self.by_lane = {one.customer.im_id: one for one in queued}
        self.woken: deque[str] = deque()

    def _conversations(self, label: str, count: int, status: str) -> list[Conversation]:
        now = clock.now()
        customers = Customer.objects.bulk_create(
            Customer(account=self.account, openid=f"{label}-{number}", im_id=f"{label}-{number}", created_at=now)
            for number in range(count)
        )
        return Conversation.objects.bulk_create(
            Conversation(
                customer=one, open_for=one, status=status, mode="stack", group=self.slug, opened_at=now
            )
            for one in customers
        )  # fmt: skip

    def turn(self) -> None:
        """One conversation ends; whoever is woken is assigned."""
        self._do(self.busy.popleft(), Release())
        while self.woken:
            conversation = self.by_lane[self.woken.popleft()]
            if conversation.status == "queued":
                self._do(conversation, Assign(self.slug, then=lambda outcome: []))
                self.busy.append(conversation)

    def _do(self, conversation: Conversation, *actions: Action) -> None:
        carry_out_for(conversation, self.woken, actions)


def measure() -> dict[str, Any]:
    """Print both sizes side by side, round by round; return the figures of the large one."""
    floors = {size: Floor(*size) for size in SIZES}
    statements = {size: _statements(floor) for size, floor in floors.items()}
    speeds: dict[tuple[int, int], list[float]] = {size: [] for size in SIZES}
    for _round in range(ROUNDS):
        for size, floor in floors.items():
            speeds[size].append(speed(floor))
    for size in SIZES:
        seats, waiting = size
        rates = ", ".join(f"{one:,.0f}" for one in speeds[size])
        print(f"assign: {seats} seats, {waiting:,} waiting: {rates} assignments/s, {statements[size]} statements each")
    small, large = (statistics.median(speeds[size]) for size in SIZES)
    print(f"assign: large / small {large / small:.2f} in speed")
    assert len(set(statements.values())) == 1, "the number of statements grows"
    return {"rate": round(large), "ratio": round(large / small, 3), "statements": statements[SIZES[-1]]}


def _statements(floor: Floor) -> int:
    floor.turn()
    with CaptureQueriesContext(connection) as captured:
        floor.turn()
    return sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")) for query in captured)


def speed(floor: Floor) -> float:
    """Return assignments a second."""
    began = time.perf_counter()
    for _turn in range(TURNS):
        floor.turn()
    return TURNS / (time.perf_counter() - began)
