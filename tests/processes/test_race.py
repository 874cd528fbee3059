"""Fifty new customers at once on seats with room for thirty, with real workers."""

import re
import threading
from collections import Counter

import pytest

from tests.support.stack import Stack
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.once, pytest.mark.workers, pytest.mark.timeout(300)]
CUSTOMERS, ROOM = 50, 30
PLACE = re.compile(r"排在第 (\d+) 位")


def openid(number: int) -> str:
    return f"oRaceTestCustomer000000000{number:02d}"


def push_all_at_once(stack: Stack) -> None:
    gate = threading.Barrier(CUSTOMERS)

    def push(number: int) -> None:
        gate.wait()
        stack.player.post("customer", account="shop", openid=openid(number), text=f"hello {number}")

    threads = [threading.Thread(target=push, args=(number,)) for number in range(CUSTOMERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def seen(stack: Stack) -> tuple[dict[str, tuple[str, str]], dict[int, str]]:
    """Return who was assigned (openid -> seat and IM account) and who was told which place (place -> openid)."""
    assigned, places = {}, {}
    for entry in stack.entries():
        if entry["side"] == "im" and not entry["mine"] and entry["text"].startswith("hello "):
            assigned[openid(int(entry["text"].split()[1]))] = (entry["seat"], entry["peer"])
        found = PLACE.search(entry["text"]) if entry["side"] == "phone" and not entry["mine"] else None
        if found:
            assert int(found[1]) not in places, "one place was told to two customers"
            places[int(found[1])] = entry["openid"]
    return assigned, places


def test_fifty_at_once():
    seats = {"alice": 10, "bob": 10, "carol": 10}
    with Stack(seats, workers=4, threads=2) as stack:
        push_all_at_once(stack)
        wait_until(lambda: sum(map(len, seen(stack))) == CUSTOMERS)
        assigned, places = seen(stack)
        assert Counter(seat for seat, _peer in assigned.values()) == Counter(seats)
        assert sorted(places) == list(range(1, CUSTOMERS - ROOM + 1))
        # Places are given back one after another; whoever was told the first place comes first.
        for place, (seat, peer) in enumerate(list(assigned.values())[:5], start=1):
            stack.player.post("seat", seat=seat, to=peer, text="#close")
            wait_until(lambda place=place: places[place] in seen(stack)[0])
            now = seen(stack)[0]
            assert not any(places[later] in now for later in range(place + 1, len(places) + 1))
            assert now[places[place]][0] == seat
