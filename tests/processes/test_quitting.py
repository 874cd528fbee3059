"""Seats leave all their conversations at once, with real workers: no customer is left without a seat or a place in the queue."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.stack import Stack
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.once, pytest.mark.workers, pytest.mark.timeout(300)]
CUSTOMERS = 8
PLACE = re.compile(r"排在第 (\d+) 位")
STANDING = """
import json
from bridge.models import Conversation, InboundEvent
waiting = InboundEvent.objects.filter(state=0).count()  # looked at first: the rows are then those after all of them
rows = Conversation.objects.exclude(status="closed").select_related("customer", "assignment__seat__user")
shown = {one.customer.openid: [one.status, one.mode, one.assignment.seat.user.username if one.status == "assigned" else ""]
         for one in rows}
print(json.dumps([waiting, shown]))
"""


def openid(number: int) -> str:
    return f"oQuitTestCustomer0000000000{number:02d}"


def at_once(jobs: list[Callable[[], None]]) -> None:
    gate = threading.Barrier(len(jobs))

    def run(job: Callable[[], None]) -> None:
        gate.wait()
        job()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def standing(stack: Stack) -> dict[str, list[str]]:
    """Return status, mode and seat of each customer once all that was written is worked on."""
    stack.wait_pushed()

    def settled() -> list[dict[str, list[str]]]:
        waiting, shown = json.loads(stack.manage("shell", "-v0", "-c", STANDING).splitlines()[-1])
        return [] if waiting else [shown]

    return wait_until(settled)[0]


def write(stack: Stack, number: int, text: str) -> Callable[[], None]:
    return lambda: stack.player.post("customer", account="shop", openid=openid(number), text=text)


def say(stack: Stack, seat: str, peer: str, text: str) -> Callable[[], None]:
    return lambda: stack.player.post("seat", seat=seat, to=peer, text=text)


def test_no_customer_is_stranded():
    with Stack({"alice": CUSTOMERS, "carol": CUSTOMERS}, workers=4, threads=2) as stack:
        at_once([write(stack, number, f"hello {number}") for number in range(CUSTOMERS)])
        having = {number: stack.player.wait_for(f"hello {number}", "im", 60) for number in range(CUSTOMERS)}
        _others_take_over(stack, having)
        _all_wait_where_nobody_takes_new_ones(stack, {number: one["peer"] for number, one in having.items()})


def _others_take_over(stack: Stack, having: dict[int, dict[str, Any]]) -> None:
    """All seats leave while all customers write: each customer has the other seat, and each word came through once."""
    quits = [say(stack, one["seat"], one["peer"], "#quit") for one in having.values()]
    at_once([*quits, *(write(stack, number, f"more {number}") for number in having)])
    now = standing(stack)
    for number, one in having.items():
        other = {"alice": "carol", "carol": "alice"}[one["seat"]]
        assert now[openid(number)] == ["assigned", "send", other]
    for number in having:
        stack.player.wait_for(f"more {number}", "im", 60)
    came = Counter(one["text"] for one in stack.entries() if one["side"] == "im" and not one["mine"])
    assert {text: count for text, count in came.items() if text.startswith("more ")} == {
        f"more {number}": 1 for number in having
    }


def _all_wait_where_nobody_takes_new_ones(stack: Stack, peers: dict[int, str]) -> None:
    """Both are busy and leave: all wait, each was told a place of their own, and get a seat once one takes new ones."""
    at_once([say(stack, seat, peers[0], "#busy") for seat in ("alice", "carol")])
    seats = {name: seat for name, (_status, _mode, seat) in standing(stack).items()}
    at_once([say(stack, seats[openid(number)], peers[number], "#quit") for number in peers])
    now = standing(stack)
    assert {tuple(one) for one in now.values()} == {("queued", "stack", "")}
    wait_until(lambda: len(_places(stack)) >= CUSTOMERS)
    places = _places(stack)
    assert sorted(places) == list(range(1, CUSTOMERS + 1))
    say(stack, "alice", peers[0], "#online")()
    wait_until(lambda: {one[2] for one in standing(stack).values()} == {"alice"})


def _places(stack: Stack) -> list[int]:
    told = (PLACE.search(one["text"]) for one in stack.entries() if one["side"] == "phone" and not one["mine"])
    return [int(found[1]) for found in told if found]
