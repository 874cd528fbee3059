"""Where a platform is slow, the deliveries of several lanes are sent side by side; each lane keeps its order, and its fence."""

from __future__ import annotations

import threading
import time

import pytest

from bridge import http, several, worker
from bridge.apply import together as apply
from bridge.lanes import leases
from bridge.lanes.leases import LeaseLost
from bridge.models import Customer, Delivery, Lane
from bridge.outbox import beside, queues, quickness, together, waiting
from bridge.platforms.tencent_im import accounts
from tests.bridge.lanes.test_together import CUSTOMERS, read, serving, take_all, unworked, written
from tests.support.actors import payload

State = Delivery.State


@pytest.fixture
def talk(site, settings, monkeypatch):
    """A site that takes every platform for a slow one."""
    found = serving(site, settings)
    quickness.forget()
    settings.BACKGROUND_THREADS = True
    monkeypatch.setattr(quickness, "QUICK", -1.0)
    monkeypatch.setattr(quickness, "REMEMBERED", 3600.0)
    monkeypatch.setattr("bridge.lanes.nudges.nudge", lambda: None)
    monkeypatch.setattr("bridge.lanes.renewing.renewer.keep", lambda owner, lane: None)
    monkeypatch.setattr("bridge.observe.exchanges.recorder._ensure", lambda: None)
    return found


def applied() -> tuple[list[leases.Lease], dict[str, waiting.Queues]]:
    """Apply what waits; return the lanes, and what is to be sent in them."""
    taken = take_all()
    apply.apply_together(taken, unworked(), worker.chain())
    return taken, together.queues_of([lease.lane for lease in taken])


def is_beside() -> bool:
    return threading.current_thread().name.startswith("beside")


def test_no_lane_waits_for_anothers_call(talk, platforms, monkeypatch):
    """Four calls of four lanes are under way at once, the very first as well, and then the next four."""
    meeting, real, met = threading.Barrier(4, timeout=20), platforms.post_json, []

    def post(url, *rest):
        met.append(meeting.wait())
        return real(url, *rest)

    monkeypatch.setattr(http, "post_json", post)
    expected = written(talk)
    several.work_on(take_all())
    assert sorted(met) == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert all(read(platforms, openid) == expected for openid in CUSTOMERS)
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DONE}
    assert not Lane.objects.exclude(owner="").exists()


def test_a_platform_that_was_quick_of_late_is_asked_once_at_a_time(talk, platforms, monkeypatch):
    quickness.measured("tencent_im", quickness.QUICK, time.monotonic())
    monkeypatch.setattr(beside, "send", lambda *_facts: 1 / 0)
    expected = written(talk)
    several.work_on(take_all())
    assert all(read(platforms, openid) == expected for openid in CUSTOMERS)


def test_a_lone_call_is_remembered_too(talk, platforms, monkeypatch):
    monkeypatch.setattr(quickness, "QUICK", 3600.0)
    assert not quickness.is_quick("tencent_im", time.monotonic())
    talk.customer_says("lone", CUSTOMERS[0])
    talk.work()
    assert quickness.is_quick("tencent_im", time.monotonic())


def test_one_quick_call_among_the_last_is_enough():
    quickness.forget()
    assert not quickness.is_quick("im", 100.0)
    quickness.measured("im", 0.02, 100.0)
    assert not quickness.is_quick("im", 100.0)
    quickness.measured("im", 0.004, 100.0)
    for _call in range(quickness.LAST - 1):
        quickness.measured("im", 0.02, 100.0)
        assert quickness.is_quick("im", 100.0)
    assert not quickness.is_quick("another", 100.0)
    quickness.measured("im", 0.02, 100.0)
    assert not quickness.is_quick("im", 100.0)


def test_a_quick_call_is_forgotten_in_time():
    quickness.forget()
    quickness.measured("im", 0.004, 100.0)
    quickness.measured("im", 0.02, 102.0)
    assert quickness.is_quick("im", 100.0 + quickness.REMEMBERED - 0.001)
    assert not quickness.is_quick("im", 100.0 + quickness.REMEMBERED)


def test_trouble_in_one_lane_leaves_what_the_others_have_sent(talk, platforms, monkeypatch):
    written(talk, 1)
    taken, real = take_all(), queues.Line.work

    def breaks(line):
        if is_beside() and line.ledger.lease.lane == taken[2].lane:
            raise ZeroDivisionError
        real(line)

    monkeypatch.setattr(queues.Line, "work", breaks)
    with pytest.raises(ZeroDivisionError):
        several.work_on(taken)
    left = Delivery.objects.exclude(state=State.DONE)
    assert [one.lane for one in left] == [taken[2].lane]


def test_a_lane_that_is_anothers_is_left_to_them(talk, platforms, monkeypatch):
    written(talk, 1)
    lost, real = talk.im_id(CUSTOMERS[1]), beside.send

    def steal(*facts):
        Lane.objects.filter(pk=lost).update(owner="another")
        yield from real(*facts)

    monkeypatch.setattr(beside, "send", steal)
    several.work_on(sorted(take_all(), key=lambda lease: lease.lane == lost))
    assert [one.lane for one in Delivery.objects.exclude(state=State.DONE)] == [lost]
    assert Lane.objects.get(pk=lost).owner == "another"


def test_where_time_is_over_no_other_lane_is_begun(talk, monkeypatch):
    written(talk, 1)
    monkeypatch.setattr(beside, "THREADS", 1)
    monkeypatch.setattr(beside, "_pool", beside.ThreadPoolExecutor(1, "beside"))
    taken, owed = applied()
    real, begun, heard = beside._send, [], threading.Event()

    def second_waits(*words):
        begun.append(words)
        assert len(begun) == 1 or heard.wait(60)
        real(*words)

    monkeypatch.setattr(beside, "_send", second_waits)
    done = []
    for lease, _sent in beside.send(taken, owed, ends=0.0, pause=60.0):
        done += [lease] if lease else []
        heard.set()
    assert 1 <= len(done) <= 2 < len(taken)


def test_who_takes_what_was_sent_may_stop(talk, monkeypatch):
    """Nothing is under way any more when they go on."""
    written(talk, 1)
    taken, owed = applied()
    sent = beside.send(taken, owed, ends=float("inf"), pause=5.0)
    next(sent)
    sent.close()
    assert beside._pool._work_queue.empty()


def test_what_needs_a_record_before_its_call_is_not_sent_side_by_side(talk, platforms):
    talk.customer_says("plain", CUSTOMERS[0])
    talk.seat_says("answer", openid=CUSTOMERS[1])
    talk.push_xml(payload("wechat/image.xml"))
    several.take_lanes()
    row = Delivery.objects.filter(direction="seat").last()
    row.state, row.attempts, row.code = State.QUEUED, 0, ""
    assert beside.may_go({"seat": [row]})
    assert not beside.may_go({"seat": []})
    for name, value in (("state", State.SENDING), ("attempts", 1), ("code", "60007"), ("direction", "customer")):
        before = getattr(row, name)
        setattr(row, name, value)
        assert not beside.may_go({"seat": [row]}), name
        setattr(row, name, before)
    row.payload, row.content = {}, {"type": "Image"}
    assert not beside.may_go({"seat": [row]})


def test_a_lost_lease_in_a_thread_is_no_error(talk, monkeypatch):
    written(talk, 1)

    def lost(_line):
        raise LeaseLost("lane")

    monkeypatch.setattr(queues.Line, "work", lambda line: lost(line) if is_beside() else None)
    taken, owed = applied()
    assert not any(sent.is_settled for _lease, sent in beside.send(taken, owed, float("inf"), 5.0) if sent)


def test_who_is_known_is_looked_up_once_for_all(talk, platforms, django_assert_num_queries):
    lanes = [talk.im_id(openid) for openid in CUSTOMERS]
    accounts.forget()
    with django_assert_num_queries(1):
        accounts.look_ahead(["", *lanes, *lanes])
        accounts.look_ahead(lanes)
    platforms.calls.clear()
    written(talk, 1)
    several.work_on(take_all())
    assert {url.rpartition("/")[2] for url, *_rest in platforms.calls} == {"sendmsg"}


def test_who_is_called_something_else_by_now_is_introduced(talk, platforms, monkeypatch):
    monkeypatch.setattr(quickness, "QUICK", 3600.0)
    quickness.measured("tencent_im", 0.0, time.monotonic())
    accounts.forget()
    Customer.objects.filter(openid=CUSTOMERS[0]).update(remark="Mr Li")
    Customer.objects.filter(openid=CUSTOMERS[1]).update(profile_at=None)
    accounts.look_ahead([talk.im_id(openid) for openid in CUSTOMERS])
    platforms.calls.clear()
    written(talk, 1)
    several.work_on(take_all())
    assert len(platforms.bodies("portrait_set")) == 1
    assert len([url for url, *_rest in platforms.calls if "user/info" in url]) == 1
