"""Real worker processes, killed again and again: every message arrives once, in order, both ways."""

from __future__ import annotations

import os
import random
import re
import threading
import time
from ast import literal_eval
from collections import defaultdict
from collections.abc import Callable

import pytest

from tests.support.stack import Stack

CUSTOMERS = 20
MESSAGES = int(os.environ.get("WORKER_TEST_MESSAGES", "100"))
TOGETHER = os.environ.get("WORKER_TEST_TOGETHER", "16")  # lanes
TWICE = 0.05
OURS = re.compile(r"[cs]\d+-\d+")  # what the customers and seats write, and not what the product says
pytestmark = [pytest.mark.workers, pytest.mark.timeout(600)]


NOT_DONE = """
from bridge.models import Delivery
fields = ("id", "direction", "state", "code", "reason", "attempts", "message__preview")
for row in Delivery.objects.exclude(state="done").values_list(*fields): print(row)
"""


def openid(number: int) -> str:
    return f"oWorkerTestCustomer0000000{number:02d}"


def arriving(texts: list[str], arrived: list[str], left: str) -> list[str]:
    """Return which of a seat's texts must be on the phone: not one whose outcome the ledger does not know, if it is not there.

    A worker marks that it sends right before the first byte leaves. Where it is killed in between, nobody can tell, WeChat
    would not recognize a repeat, and the seat is told. That is a moment: more than one of a customer's is no accident.
    """
    rows = [literal_eval(line) for line in left.splitlines() if line.startswith("(")]
    unknown = {row[6] for row in rows if row[1:4] == ("customer", "unknown", "crash")}
    gone = [text for text in texts if text not in arrived and text in unknown]
    assert len(gone) <= 1, left
    return [text for text in texts if text not in gone]


def in_threads(jobs: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Talk:
    """Twenty customers and their seats, all writing at once."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.random = random.Random(7)
        self.peer: dict[int, tuple[str, str]] = {}

    def _copies(self) -> int:
        return 2 if self.random.random() < TWICE else 1

    def open(self, customers: int = CUSTOMERS) -> None:
        """Let every customer write a first message, and see which seat has them."""
        for number in range(customers):
            self.stack.player.post("customer", account="shop", openid=openid(number), text=f"c{number}-0")
        for number in range(customers):
            entry = self.stack.player.wait_for(f"c{number}-0", "im", 60)
            self.peer[number] = (entry["seat"], entry["peer"])

    def customer_writes(self, number: int) -> None:
        for index in range(1, MESSAGES):
            text = f"c{number}-{index}"
            self.stack.player.post("customer", account="shop", openid=openid(number), text=text, copies=self._copies())

    def seat_writes(self, number: int) -> None:
        seat, peer = self.peer[number]
        for index in range(MESSAGES):
            self.stack.player.post("seat", seat=seat, to=peer, text=f"s{number}-{index}", copies=self._copies())

    def received(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """Return what arrived: at each seat's chat with a customer, and on each phone."""
        at_seat, on_phone = defaultdict(list), defaultdict(list)
        for entry in self.stack.entries():
            if not entry["mine"] and OURS.fullmatch(entry["text"]):
                where, key = (at_seat, entry["peer"]) if entry["side"] == "im" else (on_phone, entry["openid"])
                where[key].append(entry["text"])
        return at_seat, on_phone

    def wait(self, seconds: float) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        deadline, wanted = time.monotonic() + seconds, CUSTOMERS * MESSAGES * 2
        while True:
            at_seat, on_phone = self.received()
            count = sum(map(len, at_seat.values())) + sum(map(len, on_phone.values()))
            if count >= wanted or time.monotonic() > deadline:
                return at_seat, on_phone
            time.sleep(1)


def test_every_message_once_in_order_while_workers_are_killed():
    with Stack({"alice": 10, "bob": 10}, workers=4, threads=2, ROLLUP_SECONDS="1", LANES_TOGETHER=TOGETHER) as stack:
        talk = Talk(stack)
        talk.open()
        over, kills = threading.Event(), []

        def killer() -> None:
            while not over.wait(1.0):
                stack.kill_worker(talk.random.randrange(len(stack.workers)))
                kills.append(time.monotonic())

        killing = threading.Thread(target=killer)
        killing.start()
        jobs = [lambda number=number: talk.customer_writes(number) for number in range(CUSTOMERS)]
        jobs += [lambda number=number: talk.seat_writes(number) for number in range(CUSTOMERS)]
        in_threads(jobs)
        time.sleep(5)
        over.set()
        killing.join()
        at_seat, on_phone = talk.wait(120)
        left = stack.manage("shell", "-v0", "-c", NOT_DONE)
        time.sleep(2)  # whatever would come twice has time to
        at_seat, on_phone = talk.received()
        counted = stack.manage("shell", "-v0", "-c", COUNTED)
    assert len(kills) >= 3
    assert "the same" in counted, counted
    for number in range(CUSTOMERS):
        expected = [f"c{number}-{index}" for index in range(MESSAGES)]
        assert at_seat[talk.peer[number][1]] == expected, left
        there = on_phone[openid(number)]
        assert there == arriving([f"s{number}-{index}" for index in range(MESSAGES)], there, left), left


# Facts are written with what they count: as many as messages, whatever was killed when; and so are the rollups, which the
# beat has made meanwhile again and again, two at once now and then.
COUNTED = """
from django.db.models import Sum
from analytics.facts import rollups
from analytics.models import Rollup
from bridge.base import clock
from bridge.models import Fact, Message
rollups.update(clock.now())
for side, kind, column in (("customer", Fact.Kind.RECEIVED, "received"), ("seat", Fact.Kind.ANSWERED, "answered")):
    written = Message.objects.filter(side=side).count()
    facts = Fact.objects.filter(kind=kind).count()
    for grain in ("hour", "day", "all"):
        rolled = Rollup.objects.filter(grain=grain).aggregate(all=Sum(column))["all"]
        assert written == facts == rolled, (side, grain, written, facts, rolled)
print("the same")
"""
FEW = 10  # customers of the test of the count
EACH = 8  # answers of a seat to one message: three more than WeChat allows
CONFIRMED = """
from django.utils import timezone
from bridge.platforms.wechat.models import WeChatAccount
WeChatAccount.objects.update(count_checked_at=timezone.now())
"""


@pytest.mark.once
def test_the_count_is_kept_while_workers_are_killed():
    """Five of eight go, in order; the rest when the customer writes. WeChat, who counts too, has nothing to refuse."""
    with Stack({"alice": 10, "bob": 10}, workers=4, threads=2, SANDBOX_WINDOW_COUNT="5") as stack:
        stack.manage("shell", "-v0", "-c", CONFIRMED)
        talk = Talk(stack)
        talk.open(FEW)

        def seat_writes(number: int) -> None:
            seat, peer = talk.peer[number]
            for index in range(EACH):
                stack.player.post("seat", seat=seat, to=peer, text=f"s{number}-{index}")

        over = threading.Event()

        def killer() -> None:
            while not over.wait(1.5):
                stack.kill_worker(talk.random.randrange(len(stack.workers)))

        killing = threading.Thread(target=killer)
        killing.start()
        in_threads([lambda number=number: seat_writes(number) for number in range(FEW)])
        first = _phones(talk, 5)
        for number in range(FEW):
            stack.player.post("customer", account="shop", openid=openid(number), text="?")
        last = _phones(talk, EACH)
        over.set()
        killing.join()
        refusals = stack.state()["refusals"]
        left = stack.manage("shell", "-v0", "-c", NOT_DONE)
    for number in range(FEW):
        early, late = first[openid(number)], last[openid(number)]
        assert early == arriving([f"s{number}-{index}" for index in range(5)], late, left), left
        assert late == arriving([f"s{number}-{index}" for index in range(EACH)], late, left), left
    assert refusals.get("45047", 0) == 0


def _phones(talk: Talk, wanted: int) -> dict[str, list[str]]:
    """Return what is on the phones once each has `wanted` answers, and a little later, in case one has more."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        _at_seat, on_phone = talk.received()
        if all(len(on_phone[openid(number)]) >= wanted for number in range(FEW)):
            break
        time.sleep(0.5)
    time.sleep(2)
    return talk.received()[1]
