"""A platform may name its events by words of any length: each is kept once, whoever brings it again meanwhile."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from bridge.inbox import storing
from bridge.inbox.storing import LONGEST_KEY, NewEvent
from bridge.models import InboundEvent

pytestmark = pytest.mark.once
LONG = "sms:1:" + "x" * 300


def event(key: str) -> NewEvent:
    return NewEvent("lane", "echo", None, "text", key, "{}")


def test_a_key_that_fits_stays_as_it_is():
    fits = "k" * LONGEST_KEY
    assert event(fits).dedup == fits


def test_a_longer_one_is_hashed_and_stays_apart_from_others():
    kept = {event(LONG).dedup, event(LONG).dedup, event(LONG + "y").dedup, event(LONG + "\ud800").dedup}
    assert len(kept) == 3
    assert all(len(one) == LONGEST_KEY and one.startswith("sms:1:xxx") for one in kept)
    assert NewEvent.from_json(event(LONG).to_json()).dedup == event(LONG).dedup


@pytest.mark.services
def test_four_at_once_keep_it_once(transactional_db):
    if connection.vendor != "mysql":
        pytest.skip("needs a database with several writers")
    kept: list[int] = []  # the new event's id, or 0

    def keep() -> None:
        try:
            kept.extend(storing.store(event(f"{LONG}{number}")) for number in range(10))
        finally:
            connection.close()

    threads = [threading.Thread(target=keep) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(map(bool, kept)), len(kept), InboundEvent.objects.count()) == (10, 40, 10)
