"""Tencent IM's pace: places among a second's calls, several at once for a process that makes many."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
import redis

from bridge.platforms.tencent_im import pace
from bridge.platforms.tencent_im.models import TencentIMApp
from tests.support.waiting import wait_until

COMMAND = "openim/sendmsg"


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""
    held = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(pace.time, "monotonic", lambda: held.now)
    return held


@pytest.fixture
def asked(monkeypatch):
    """How many places were asked for each time; `room` of them are free."""
    seen = SimpleNamespace(sizes=[], room=10**6)

    def hit(_app: TencentIMApp, _command: str, places: int) -> bool:
        seen.sizes.append(places)
        free = places <= seen.room
        seen.room -= places if free else 0
        return free

    monkeypatch.setattr(pace, "_hit", hit)
    return seen


def app(rate: int = 200) -> TencentIMApp:
    return TencentIMApp(sdk_app_id=1400000001, rate_limit=rate)


def test_who_makes_many_calls_takes_more_places_each_time(clock, asked):
    assert [pace.pause(app(), COMMAND) for _call in range(35)] == [0.0] * 35
    assert asked.sizes == [1, 2, 4, 8, 10, 10]


def test_a_call_that_comes_alone_takes_one(clock, asked):
    for _call in range(20):
        pace.pause(app(), COMMAND)
        clock.now += 1
    assert asked.sizes == [1] * 20


def test_what_was_taken_ahead_is_no_good_later(clock, asked):
    for _call in range(8):
        pace.pause(app(), COMMAND)
    assert asked.sizes == [1, 2, 4, 8]
    clock.now += pace.GOOD_FOR
    pace.pause(app(), COMMAND)
    assert asked.sizes == [1, 2, 4, 8, 1]


@pytest.mark.parametrize(("rate", "most"), [(1, 1), (20, 1), (60, 3), (100_000, 10)])
def test_a_lot_is_a_twentieth_of_a_second_at_most(clock, asked, rate, most):
    for _call in range(50):
        pace.pause(app(rate), COMMAND)
    assert max(asked.sizes) == most


def test_where_a_lot_is_not_free_one_place_may_be(clock, asked):
    asked.room = 8
    waits = [pace.pause(app(), COMMAND) for _call in range(9)]
    assert asked.sizes[:5] == [1, 2, 4, 8, 1]
    assert waits == [0.0] * 8 + [pace.LOOK_AGAIN]


def test_each_command_and_app_has_its_own(clock, asked):
    for _call in range(4):
        pace.pause(app(), COMMAND)
    pace.pause(app(), "another")
    pace.pause(TencentIMApp(sdk_app_id=2, rate_limit=200), COMMAND)
    assert asked.sizes == [1, 2, 4, 1, 1]


def test_after_too_often_nothing_that_was_taken_ahead_is_used(clock):
    for _call in range(4):
        assert pace.pause(app(), COMMAND) == 0.0
    pace.slow_down(app())
    assert 0 < pace.pause(app(), COMMAND) <= pace.SLOWER


def test_many_threads_together_make_no_more_calls_than_they_took_places_for(monkeypatch):
    hit, granted, waits, ready = pace._hit, list[int](), list[float](), threading.Barrier(8)

    def counted(app: TencentIMApp, command: str, places: int) -> bool:
        free = hit(app, command, places)
        granted.append(places if free else 0)
        return free

    def call() -> None:
        ready.wait()
        waits.extend(pace.pause(app(), COMMAND) for _call in range(60))

    monkeypatch.setattr(pace, "_hit", counted)
    threads = [threading.Thread(target=call) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(waits) == 480
    assert 0 < waits.count(0.0) <= sum(granted)


class Away:
    """A Redis that is gone, or goes away between two questions."""

    def __init__(self, answers: int) -> None:
        self.answers = answers

    def get(self, _key: str) -> None:
        self.answers -= 1
        if self.answers < 0:
            raise redis.ConnectionError("refused")


@pytest.mark.parametrize("answers", [0, 1])
def test_without_redis_nobody_waits_and_no_place_is_kept(clock, monkeypatch, answers):
    def gone(*_facts: object) -> bool:
        raise redis.TimeoutError("no answer")

    monkeypatch.setattr(pace, "client", lambda: away)
    monkeypatch.setattr(pace, "_hit", gone)
    for _call in range(20):
        away = Away(answers)
        assert pace.pause(app(), COMMAND) == 0.0
    monkeypatch.undo()
    assert not any(lot.left for lot in pace._lots.values())


def test_places_of_a_process_that_was_killed_are_there_again_a_little_later():
    """It held a lot; the others go without it for that second and no longer."""
    for _call in range(8):
        assert pace.pause(app(20 * pace.LOT), COMMAND) == 0.0
    pace._lots.clear()  # as a process that begins anew
    rate, granted = app(20 * pace.LOT), 0

    def take() -> bool:
        nonlocal granted
        granted += pace.pause(rate, COMMAND) == 0.0
        return granted >= 2 * rate.rate_limit

    wait_until(take, pause=0.0)


def test_an_app_has_its_own_places_in_redis():
    busy, other = app(1), TencentIMApp(sdk_app_id=1400000002, rate_limit=1)
    assert pace.pause(busy, COMMAND) == 0.0
    assert pace.pause(busy, COMMAND) == pace.LOOK_AGAIN
    assert pace.pause(other, COMMAND) == 0.0
    assert pace.pause(busy, "another") == 0.0
