"""Plays a day: events in the order of their times, each through the real handlers in a transaction of its own.

Only what takes part in assigning is real: the handlers, their tables and their locks. Messages, lanes and platforms are
left out, which makes a day last seconds. The engine keeps its own books beside, in plain Python, and so notices where a
customer was passed over or an idle seat forgotten.
"""

from __future__ import annotations

import heapq
import itertools
import random
import time
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import transaction

from bridge.apply.scene import Scene
from bridge.apply.standing import Standing
from bridge.base import clock
from bridge.models import Account, Conversation, Customer, InboundEvent
from bridge.pipeline.actions import Action
from bridge.pipeline.serving import Assign, Assigned, Enqueue, Outcome, Release
from bridge.pipeline.turn import EventState, Turn
from bridge.values.incoming import INTERNAL
from seats.models import Connection, Seat, SeatGroup
from seats.simulation.scenario import Result, Scenario

MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)
GROUP = "simulated"


def carry_out_for(conversation: Conversation, woken: deque[str], actions: Iterable[Action]) -> None:
    """Carry out actions as for an event of the customer's lane, in a transaction; whom they wake is added to `woken`."""
    customer, now = conversation.customer, clock.now()
    turn = Turn(EventState(INTERNAL, "simulated", "{}", customer.im_id), now)
    event = InboundEvent(lane=customer.im_id)
    scene = Scene(event, turn, Standing(customer, conversation), now, post=lambda lane, _event: woken.append(lane))
    with transaction.atomic():
        scene.carry_out(actions)
        scene.write_conversation()


class Books:
    """What the engine knows without asking the database."""

    def __init__(self, scenario: Scenario) -> None:
        self.capacity = {seat.name: seat.capacity for seat in scenario.seats}
        self.load = dict.fromkeys(self.capacity, 0)
        self.idle_since = dict.fromkeys(self.capacity, 0.0)
        self.queue: deque[int] = deque()

    def best_is_idle(self, name: str) -> bool:
        """Tell whether no other seat with room has been without work for longer than this one."""
        idle = [since for seat, since in self.idle_since.items() if not self.load[seat] and self.capacity[seat]]
        if self.load[name]:
            return not idle
        return self.idle_since[name] <= min(idle)

    def assign(self, name: str) -> None:
        self.load[name] += 1

    def free(self, name: str, at: float) -> None:
        self.load[name] -= 1
        if not self.load[name]:
            self.idle_since[name] = at


class Engine:
    """One run of one scenario, in an empty database."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self.result, self.books = scenario, Result(), Books(scenario)
        self.chance = random.Random(f"times {scenario.seed}")  # noqa: S311
        self.agenda: list[tuple[float, int, str, int]] = []
        self.numbers = itertools.count()
        self.conversations: dict[str, Conversation] = {}
        self.came: dict[int, float] = {}
        self.seats: dict[int, str] = {}
        self.woken: deque[str] = deque()
        self.at = 0.0
        self.group = SeatGroup.objects.create(
            slug=GROUP, name=GROUP, strategy=scenario.strategy, max_wait_seconds=0, close_idle_seconds=0
        )
        # Of no platform: nothing is sent.
        self.account = Account.objects.create(platform=GROUP, slug=GROUP, name=GROUP, group=GROUP)
        self._open_seats()

    def _open_seats(self) -> None:
        users = get_user_model()
        for place in self.scenario.seats:
            user = users.objects.create(username=place.name)
            seat = Seat.objects.create(
                user=user, im_user_id=place.name[:32], capacity=place.capacity, weight=place.weight, online=True,
                idle_since=MIDNIGHT,
            )  # fmt: skip
            seat.groups.add(self.group)
            Connection.objects.create(seat=seat, client="desk:simulated", since=MIDNIGHT, seen_at=MIDNIGHT)

    def run(self) -> Result:
        """Play the day and return what came of it."""
        began = time.perf_counter()
        for at in self.scenario.arrivals():
            self._plan(at, "arrives", next(self.numbers))
        with clock.fixed(lambda: MIDNIGHT + timedelta(seconds=self.at)):
            while self.agenda:
                self.at, _order, what, number = heapq.heappop(self.agenda)
                getattr(self, f"_{what}")(number)
                while self.woken:
                    self._wake(self.woken.popleft())
        self.result.seconds = time.perf_counter() - began
        return self.result

    def _plan(self, at: float, what: str, number: int) -> None:
        heapq.heappush(self.agenda, (at, next(self.numbers), what, number))

    def _do(self, conversation: Conversation, *actions: Action) -> None:
        carry_out_for(conversation, self.woken, actions)

    def _arrives(self, number: int) -> None:
        now = clock.now()
        lane = f"simulated-{number}"
        customer = Customer.objects.create(account=self.account, openid=lane, im_id=lane, created_at=now)
        conversation = Conversation.objects.create(
            customer=customer, open_for=customer, mode="transform", group=GROUP, opened_at=now
        )
        self.conversations[lane], self.came[number] = conversation, self.at
        self.result.customers += 1
        self._do(conversation, Assign(GROUP, then=lambda outcome: self._assigned(number, outcome, newcomer=True)))

    def _assigned(self, number: int, outcome: Outcome, *, newcomer: bool) -> Iterable[Action]:
        if not isinstance(outcome, Assigned):
            if not newcomer:
                return []
            self.books.queue.append(number)
            self._plan(self.at + self.chance.expovariate(1 / self.scenario.patience), "gives_up", number)
            return [Enqueue(GROUP, then=lambda waiting: [])]
        self._record_order(number, newcomer=newcomer)
        self._record_seat(number, outcome.agent.im_id)
        self._record_wait(number)
        return []

    def _record_order(self, number: int, *, newcomer: bool) -> None:
        queue = self.books.queue
        self.result.order_broken += bool(queue) if newcomer else queue[0] != number
        if not newcomer:
            queue.remove(number)

    def _record_seat(self, number: int, name: str) -> None:
        self.result.idle_broken += not self.books.best_is_idle(name)
        self.books.assign(name)
        self.result.given[name] = self.result.given.get(name, 0) + 1
        self.seats[number] = name
        service = self.chance.expovariate(1 / self.scenario.service)
        self.result.busy += service
        self._plan(self.at + service, "is_served", number)

    def _record_wait(self, number: int) -> None:
        self.result.waits.append(self.at - self.came[number])
        self.result.hours.append(int(self.came[number] // 3600))

    def _wake(self, lane: str) -> None:
        number = int(lane.rsplit("-", 1)[1])
        conversation = self.conversations[lane]
        if conversation.status == Conversation.Status.QUEUED:
            self._do(conversation, Assign(GROUP, then=lambda outcome: self._assigned(number, outcome, newcomer=False)))

    def _gives_up(self, number: int) -> None:
        if number in self.seats:
            return
        self.books.queue.remove(number)
        self.result.given_up += 1
        self._record_wait(number)
        self._leave(number)

    def _is_served(self, number: int) -> None:
        self.books.free(self.seats[number], self.at)
        self._leave(number)

    def _leave(self, number: int) -> None:
        conversation = self.conversations.pop(f"simulated-{number}")
        self._do(conversation, Release())
        Conversation.objects.filter(pk=conversation.pk).update(status=Conversation.Status.CLOSED, open_for=None)
