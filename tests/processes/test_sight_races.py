"""While conversations are given away, and go on at once, who gave them away reads on: nothing of what is said after is seen."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from django.db import connection

from bridge.live import parameters as live
from bridge.models import Message
from seats.api import conversations as api
from seats.desk import feed
from seats.models import Seat
from seats.sight import said_in
from tests.processes.test_routing_races import work_at_once
from tests.support.actors import Site
from tests.support.routing import client_of, conversation, owner, someone

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]
CUSTOMERS, READERS, WAIT = 10, 2, 60
EARLY, LATER = "early-word", "later-word"
# All that is read in more than one look at the database.
PAGES = ("/desk/{pk}/messages/", "/api/conversations/{pk}/messages/", "/desk/{pk}/", "/desk/{pk}/customer/")


class Gate:
    """Stands between a look at a conversation and the one at its messages. Shut, it stops who comes there, and counts them."""

    def __init__(self) -> None:
        self._open, self._comes = threading.Event(), threading.Semaphore(0)
        self._open.set()

    def pass_through(self) -> None:
        if not self._open.is_set():
            self._comes.release()
            assert self._open.wait(WAIT)

    def shut(self, readers: int) -> None:
        """Shut it, and wait until so many readers stand there."""
        self._open.clear()
        for _reader in range(readers):
            assert self._comes.acquire(timeout=WAIT)

    def open(self) -> None:
        self._open.set()


class Reader(threading.Thread):
    """Alice at one of her desks: reads the conversation that is just being given away, over and over."""

    def __init__(self, pages: tuple[str, ...]) -> None:
        super().__init__()
        self.pages, self.number, self.over = pages, 0, False
        self.has_read, self.read, self.leaks = threading.Event(), Counter[str](), list[str]()

    def look_at(self, number: int) -> None:
        """Read this conversation from now on; wait until it was read once."""
        self.has_read.clear()
        self.number = number
        assert self.has_read.wait(WAIT)

    def run(self) -> None:
        page = client_of("alice")
        try:
            while not self.over:
                number = self.number
                for address in self.pages if number else ():
                    self._one(page, address, number)
                if number and number == self.number:
                    self.has_read.set()
        finally:
            connection.close()

    def _one(self, page, address: str, number: int) -> None:
        answer = page.get(address.format(pk=number))
        said = answer.content.decode() if answer.status_code == 200 else ""
        self.read[address] += EARLY in said
        if LATER in said:
            self.leaks.append(f"{address} of {number}")


@pytest.fixture
def floor(transactional_db, platforms, client):
    """Alice has all customers; bob is of another group."""
    if connection.vendor != "mysql":
        pytest.skip("needs a database with several writers")
    live.stored.remember({"API_PER_MINUTE": 0})
    site = Site(client, platforms)
    Seat.objects.update(capacity=2 * CUSTOMERS)
    site.login("alice")
    for number in range(CUSTOMERS):
        site.customer_says(EARLY, someone(number))
    site.work()
    site.login("bob")
    return site


@pytest.fixture
def gate(monkeypatch):
    gate = Gate()

    def stopped(*conversations):
        gate.pass_through()
        return said_in(*conversations)

    for module in (feed, api):
        monkeypatch.setattr(module, "said_in", stopped)
    return gate


@pytest.mark.services
def test_who_gave_it_away_reads_nothing_of_what_is_said_after(floor, gate):
    readers = [Reader(PAGES[at::READERS]) for at in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        for number in range(CUSTOMERS):
            for reader in readers:
                reader.look_at(conversation(number).pk)
            # Every other time all readers stand just between their two looks; else wherever they happen to be.
            if number % 2:
                gate.shut(READERS)
            _give_away(floor, someone(number))
            gate.open()
    finally:
        gate.open()
        for reader in readers:
            reader.over = True
            reader.join()
    assert [leak for reader in readers for leak in reader.leaks] == []
    _was_read(readers)


def _give_away(site: Site, openid: str) -> None:
    """Alice gives it away, and customer, seat and note say more at once."""
    site.seat_says("#transfer -n bob", "alice", openid)
    site.customer_says(f"{LATER} asked", openid)
    site.seat_says(f"{LATER} answered", "bob", openid)
    site.seat_says(f"#note {LATER} noted", "bob", openid)
    site.customer_says(f"{LATER} thanks", openid)
    work_at_once()


def _was_read(readers: list[Reader]) -> None:
    """All was read until it was given away, and who has it reads what was said after."""
    read = sum((reader.read for reader in readers), Counter[str]())
    assert min(read[page] for page in PAGES[:3]) >= CUSTOMERS, "notes have no early words"
    for number in range(CUSTOMERS):
        assert owner(number) == "bob"
        assert Message.objects.filter(conversation=conversation(number), preview__contains=LATER).count() == 4
    assert LATER in client_of("bob").get(f"/desk/{conversation(0).pk}/").content.decode()
