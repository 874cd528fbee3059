"""What a door does where the database does not take an event, and which refusals it counts."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import OperationalError

from bridge.base import clock, outage
from bridge.doors import entrance
from bridge.inbox import spill, storing
from bridge.lanes import nudges
from bridge.observe import refusals

EVENT = storing.NewEvent("lane", "wechat", None, "text", "key", "body", clock.now())


@pytest.fixture
def broken(monkeypatch):
    """A connection on which storing fails until it is made anew; what a door does to it, and what it spills."""
    seen = SimpleNamespace(tries=0, closed=0, spilled=[], nudges=0)

    def store(_event: storing.NewEvent) -> bool:
        seen.tries += 1
        if not seen.closed:
            raise OperationalError(2006, "gone away")
        return True

    def close() -> None:
        seen.closed += 1

    def connect(*, in_transaction: bool = False, was_open: bool = True, seconds: float = 0.0) -> SimpleNamespace:
        at = iter([0.0, seconds])
        opened = object() if was_open else None
        fake = SimpleNamespace(in_atomic_block=in_transaction, connection=opened, close=close)
        monkeypatch.setattr(entrance, "connection", fake)
        monkeypatch.setattr(entrance, "time", SimpleNamespace(monotonic=lambda: next(at)))
        return seen

    monkeypatch.setattr(storing, "store", store)
    monkeypatch.setattr(spill, "put", seen.spilled.append)
    monkeypatch.setattr(nudges, "nudge", lambda: setattr(seen, "nudges", seen.nudges + 1))
    outage.database.over()
    yield connect
    outage.database.over()


def test_a_connection_that_died_while_idle_is_made_anew(broken):
    seen = broken()
    assert entrance.keep(EVENT)
    assert (seen.tries, seen.closed, seen.spilled, seen.nudges) == (2, 1, [], 1)
    assert not outage.database.lasts()


def test_what_is_stored_ends_an_outage(broken, monkeypatch):
    seen, ended = broken(), []
    monkeypatch.setattr(outage.database, "lasts", lambda: False)
    monkeypatch.setattr(outage.database, "over", lambda: ended.append(seen.tries))
    entrance.keep(EVENT)
    assert ended == [2]


@pytest.mark.parametrize(
    ("how", "closed"),
    [
        ({"seconds": entrance.QUICK + 0.1}, 1),
        ({"was_open": False}, 1),
        ({"in_transaction": True}, 0),
    ],
    ids=["the server does not answer", "none could be made", "in a transaction"],
)
def test_any_other_trouble_is_not_tried_twice_and_goes_to_the_broker(broken, how, closed):
    seen = broken(**how)
    assert not entrance.keep(EVENT)
    assert (seen.tries, seen.closed, seen.spilled, seen.nudges) == (1, closed, [EVENT], 0)


def test_what_was_there_already_calls_no_worker(broken, monkeypatch):
    seen = broken()
    monkeypatch.setattr(storing, "store", lambda _event: False)
    assert not entrance.keep(EVENT)
    assert (seen.spilled, seen.nudges) == ([], 0)


@pytest.mark.parametrize(("status", "counted"), [(400, 1), (403, 1), (413, 1), (503, 0)])
def test_a_refusal_because_something_here_is_away_is_no_sign_of_a_wrong_set_up(monkeypatch, status, counted):
    found: list[tuple[int, str]] = []
    monkeypatch.setattr(refusals, "count", lambda *what: found.append(what))
    entrance.count_refused(7, entrance.Refused(status, "why"))
    assert found == [(7, "why")] * counted
