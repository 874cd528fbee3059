"""Events that come while the database is away: the broker keeps them, and nothing newer of their customer passes them."""

from __future__ import annotations

import contextlib
import random
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest import mock

import pytest
from django.db import DataError, OperationalError
from kombu.exceptions import OperationalError as BrokerAway

from bridge import tasks, worker
from bridge.base import clock, outage
from bridge.doors import entrance
from bridge.inbox import spill, storing
from bridge.models import InboundEvent
from config.celery import app

pytestmark = pytest.mark.both
NEW = InboundEvent.State.NEW


@pytest.fixture(autouse=True)
def _own_queue(settings):
    """A queue of the test's own: RabbitMQ is shared."""
    settings.CELERY_TASK_DEFAULT_QUEUE = f"test-{secrets.token_hex(6)}"
    outage.database.over()
    _forget()
    yield
    outage.database.over()
    with app.connection_for_write() as connection:
        for name in (spill._name(), spill._name("refused")):
            connection.default_channel.queue_delete(queue=name)
    _forget()


def _forget() -> None:
    spill._seen_empty = 0.0


@pytest.fixture
def database(monkeypatch):
    """Takes the database away from the doors, and gives it back."""

    class Database:
        store = staticmethod(storing.store)

        def goes(self) -> None:
            monkeypatch.setattr(storing, "store", self._refuse)

        def comes_back(self) -> None:
            monkeypatch.setattr(storing, "store", self.store)
            outage.database.over()
            _forget()

        @staticmethod
        def _refuse(event):
            raise OperationalError(2006, "gone away")

    return Database()


def read_by(site, seat: str = "alice") -> list[str]:
    return [text for text in site.platforms.to_seat(seat) if not text.startswith("【")]


def test_what_comes_without_the_database_is_kept_and_stored_later(site, database):
    database.goes()
    assert site.customer_says("kept").status_code == 200
    assert not InboundEvent.objects.exists()
    assert spill.count() == 1
    database.comes_back()
    assert spill.drain()
    assert spill.count() == 0
    assert "kept" in InboundEvent.objects.get().body


def test_the_time_is_the_doors(site, database):
    moment = clock.now() - timedelta(minutes=40)
    database.goes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: moment)
        entrance.keep(storing.NewEvent("lane", "internal", None, "x", "internal:1", "{}"))
    database.comes_back()
    spill.drain()
    assert InboundEvent.objects.get().received_at == moment


def test_stored_twice_is_once(site, database):
    database.goes()
    for _copy in range(2):
        site.customer_says("twice", msg_id=77)
    database.comes_back()
    site.customer_says("twice", msg_id=77)
    assert spill.drain()
    assert InboundEvent.objects.filter(body__contains="twice").count() == 1


def test_nothing_newer_passes(talking, database):
    """The database is back before what came without it is stored, and another web process stores at once."""
    database.goes()
    talking.customer_says("one")
    talking.customer_says("two")
    database.comes_back()
    talking.customer_says("three")
    talking.work()
    assert read_by(talking) == ["hello", "one", "two", "three"]


def test_what_came_before_stays_before(talking, database):
    talking.customer_says("one")
    database.goes()
    talking.customer_says("two")
    database.comes_back()
    talking.customer_says("three")
    talking.work()
    assert read_by(talking) == ["hello", "one", "two", "three"]


@pytest.mark.parametrize("seed", range(8))
def test_in_any_mixture_the_order_is_that_of_arrival(talking, database, seed):
    chance, expected = random.Random(seed), ["hello"]
    for number in range(30):
        if chance.random() < 0.5:
            database.goes()
        else:
            database.comes_back()
        talking.customer_says(f"m{number}")
        expected.append(f"m{number}")
        if chance.random() < 0.1:
            database.comes_back()
            talking.work()
    database.comes_back()
    talking.work()
    assert read_by(talking) == expected


def test_no_lane_is_touched_while_another_empties_the_spill(talking, database, monkeypatch):
    database.goes()
    talking.customer_says("one")
    database.comes_back()
    talking.customer_says("two")

    def busy() -> int:
        raise spill.BusyError

    with monkeypatch.context() as patch:
        patch.setattr(spill, "_store_all", busy)
        tasks.process_lanes()
        worker.work_lane(talking.im_id())
        assert InboundEvent.objects.filter(state=NEW).count() == 1
    talking.work()
    assert read_by(talking) == ["hello", "one", "two"]


def test_no_lane_is_touched_where_the_broker_cannot_say(talking, monkeypatch):
    talking.customer_says("one")

    def away():
        raise BrokerAway

    with monkeypatch.context() as patch:
        patch.setattr(spill, "count", away)
        _forget()
        tasks.process_lanes()
        assert InboundEvent.objects.filter(state=NEW).count() == 1
    talking.work()
    assert read_by(talking)[-1] == "one"


def test_a_worker_that_was_held_up_looks_again(talking, database, monkeypatch):
    """It saw an empty spill; then one event is spilled and the next stored; then it sees the lane."""
    looks = []

    def waiting(lane):
        if not looks:
            database.goes()
            talking.customer_says("one")
            database.comes_back()
            talking.customer_says("two")
            spill._seen_empty -= 3.0
        looks.append(lane)
        return real(lane)

    real = worker._waiting
    talking.customer_says("zero")
    monkeypatch.setattr(worker, "_waiting", waiting)
    worker.work_lane(talking.im_id())
    talking.work()
    assert read_by(talking) == ["hello", "zero", "one", "two"]


def test_what_is_stored_while_a_worker_is_held_up_waits_for_the_next_look(talking, database, monkeypatch):
    """Another worker has emptied the spill between the two looks."""
    looks = []

    def waiting(lane):
        if not looks:
            database.goes()
            talking.customer_says("one")
            database.comes_back()
            talking.customer_says("two")
        found = real(lane)
        if not looks:
            spill.drain()
            spill._seen_empty -= 3.0
        looks.append(lane)
        return found

    real = worker._waiting
    talking.customer_says("zero")
    monkeypatch.setattr(worker, "_waiting", waiting)
    talking.work()
    assert read_by(talking) == ["hello", "zero", "one", "two"]


def test_too_many_are_refused_so_that_the_platform_repeats_them(site, database, settings):
    settings.SPILL_MAX = 2
    database.goes()
    assert [site.customer_says(f"m{number}").status_code for number in range(3)] == [200, 200, 503]
    assert spill.count() == 2


@pytest.mark.parametrize(("number", "away"), [(1205, False), (1213, False), (2006, True), (2013, True)])
def test_who_stands_in_anothers_way_has_not_lost_the_database(site, monkeypatch, number, away):
    def refuse(event):
        raise OperationalError(number, "refused")

    with monkeypatch.context() as patch:
        patch.setattr(storing, "store", refuse)
        assert site.customer_says("kept").status_code == 200
    assert spill.count() == 1
    assert outage.database.lasts() is away


def test_with_both_away_the_platform_is_asked_to_try_again(site, database, monkeypatch):
    def away(event):
        raise BrokerAway

    database.goes()
    monkeypatch.setattr(spill, "put", away)
    assert site.customer_says("x").status_code == 503


def test_a_connection_that_died_while_nobody_used_it_is_made_anew(monkeypatch):
    answers = iter([BrokerAway("gone"), None])

    def put(_text: str) -> None:
        if error := next(answers):
            raise error

    monkeypatch.setattr(spill, "_put", put)
    spill.put(storing.NewEvent("lane", "wechat", None, "text", "key", "", clock.now()))
    assert next(answers, "both tries were made") == "both tries were made"


@pytest.mark.parametrize(("error", "closed"), [(BrokerAway, 1), (spill.SpillFullError, 0)])
def test_only_a_connection_that_broke_is_closed(monkeypatch, error, closed):
    connection = mock.Mock()
    pool = mock.Mock(acquire=lambda **_how: contextlib.nullcontext(connection))
    monkeypatch.setattr(spill, "_pool", lambda: pool)
    monkeypatch.setattr(spill, "_queue", lambda *_which: None)
    with pytest.raises(error), spill._kept():
        raise error
    assert connection.collect.call_count == closed


def test_what_no_database_takes_is_set_aside_and_holds_up_nothing(site, database, monkeypatch):
    database.goes()
    site.customer_says("poison")
    site.customer_says("good")
    database.comes_back()
    store = storing.store

    def picky(event):
        if "poison" in event.body:
            raise DataError(1406, "too long")
        return store(event)

    def none(events):
        raise DataError(1406, "too long")

    monkeypatch.setattr(storing, "store", picky)
    monkeypatch.setattr(storing, "store_many", none)
    assert spill.drain()
    assert "good" in InboundEvent.objects.get().body
    with spill._kept("refused") as queue:
        assert queue.count() == 1


def test_all_of_a_long_outage_is_stored_at_once(site, database, monkeypatch):
    monkeypatch.setattr(spill, "BATCH", 2)
    database.goes()
    for number in range(5):
        site.customer_says(f"number {number}")
    database.comes_back()
    assert spill.drain()
    bodies = InboundEvent.objects.order_by("pk").values_list("body", flat=True)
    assert [f"number {number}" in body for number, body in enumerate(bodies)] == [True] * 5


def test_the_sweep_finds_what_no_nudge_tells_of(site, database, monkeypatch):
    database.goes()
    site.customer_says("kept")
    database.comes_back()
    tasks.sweep()
    assert InboundEvent.objects.get(platform="wechat").state != NEW


def test_what_cannot_be_stored_yet_stays_in_the_spill(site, database, monkeypatch):
    """The database goes once more while the spill is emptied, or the worker dies."""
    database.goes()
    for words in ("one", "two"):
        site.customer_says(words)
    database.comes_back()
    for trouble in (OperationalError(2006, "gone away"), KeyboardInterrupt()):

        def away(events, trouble=trouble):
            raise trouble

        with monkeypatch.context() as patch:
            patch.setattr(storing, "store_many", away)
            with pytest.raises(type(trouble)):
                spill.drain()
        assert not InboundEvent.objects.exists()
    assert spill.drain()
    assert ["one" in event.body for event in InboundEvent.objects.order_by("pk")] == [True, False]


def test_a_slow_look_is_as_old_as_its_question(monkeypatch):
    """What came between the question and the answer is not in it."""
    now = [1000.0]

    def slow() -> int:
        now[0] += 3.0
        return 0

    monkeypatch.setattr(spill.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(spill, "count", slow)
    assert spill.is_empty()
    assert spill.age() == 3.0


@pytest.mark.parametrize(
    "text", ["{", "[]", "null", "{}", '{"lane":"x"}', "", '{"received_at":"yesterday"}', '{"more":1}']
)
def test_what_another_version_has_left_there_is_set_aside_and_holds_up_nothing(talking, database, platforms, text):
    database.goes()
    talking.customer_says("before")
    with spill._kept() as queue:
        queue.put(text)
    talking.customer_says("behind")
    database.comes_back()
    talking.work()
    assert platforms.to_seat("alice")[-2:] == ["before", "behind"]
    with spill._kept("refused") as queue:
        assert queue.read(5) == [text]


class TestQueue:
    """The queue in the broker, whichever that is."""

    @pytest.fixture
    def connections(self, settings):
        made = [spill._connection(10) for _number in range(2)]
        yield made
        for connection in made:
            connection.collect()

    def test_first_in_first_out_and_nothing_goes_by_being_read(self, connections):
        writer, reader = map(spill._queue, connections)
        for number in range(5):
            writer.put(f"{number}")
        assert reader.read(3) == ["0", "1", "2"]
        assert writer.count() >= 1
        reader.remove(["0", "1", "2"])
        assert reader.read(3) == ["3", "4"]
        reader.remove(["3", "4"])
        assert reader.read(3) == []

    def test_what_a_reader_holds_counts(self, connections):
        """Else a lane would be worked on while older events are still in the reader's hands."""
        writer, reader = map(spill._queue, connections)
        writer.put("0")
        assert reader.read(5) == ["0"]
        assert writer.count() >= 1
        reader.remove(["0"])

    def test_what_a_dead_reader_held_is_back_in_its_place(self, connections):
        writer, reader = map(spill._queue, connections)
        for number in range(4):
            writer.put(f"{number}")
        reader.read(2)
        connections[1].collect()
        writer.put("4")
        with app.connection_for_write(heartbeat=10) as third:
            heir = spill._queue(third)
            deadline = clock.now() + timedelta(seconds=20)
            while clock.now() < deadline:
                try:
                    found = heir.read(10)
                    break
                except spill.BusyError:
                    heir = spill._queue(third)
            assert found == ["0", "1", "2", "3", "4"]

    def test_two_readers_take_nothing_twice_out(self, connections):
        one, two = map(spill._queue, connections)
        for number in range(4):
            one.put(f"{number}")
        first = one.read(2)
        try:
            second = two.read(2)
        except spill.BusyError:
            one.remove(first)
            return  # RabbitMQ has one reader at a time
        one.remove(first)
        two.remove(second)
        assert two.read(9) == ["2", "3"]

    def test_a_kept_connection_that_died_is_replaced(self, site, database):
        spill.count()
        pool = spill._pool()
        with pool.acquire(block=True) as connection:
            sock = connection.default_channel
            if hasattr(sock, "client"):
                sock.client.connection_pool.disconnect()
            else:
                connection.connection.transport.sock.close()
        database.goes()
        assert site.customer_says("kept").status_code == 200


def test_who_finds_the_database_away_spares_the_others_the_wait(site, database, monkeypatch):
    tries = []
    database.goes()
    refuse = storing.store
    monkeypatch.setattr(storing, "store", lambda event: (tries.append(event), refuse(event)))
    for number in range(20):
        assert site.customer_says(f"m{number}").status_code == 200
    assert len(tries) <= 3
    assert spill.count() == 20


def test_an_outage_lets_one_of_several_threads_try(monkeypatch):
    """Both threads look at the clock before either has said that it tries."""
    state, both = outage.Outage(pause=60.0), threading.Barrier(2)
    state.seen()
    later = outage.time.monotonic() + 61

    def slow() -> float:
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.3)
        return later

    monkeypatch.setattr(outage.time, "monotonic", slow)
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(lambda _caller: state.lasts(), range(2))) == [False, True]


def test_an_outage_lets_one_try_once_in_a_while(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(outage.time, "monotonic", lambda: now[0])
    state = outage.Outage(pause=1.0)
    assert not state.lasts()
    state.seen()
    assert state.lasts()
    now[0] += 1.1
    assert [state.lasts() for _caller in range(3)] == [False, True, True]
    now[0] += 1.1
    assert not state.lasts()
    state.over()
    assert not state.lasts()
