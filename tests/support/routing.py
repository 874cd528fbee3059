"""Hands for the tests of routing: customers by number, a clock that is set, timers that are due."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from bridge.base import clock
from bridge.lanes import nudges
from bridge.models import Conversation, Customer
from seats.models import Assignment, QueueEntry, Seat
from seats.tasks import tick, wake_queues
from tests.support.actors import Site


def someone(number: int) -> str:
    return f"oRoutingCustomer0000000000{number:03d}"


def client_of(name: str) -> Client:
    """Return a browser in which the user is logged in."""
    client = Client()
    client.force_login(User.objects.get(username=name))
    return client


def conversation(number: int) -> Conversation:
    """Return the customer's last conversation."""
    return Conversation.objects.filter(customer__openid=someone(number)).latest("pk")


def owner(number: int) -> str:
    """Return the user name of the seat that has the customer, else the status of the last conversation."""
    mine = Assignment.objects.filter(active_for__customer__openid=someone(number)).select_related("seat__user").first()
    return mine.seat.user.username if mine else conversation(number).status


def places(slug: str = "sales") -> list[int]:
    """Return the numbers of the customers in the group's queue, in order."""
    waiting = QueueEntry.objects.filter(group__slug=slug).order_by("rank", "enqueued_at", "pk")
    return [int(openid[-3:]) for openid in waiting.values_list("conversation__customer__openid", flat=True)]


def consistent() -> None:
    """Check what must hold at every moment: loads are true, and nobody has more than there is room for."""
    for seat in Seat.objects.all():
        held = Assignment.objects.filter(active_for__isnull=False, seat=seat).count() + seat.offers.count()
        assert seat.load == held, seat
        assert seat.load <= seat.capacity, seat


class Day:
    """A site whose clock only moves when it is told to."""

    def __init__(self, site: Site, platforms: Any, start: datetime | None = None) -> None:
        self.site, self.platforms = site, platforms
        self.now = start or clock.now()

    @contextmanager
    def running(self) -> Iterator[Day]:
        with clock.fixed(lambda: self.now):
            yield self

    def later(self, seconds: float) -> None:
        """Let time pass, and the timers and workers do what is due."""
        self.now += timedelta(seconds=seconds)
        tick()
        wake_queues()
        self.site.work()

    def works_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let every nudge be followed by the work it calls for. A test's own transaction never ends: its commit is now."""
        working: list[bool] = []

        def work() -> None:
            if not working:
                working.append(True)
                self.site.work()
                working.clear()

        monkeypatch.setattr(nudges, "nudge", work)
        monkeypatch.setattr(transaction, "on_commit", lambda then, **_options: then())

    def arrive(self, *numbers: int, text: str = "hello") -> None:
        for number in numbers:
            self.now += timedelta(seconds=1)
            self.site.customer_says(f"{text} {number}", someone(number))
            self.site.work()

    def says(self, seat: str, text: str, number: int) -> str:
        """Let a seat write in the chat with a customer; return the last it reads afterwards."""
        self.now += timedelta(seconds=1)
        self.site.seat_says(text, seat, someone(number))
        self.site.work()
        read = self.platforms.to_seat(seat)
        return read[-1] if read else ""

    def told(self, number: int) -> list[str]:
        return self.platforms.to_customer(someone(number))

    @staticmethod
    def customer(number: int) -> Customer:
        return Customer.objects.get(openid=someone(number))
