"""A worker that is told to stop ends what it has begun, begins nothing else, and leaves the rest where others find it."""

from __future__ import annotations

import pytest

from bridge import tasks, worker
from bridge.base import stopping
from bridge.lanes import leases, nudges
from bridge.models import Delivery, InboundEvent, Lane
from config import celery


@pytest.fixture(autouse=True)
def _afterwards():
    yield
    stopping.forget()


@pytest.fixture
def nudged(monkeypatch):
    found: list[bool] = []
    monkeypatch.setattr(nudges, "nudge", lambda: found.append(True))
    return found


def waiting() -> int:
    return InboundEvent.objects.filter(state=InboundEvent.State.NEW).count()


def test_it_takes_no_lane_and_calls_another_worker(talking, nudged):
    talking.customer_says("one")
    nudged.clear()
    celery.end_turns()
    tasks.process_lanes()
    assert (waiting(), nudged) == (1, [True])
    stopping.forget()
    tasks.process_lanes()
    assert waiting() == 0


def test_after_a_while_it_lets_other_tasks_have_their_turn(talking, nudged, monkeypatch):
    monkeypatch.setattr(tasks, "AT_ONCE", 0)
    for number in range(3):
        talking.customer_says("one", f"oOtherCustomer00000000000000{number}")
    nudged.clear()
    tasks.process_lanes()
    assert 0 < waiting() < 3
    assert True in nudged
    talking.work()
    assert waiting() == 0


def test_under_load_it_comes_to_an_end(talking, monkeypatch):
    """Each event brings the next one: as customers do who write all the time."""
    applied, left = worker.apply_event, iter(range(20))

    def apply_and_write(*args):
        done = applied(*args)
        if next(left, None) is not None:
            talking.customer_says("more")
        celery.end_turns()
        return done

    talking.customer_says("one")
    with monkeypatch.context() as patch:
        patch.setattr(worker, "apply_event", apply_and_write)
        tasks.process_lanes()
    assert waiting() == 1
    assert Delivery.objects.filter(state=Delivery.State.QUEUED).count() == 1, "it begins no call"
    assert set(Lane.objects.values_list("owner", flat=True)) == {""}
    assert leases.lanes_with_work(1), "another worker finds it at once"
    stopping.forget()
    talking.work()
    assert [text for text in talking.platforms.to_seat() if text in ("one", "more")] == ["one", "more"]
