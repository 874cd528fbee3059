"""Before a process says that it is there, each of its threads has done once what messages need."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.base.prepared import Given, Update
from bridge.pipeline.bots import bots
from bridge.platforms.tencent_im import pace
from config.run import warming
from seats.models import Seat

pytestmark = pytest.mark.once


def test_each_thread_is_warmed_up_once():
    done: list[str] = []
    with ThreadPoolExecutor(4) as threads:
        warming.every_thread(threads, 4, lambda: done.append(threading.current_thread().name))
        assert len(done) == len(set(done)) == 4


def test_what_is_away_stops_no_start(caplog):
    with ThreadPoolExecutor(2) as threads:
        warming.every_thread(threads, 2, lambda: 1 / 0)
        assert threads.submit(lambda: "works").result(5) == "works"
    assert [record.message for record in caplog.records] == ["not warmed up: ZeroDivisionError"] * 2


def test_a_thread_that_hangs_stops_no_start(caplog, monkeypatch):
    monkeypatch.setattr(warming, "PATIENCE", 0.1)
    release = threading.Event()
    with ThreadPoolExecutor(2) as threads:
        warming.every_thread(threads, 2, release.wait)
        release.set()
    assert "not every thread is warmed up" in caplog.text


def test_a_worker_reads_what_messages_need(site, monkeypatch):
    asked = []
    monkeypatch.setattr(warming.endpoints, "account", asked.append)
    known = Update(Seat.objects.filter(pk=Given("seat")), load=0)
    pace._limiter.cache_clear()
    bots.cache_clear()
    warming.worker()
    warming.door()
    assert pace._limiter.cache_info().currsize == bots.cache_info().currsize == 1
    monkeypatch.setattr(known, "_compiled", None)
    assert known.run(seat=0) == 0, "made beforehand"
    assert asked == [site.account.pk]
