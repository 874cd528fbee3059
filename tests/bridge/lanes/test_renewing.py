"""The threads behind lanes and nudges, switched on: leases are renewed, hung ones are not, and nudges are gathered."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
import redis
from celery import current_app
from django.db import OperationalError

from bridge.base import clock
from bridge.base.redis import client
from bridge.lanes import leases, nudges, renewing
from bridge.lanes.later import Later
from bridge.lanes.leases import Lease
from bridge.models import Lane
from tests.support.waiting import wait_until

pytestmark = pytest.mark.both


@pytest.fixture
def renewer(monkeypatch, settings):
    """A renewer of this test's own; without its thread until a test switches that on."""
    made = renewing.Renewer()
    monkeypatch.setattr(leases, "renewer", made)
    monkeypatch.setattr(made, "_pid", renewing.os.getpid())
    settings.BACKGROUND_THREADS = True
    return made


def until(lane: str):
    return Lane.objects.get(pk=lane).lease_until


def later(seconds: float):
    moment = clock.now() + timedelta(seconds=seconds)
    return clock.fixed(lambda: moment)


def test_a_held_lease_is_renewed(db, renewer):
    leases.claim("a")
    before = until("a")
    with later(3):
        renewer._renew()
        assert until("a") - before >= timedelta(seconds=3)


def test_what_was_let_go_is_not(db, renewer):
    given_back, broken = leases.claim("a"), leases.claim("b")
    leases.release(given_back, None)
    leases.abandon(broken)
    before = until("b")
    with later(3):
        renewer._renew()
    assert until("a") is None
    assert until("b") == before


def test_a_lease_of_work_that_hangs_runs_out(db, renewer, monkeypatch, settings):
    """A turn lasts LANE_TURN_SECONDS and a few calls; who holds a lane for longer than that hangs."""
    now = [1000.0]
    monkeypatch.setattr(leases.time, "monotonic", lambda: now[0])
    leases.claim("a")
    before = until("a")
    longest = settings.LANE_TURN_SECONDS + 10 * settings.HTTP_TIMEOUT
    now[0] += longest - 1
    with later(3):
        renewer._renew()
    assert until("a") > before
    renewed = until("a")
    now[0] += 2
    with later(5):
        renewer._renew()
        assert until("a") == renewed
    with later(60):
        heir = leases.claim("a")
    assert heir is not None
    assert heir.stolen == 1


def test_another_ones_lease_is_not_renewed(db, renewer):
    mine = leases.claim("a")
    with later(7):
        heir = leases.claim("a")
        assert heir
    renewer.let_go(heir.owner, "a")
    before = until("a")
    with later(9):
        renewer._renew()
    assert renewer._held.keys() == {(mine.owner, "a")}
    assert until("a") == before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # the thread is ended by one
def test_the_thread_renews_while_its_process_lives(transactional_db, monkeypatch, settings):
    made = renewing.Renewer()
    monkeypatch.setattr(leases, "renewer", made)
    settings.LEASE_SECONDS, settings.BACKGROUND_THREADS = 0.6, True
    renewals, real, over = [], made._renew, threading.Event()

    def renew() -> None:
        if over.is_set():
            raise SystemExit  # ends the thread with the test
        real()
        renewals.append(clock.now())

    monkeypatch.setattr(made, "_renew", renew)
    lease = leases.claim("a")
    assert lease
    wait_until(lambda: len(renewals) >= 2)
    assert (_until_where_it_can_be_read("a") or renewals[0]) > lease_began(lease) + timedelta(seconds=0.6)
    assert leases.claim("a") is None
    leases.release(lease, None)
    over.set()
    wait_until(lambda: "leases" not in {thread.name for thread in threading.enumerate()})


def lease_began(lease: Lease):
    return Lane.objects.get(pk=lease.lane).claimed_at


def _until_where_it_can_be_read(lane: str):
    try:
        return until(lane)
    except OperationalError:
        return None


@pytest.mark.parametrize(
    ("stolen", "age", "fresh"), [(0, 0, True), (0, 2.9, True), (0, 3.1, False), (1, 0, False), (2, 0, False)]
)
def test_a_lease_is_fresh_for_half_its_life_where_no_holder_crashed(monkeypatch, settings, stolen, age, fresh):
    settings.LEASE_SECONDS = 6.0
    now = [1000.0]
    monkeypatch.setattr(leases.time, "monotonic", lambda: now[0])
    lease = Lease("a", "me", stolen, proved=1000.0)
    now[0] += age
    assert lease.is_fresh is fresh
    lease.proved = time.monotonic()
    assert lease.is_fresh is (not stolen)


# Nudges


def test_many_notices_become_one_nudge():
    published = threading.Semaphore(0)
    count = []

    def publish() -> nudges.Nudge:
        count.append(1)
        published.release()
        return nudges.Nudge.SENT

    nudger = nudges.Nudger(publish, 0.2)
    for _number in range(50):
        nudger.nudge()
    assert published.acquire(timeout=10)
    for _number in range(50):
        nudger.nudge()
    assert published.acquire(timeout=10), "what comes later is published too"
    assert len(count) == 2


def test_what_waits_may_be_lost_so_it_is_asked_for_once_more(monkeypatch):
    """As where the process that was about to send it has ended, and nobody else has anything to tell."""
    monkeypatch.setattr(nudges, "TOKEN_SECONDS", 0.05)
    answers, done = [nudges.Nudge.WAITS, nudges.Nudge.WAITS, nudges.Nudge.SENT], threading.Event()

    def publish() -> nudges.Nudge:
        if len(answers) == 1:
            done.set()
        return answers.pop(0)

    nudges.Nudger(publish, 0.01).nudge()
    assert done.wait(10)
    time.sleep(0.2)
    assert answers == [], "once it was sent nothing more is asked"


def test_a_nudger_goes_on_after_the_broker_was_away(caplog):
    answers = [OSError("refused"), nudges.Nudge.SENT]
    done = threading.Event()

    def publish() -> nudges.Nudge:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        done.set()
        return answer

    nudger = nudges.Nudger(publish, 0.01)
    nudger.nudge()
    wait_until(lambda: len(answers) == 1)
    nudger.nudge()
    assert done.wait(10)


@pytest.fixture
def sent(monkeypatch):
    found: list[tuple[str, dict[str, object]]] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **words: found.append((name, words)))
    return found


def test_what_is_stored_sends_the_task_once_until_a_worker_takes_it(sent):
    assert nudges.publish() is nudges.Nudge.SENT
    assert nudges.publish() is nudges.Nudge.WAITS
    nudges.taken()
    assert nudges.publish() is nudges.Nudge.SENT
    assert [name for name, _words in sent] == [nudges.TASK] * 2
    assert 0 < client().ttl(nudges.TOKEN) <= nudges.TOKEN_SECONDS, "a lost task must not silence nudges for ever"


def test_without_redis_each_nudge_is_sent(sent, monkeypatch):
    def away() -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(nudges, "client", away)
    assert [nudges.publish(), nudges.publish()] == [nudges.Nudge.SENT] * 2
    nudges.taken()
    assert len(sent) == 2


def test_notify_reaches_the_broker(sent, settings, monkeypatch):
    settings.BACKGROUND_THREADS = True
    monkeypatch.setattr(nudges, "_nudger", nudges.Nudger(nudges.publish, 0.01))
    nudges.nudge()
    wait_until(lambda: bool(sent))


def test_nothing_is_sent_where_background_threads_are_off(sent, settings, monkeypatch):
    settings.BACKGROUND_THREADS = False
    monkeypatch.setattr(nudges, "_nudger", nudges.Nudger(nudges.publish, 0.01))
    nudges.nudge()
    nudges.later(1)
    time.sleep(0.05)
    assert sent == []


@pytest.mark.parametrize(
    ("seconds", "countdown"),
    [(-1, 0), (0, 0), (2.5, 2.5), (nudges.MAX_AHEAD, nudges.MAX_AHEAD), (nudges.MAX_AHEAD + 0.1, None)],
)
def test_what_is_due_soon_is_sent_ahead(sent, settings, seconds, countdown):
    settings.BACKGROUND_THREADS = True
    nudges.later(seconds)
    assert [words["countdown"] for _name, words in sent] == ([] if countdown is None else [countdown])


@pytest.mark.parametrize(
    ("seconds", "pause"),
    [(-1, 0), (2.5, 2.5), (nudges.MAX_AHEAD, nudges.MAX_AHEAD), (nudges.MAX_AHEAD + 0.1, None)],
)
def test_queues_on_several_servers_are_sent_nothing_ahead(sent, settings, monkeypatch, seconds, pause):
    """The process itself waits."""
    added: list[float] = []
    monkeypatch.setattr(nudges._later, "add", added.append)
    settings.BACKGROUND_THREADS = settings.BROKER_QUORUM = True
    nudges.later(seconds)
    assert added == ([] if pause is None else [pause])
    assert sent == []


def test_what_is_due_is_nudged_then_by_the_process_itself(sent, settings, monkeypatch):
    settings.BACKGROUND_THREADS = settings.BROKER_QUORUM = True
    monkeypatch.setattr(nudges, "_nudger", nudges.Nudger(nudges.publish, 0.01))
    nudges.later(0.05)
    wait_until(lambda: bool(sent))
    assert "countdown" not in sent[0][1]


def test_of_several_the_first_that_is_due_is_nudged_first():
    """Whatever was added before it, and what is due at the same time is one nudge."""
    began, nudged = time.monotonic(), []
    ahead = Later(lambda: nudged.append(time.monotonic() - began))
    for seconds in (60, 0.1, 0, 0):
        ahead.add(seconds)
    wait_until(lambda: len(ahead._due) == 1)
    wait_until(lambda: bool(nudged) and nudged[-1] >= 0.1)
    assert len(nudged) <= 3, "the first may have been taken before the second came"
