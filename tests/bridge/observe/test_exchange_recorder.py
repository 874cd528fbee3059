"""The exchange log's recorder with its threads running: it survives what strangers send, and says when it does not write."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bridge.base.redis import client
from bridge.live import parameters as live
from bridge.models import Exchange
from bridge.observe import exchange_rows, exchanges, liveness
from bridge.observe.exchange_rows import AwayError
from bridge.observe.exchanges import OpenExchange, Recorder, recorder
from bridge.observe.redaction import LONGEST
from config.run import health
from tests.support.actors import SDK_APP_ID
from tests.support.waiting import wait_until

SURROGATE = rb'{"a":"\ud83d"}'
HOSTILE = {
    "half a surrogate pair": SURROGATE,
    "half a pair as a name": rb'{"\udc00":1}',
    "NUL": rb'{"a":"\u0000"}',
    "brackets": b"[" * 31_000,
    "closed brackets": b"[" * 15_000 + b"]" * 15_000,
    "braces": b'{"a":' * 6_000 + b"1" + b"}" * 6_000,
    "no UTF-8": b"\xff\xfe\x00\xd8",
    "a number of 31,000 digits": b"9" * 31_000,
    "infinite": b'{"a":1e999}',
    "XML": b"<xml><a>\x00\x1b]]></a>",
}


def talk(sent: bytes = b"x", *, answer: bytes = b"", failed: bool = True, **facts: Any) -> OpenExchange:
    said = OpenExchange("in", "POST", "/callbacks/tencent-im/", sent=sent, answer=answer, failed=failed, status=403)
    said.subject = facts
    return said


@pytest.fixture
def unlimited(monkeypatch):
    monkeypatch.setattr(exchanges, "REFUSALS", 10**6)


@pytest.fixture
def running(settings, monkeypatch, transactional_db, unlimited) -> Iterator[None]:
    """The recorder's threads run, faster than usual; they end with the test."""
    monkeypatch.setattr(exchanges, "PAUSE", 0.02)
    monkeypatch.setattr(exchanges, "LOOK", 0.05)
    settings.BACKGROUND_THREADS = True
    yield
    settings.BACKGROUND_THREADS = False
    wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("exchanges")])


def written() -> list[str]:
    """Return what is written. While another thread writes, SQLite in memory refuses to read: then once more."""
    deadline = time.monotonic() + 15
    while True:
        try:
            return list(Exchange.objects.order_by("pk").values_list("request", flat=True))
        except OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


@pytest.mark.parametrize("what", HOSTILE)
def test_an_unsigned_body_stops_nothing(running, client, what):
    """One request from anybody, and all that comes after it must be written."""
    address = f"/callbacks/tencent-im/?SdkAppid={SDK_APP_ID}&Sign=wrong&CallbackCommand=C2C.CallbackAfterSendMsg"
    recorder.keep(talk(b"before"))
    for answer in range(2):
        refused = client.post(address, HOSTILE[what], content_type="application/json")
        assert refused.status_code >= 400, answer
    recorder.keep(talk(b"after"))
    wait_until(lambda: "after" in written())
    assert len(written()) == 4
    assert not recorder.behind()


ESCAPES = st.sampled_from([r"\ud83d", r"\udc00", r"\u0000", r"\ud83d\ude00", "\\", '"', "😀", "\ufffe"])
JSONS = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
BODIES = st.one_of(
    st.binary(max_size=300),
    st.lists(ESCAPES, max_size=5).map(lambda those: '{"a":"%s"}'.replace("%s", "".join(those)).encode()),
    st.tuples(st.sampled_from([b"[", b'{"a":', b'[{"access_token":']), st.integers(0, 40_000)).map(
        lambda p: p[0] * p[1]
    ),
    JSONS.map(lambda data: json.dumps(data).encode()),
    st.text(max_size=50).map(lambda text: text.encode("utf-16-le", "surrogatepass")),
)


@pytest.mark.django_db
@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(BODIES, BODIES, st.text(st.characters(), max_size=30)), min_size=1, max_size=5))
def test_whatever_the_bodies_are_each_is_written(bodies):
    live.stored.remember({"EXCHANGE_PER_SECOND": 10**6})
    before = Exchange.objects.count()
    for sent, answer, word in bodies:
        said = talk(sent, answer=answer, failed=False, lane=word)
        said.url, said.raw_query, said.code, said.method = f"//[{word}", f"a={word}&{word}", word, word
        recorder.keep(said)
    assert recorder.flush() == len(bodies)
    assert Exchange.objects.count() - before == len(bodies)
    assert not recorder.behind()
    assert max(len(row.request) for row in Exchange.objects.all()) <= LONGEST


def test_a_row_that_the_database_refuses_takes_no_other_with_it(running, caplog):
    for number in range(20):
        # A number that no database holds.
        recorder.keep(talk(f"m{number}".encode(), **({"account_id": 2**70} if number == 7 else {})))
    wait_until(lambda: len(written()) == 19)
    assert written() == [f"m{number}" for number in range(20) if number != 7]
    assert recorder.behind()
    assert "cannot be written" in caplog.text
    assert "m7" not in caplog.text


def test_a_row_that_is_locked_for_ever_holds_up_nothing(transactional_db, unlimited, monkeypatch):
    """It is tried a few times, and what is behind it is written."""
    save = Exchange.save

    def locked(row: Exchange, **words: Any) -> None:
        if row.request == "m0":
            raise OperationalError(1205, "lock wait")
        save(row, **words)

    def none(*_args: Any) -> None:
        raise OperationalError(1205, "lock wait")

    monkeypatch.setattr(Exchange, "save", locked)
    monkeypatch.setattr(exchange_rows, "append", none)
    for number in range(3):
        recorder.keep(talk(f"m{number}".encode()))
    flushed = [recorder.flush() for _try in range(exchange_rows.TRIES + 1)]
    assert flushed == [0] * exchange_rows.TRIES + [2]
    assert written() == ["m1", "m2"]
    assert recorder.behind(), "one is lost"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_died_is_started_again(running, monkeypatch):
    recorder.keep(talk(b"first"))
    wait_until(lambda: written() == ["first"])
    real = exchanges.write
    died = threading.Event()

    def deadly(batch: Any) -> Any:
        if not died.is_set():
            died.set()
            raise SystemExit
        return real(batch)

    monkeypatch.setattr(exchanges, "write", deadly)
    recorder.keep(talk(b"second"))
    wait_until(lambda: written() == ["first", "second"])
    assert died.is_set()


def test_a_forked_worker_begins_anew(running):
    """It has none of the threads, and what waits is its parent's to write."""
    recorder.keep(talk(b"the parent's"))
    wait_until(written)
    with recorder._buffer._lock:  # by a thread that the child does not have
        if not (child := os.fork()):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(5)
            fresh = not recorder._threads and recorder._buffer.put(talk(), 1, 10**6) and len(recorder._buffer) == 1
            os._exit(0 if fresh else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.fixture
def away(monkeypatch):
    """The database refuses everything, until the returned event is set."""
    back = threading.Event()
    append, reach = exchange_rows.append, exchange_rows._must_reach

    def append_later(*args: Any) -> None:
        if not back.is_set():
            raise OperationalError(2006, "gone")
        append(*args)

    def must_reach() -> None:
        if not back.is_set():
            raise AwayError("OperationalError")
        reach()

    monkeypatch.setattr(exchange_rows, "append", append_later)
    monkeypatch.setattr(exchange_rows, "_must_reach", must_reach)
    return back


def test_while_the_database_is_away_it_waits_and_is_said(running, away, monkeypatch):
    for number in range(5):
        recorder.keep(talk(f"m{number}".encode()))
    assert not recorder.behind()
    monkeypatch.setattr(exchanges, "LATE", 0.3)
    wait_until(recorder.behind)
    assert written() == []
    away.set()
    wait_until(lambda: len(written()) == 5)
    assert written() == [f"m{number}" for number in range(5)]
    # The rows are there a moment before the thread has said so.
    wait_until(lambda: not recorder.behind())


def test_a_write_that_does_not_end_is_said_too(running, monkeypatch):
    monkeypatch.setattr(exchanges, "LATE", 0.3)
    go_on, hangs = threading.Event(), threading.Event()

    def hang(batch: Any) -> tuple[int, int]:
        hangs.set()
        go_on.wait(20)
        return len(batch), batch.clear() or 0

    monkeypatch.setattr(exchanges, "write", hang)
    recorder.keep(talk())
    assert hangs.wait(5)
    wait_until(recorder.behind)
    go_on.set()
    wait_until(lambda: not recorder.behind())


def test_what_waits_is_bounded_by_bytes(unlimited, away, db, monkeypatch):
    monkeypatch.setattr(exchanges, "MOST_BYTES", 3_000_000)
    tracemalloc.start()
    try:
        for _number in range(800):
            recorder.keep(talk(bytes(131_000), answer=bytes(131_000)))
        recorder.flush()  # the database is away: it goes on waiting
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held < 4_000_000
    assert 10 < 800 - recorder.dropped <= 800
    away.set()


@pytest.mark.parametrize("character", ["a", "é", "好", "😀"])
def test_a_body_is_cut_by_characters_and_not_by_bytes(unlimited, db, character):
    body = character * (LONGEST - 1)
    recorder.keep(talk(body.encode(), answer=body.encode()))
    recorder.keep(talk((character * 2 * LONGEST).encode()))
    recorder.flush()
    first, second = Exchange.objects.order_by("pk")
    assert (first.request, first.answer, second.request) == (body, body, character * LONGEST)


def test_the_bytes_of_what_waits_are_counted_exactly(unlimited, away, db):
    """Written, they are free again; put back, they are not: else the log ends some day, or has no bound."""
    recorder.keep(talk(b"x" * 5000))
    one = recorder._buffer.bytes
    assert one > 5000
    for number in range(2, 5):
        recorder.keep(talk(b"x" * 5000))
        recorder.flush()
        assert recorder._buffer.bytes == number * one
    away.set()
    assert recorder.flush() == 4
    assert recorder._buffer.bytes == 0


def test_the_health_page_says_it_and_stays_200(db, client, monkeypatch):
    monkeypatch.setitem(health.CHECKS, "broker", lambda: None)
    for who in ("worker", "beat"):
        liveness.sign(who)
    assert client.get("/healthz").json()["status"] == "ok"
    monkeypatch.setattr(exchanges, "LATE", -1.0)
    recorder.keep(talk(failed=False))
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["exchanges"] == "degraded"
    assert recorder.flush() == 1
    monkeypatch.undo()
    assert client.get("/healthz").json()["checks"]["exchanges"] == "ok"


def test_another_processs_trouble_is_seen_by_its_sign(running, client):
    """A worker is another process: here, another recorder."""
    worker = Recorder()
    assert not exchanges.late()
    worker.keep(talk(account_id=2**70))
    wait_until(exchanges.late)
    assert not recorder.behind()
    assert client.get("/healthz").json()["checks"]["exchanges"] == "degraded"
    assert 0 < redis_time() <= exchanges.SIGN_SECONDS, "a sign of a process that ends must go"


def redis_time() -> int:
    return int(client().ttl(exchanges.SIGN))


def test_a_code_of_any_kind_is_one():
    code = exchanges.redactor().code
    deep: Any = []
    for _level in range(100_000):
        deep = [deep]
    assert code({"errcode": deep}) == "list"
    assert code({"errcode": 45015}) == "45015"
    assert code({"errcode": 0}) == ""
    assert code({"errcode": "0"}) == code({"errcode": None}) == code({}) == ""
    while deep:  # taken apart step by step: Python would recurse
        (deep,) = deep
