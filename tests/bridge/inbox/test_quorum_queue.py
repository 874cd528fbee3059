"""The spill where its queue stands on several RabbitMQs, played on a RabbitMQ with such a queue."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator

import pytest
from kombu import Connection
from kombu.exceptions import OperationalError

from bridge.base import clock
from bridge.inbox import spill, storing
from bridge.inbox.quorum_queue import SEAL, QuorumQueue
from bridge.inbox.spill_queues import BusyError
from bridge.models import InboundEvent
from tests.support import own_rabbitmq
from tests.support.own_rabbitmq import OwnRabbitMQ
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.services,
    pytest.mark.once,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not own_rabbitmq.is_here(), reason="no RabbitMQ is installed"),
]
LEADER = "ra:{what}_server(quorum_queues, {{'%2F_{name}', node()}})."


@pytest.fixture(scope="module")
def broker() -> Iterator[OwnRabbitMQ]:
    with OwnRabbitMQ() as running:
        yield running


@pytest.fixture
def name() -> str:
    return f"test-{secrets.token_hex(6)}-spill"


@pytest.fixture
def made(broker, name) -> Iterator[Callable[[], QuorumQueue]]:
    """Return how a queue object with a connection of its own is made; all are of one queue."""
    connections: list[Connection] = []

    def one() -> QuorumQueue:
        connections.append(Connection(broker.url))
        return QuorumQueue(connections[-1], name)

    yield one
    for connection in connections:
        connection.release()


def read(queue: QuorumQueue, most: int) -> list[str]:
    """Read once the queue is free: RabbitMQ takes a moment to see that a reader is gone."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return queue.read(most)
        except BusyError:
            assert time.monotonic() < deadline


def test_first_in_first_out_and_nothing_goes_by_being_read(made):
    writer, reader = made(), made()
    for number in range(5):
        writer.put(f"{number}")
    assert writer.count() == 5
    came = []
    while texts := read(reader, 3):
        came += texts
        assert writer.count() >= 1, "a reader has some"
        reader.remove(texts)
    assert came == ["0", "1", "2", "3", "4"]
    reader._connection.release()
    wait_until_empty(writer)


def wait_until_empty(queue: QuorumQueue) -> None:
    wait_until(lambda: not queue.count(), pause=0.01)


def test_what_a_dead_reader_held_is_back_in_its_place_however_often(made):
    """RabbitMQ 4 would throw it away after twenty times."""
    writer = made()
    for number in range(3):
        writer.put(f"{number}")
    for _death in range(21):
        reader = made()
        assert read(reader, 10) == ["0", "1", "2"]
        reader._connection.release()
    writer.put("3")
    assert read(made(), 10) == ["0", "1", "2", "3"]


def test_there_is_one_reader_at_a_time(made):
    one, two = made(), made()
    one.put("0")
    assert read(one, 5) == ["0"]
    with pytest.raises(BusyError):
        two.read(5)


def test_what_comes_while_a_reader_removes_is_not_taken_out_with_it(made):
    """To publish the seal it listens, and hears of what came meanwhile."""
    reader, writer = made(), made()
    writer.put("0")
    assert read(reader, 5) == ["0"]
    writer.put("1")
    reader.remove(["0"])
    assert read(reader, 5) == ["1"]


def test_of_several_seals_one_is_left(made):
    queue, reader = made(), made()
    assert queue.count() == 0
    for _copy in range(3):
        queue._publish(SEAL)
    assert queue.count() == 3, "rather one too many than one too few"
    assert read(reader, 10) == []
    reader._connection.release()
    wait_until_empty(queue)


def test_a_queue_without_a_leader_is_not_taken_for_empty(made, broker, name):
    """RabbitMQ says that nothing is in it."""
    queue = made()
    queue.put("kept")
    broker.control("eval", LEADER.format(what="stop", name=name))
    assert queue._declare().message_count == 0, "this RabbitMQ says what is true: the seal is not needed"
    with pytest.raises((OperationalError, OSError)):
        queue.count()
    broker.control("eval", LEADER.format(what="restart", name=name))
    fresh = made()
    wait_until(lambda: fresh._declare().message_count, pause=0.01)
    assert fresh.count() >= 1


@pytest.mark.django_db
def test_what_is_spilled_is_stored_in_order_and_the_spill_is_seen_empty_at_once(broker, settings, monkeypatch):
    settings.BROKER_QUORUM = True
    settings.CELERY_TASK_DEFAULT_QUEUE = f"test-{secrets.token_hex(6)}"
    monkeypatch.setattr(spill, "_connection", lambda heartbeat=0: Connection(broker.url, heartbeat=heartbeat))
    pool = spill._connection().Pool(4)
    monkeypatch.setattr(spill, "_pool", lambda: pool)
    monkeypatch.setattr(spill, "_seen_empty", 0.0)
    monkeypatch.setattr(spill, "BATCH", 3)
    for number in range(10):
        spill.put(storing.NewEvent("lane", "internal", None, "x", f"internal:{number}", "{}", clock.now()))
    assert spill.count() == 10
    assert not spill.is_empty()
    assert spill.drain()
    assert list(InboundEvent.objects.order_by("pk").values_list("dedup", flat=True)) == [
        f"internal:{number}" for number in range(10)
    ]
    assert spill.is_empty()
    pool.force_close_all()
