"""What doors know, kept encrypted in Redis: what counts as there, for how long, and what others can do to it."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import timedelta

import pytest
import redis
from cryptography.fernet import Fernet
from django.db import OperationalError

from bridge.base import clock, fields, outage
from bridge.base.redis import client
from bridge.live import kept as module
from bridge.live.endpoints import Remembered
from bridge.live.keeping import Keeper
from bridge.live.kept import SECONDS, Kept, shape_of

pytestmark = pytest.mark.both
SECRET = "theTokenThatNobodyMayRead"


@dataclass(frozen=True)
class Known:
    pk: int
    token: str


@dataclass(frozen=True)
class OfAnotherRelease:
    pk: int
    token: str
    more: str = ""


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    client().flushdb()
    monkeypatch.setattr(outage, "database", outage.Outage(pause=1.0))
    yield
    client().flushdb()


def kept(kind: str = "test", made: type = Known) -> Kept:
    return Kept(kind, made, shape_of(made))


def written(value: Known | None = None, name: str = "shop") -> Kept:
    """Return what has written a value."""
    found = kept()
    assert found.note(name, value or Known(1, SECRET))
    found.write()
    return found


KEY = "bridge:kept:test:shop"


def test_another_process_reads_what_one_has_written():
    written()
    assert kept().read("shop") == Known(1, SECRET)
    assert kept().read("another") is None
    assert kept("of another kind").read("shop") is None


def test_nobody_reads_it_in_redis():
    written()
    stored = client().get(KEY)
    assert SECRET not in stored
    assert "token" not in stored
    assert [*client().scan_iter("*")] == [KEY]


def test_it_is_gone_after_thirty_days_in_redis_and_by_its_own_words():
    written()
    assert SECONDS - 60 < client().ttl(KEY) <= SECONDS == 30 * 86400
    client().persist(KEY)
    began = clock.now()
    for days, found in ((29.9, Known(1, SECRET)), (30.1, None)):
        with clock.fixed(lambda late=began + timedelta(days=days): late):
            assert kept().read("shop") == found


def test_its_time_begins_when_the_database_said_it_and_not_when_it_is_written_once_more():
    began, one = clock.now(), written()
    with clock.fixed(lambda: began + timedelta(days=20)):
        one.owe_all()
        one.write()
        assert client().ttl(KEY) <= 10 * 86400
    with clock.fixed(lambda: began + timedelta(days=20)):
        assert not one.note("shop", Known(1, SECRET)), "the same as before: nothing is to be written at once"
        one.owe_all()
        one.write()
    with clock.fixed(lambda: began + timedelta(days=40)):
        assert kept().read("shop") == Known(1, SECRET)
    with clock.fixed(lambda: began + timedelta(days=51)):
        one.owe_all()
        one.write()
    assert not client().exists(KEY)


def test_only_a_change_is_written_at_once():
    one = written()
    client().delete(KEY)
    assert not one.note("shop", Known(1, SECRET))
    one.write()
    assert not client().exists(KEY)
    assert one.note("shop", Known(1, "another"))
    one.write()
    assert kept().read("shop") == Known(1, "another")


def test_what_redis_lost_is_written_anew():
    one = written()
    client().flushdb()
    one.owe_all()
    one.write()
    assert kept().read("shop") == Known(1, SECRET)


def test_what_is_gone_is_deleted_whoever_has_written_it():
    one = written()
    assert one.note("shop", None)
    one.write()
    assert not client().exists(KEY)
    written()
    stranger = kept()
    assert stranger.note("shop", None)
    stranger.write()
    assert not client().exists(KEY)


def test_strangers_names_cost_no_write_each_and_fill_nothing(monkeypatch):
    moment = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: moment[0])
    one, owed = kept(), 0
    for number in range(1000):
        moment[0] += 0.01
        owed += one.note(f"guess{number}", None)
    assert owed <= 11
    one.write()
    assert not [*client().scan_iter("*")]
    assert not one.names()


@pytest.mark.parametrize(
    "stored",
    [
        "", "garbage", "\ud83d\ude00 好", "null", '["bridge:kept:test:shop", 1]', "gAAAAA" + "A" * 200, "x" * 10**6,
        json.dumps({"pk": 1, "token": SECRET}), Fernet(Fernet.generate_key()).encrypt(b"{}").decode(),
    ],
    ids=["empty", "words", "no latin", "null", "plain list", "cut", "long", "plain", "another key"],
)  # fmt: skip
def test_garbage_counts_as_not_there(stored):
    client().set(KEY, stored.encode("utf-8", "surrogatepass"))
    assert kept().read("shop") is None


def test_what_is_no_text_at_all_counts_as_not_there():
    client().set(KEY, b"\xff\xfe\x00")
    assert kept().read("shop") is None
    client().delete(KEY)
    client().rpush(KEY, "a list")
    assert kept().read("shop") is None


@pytest.mark.parametrize(
    "words",
    [
        None, 1, [], {}, "text", [KEY], [KEY, "shape", 0, {}], [KEY, shape_of(Known), "now", {"pk": 1, "token": "x"}],
        [KEY, shape_of(Known), 2e9, []], [KEY, shape_of(Known), 2e9, {"pk": 1}], [KEY, shape_of(Known), None, {}],
        [KEY, shape_of(OfAnotherRelease), 2e9, {"pk": 1, "token": "x"}],
        ["bridge:kept:test:another", shape_of(Known), 2e9, {"pk": 1, "token": "x"}],
    ],
)  # fmt: skip
def test_what_our_key_has_encrypted_and_is_none_counts_as_not_there(words):
    client().set(KEY, fields.cipher().encrypt(json.dumps(words).encode()))
    assert kept().read("shop") is None


def test_it_counts_under_its_own_name_alone():
    """Who may write to Redis puts one account's under another's name."""
    written()
    client().set("bridge:kept:test:victim", client().get(KEY))
    client().set("bridge:kept:another:shop", client().get(KEY))
    assert kept().read("victim") is None
    assert kept("another").read("shop") is None


def test_another_release_with_another_shape_does_not_read_it():
    written()
    assert kept(made=OfAnotherRelease).read("shop") is None
    assert shape_of(Known) != shape_of(OfAnotherRelease)
    assert shape_of(["A"]) != shape_of(["A", "B"])


@pytest.fixture
def secret_key(settings):
    def become(key: str, *before: str) -> None:
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = key, list(before)
        fields.cipher.cache_clear()

    yield become
    fields.cipher.cache_clear()


def test_with_another_secret_key_it_is_not_there_and_with_the_old_one_as_fallback_it_is(secret_key):
    secret_key("the old one")
    written()
    secret_key("the new one")
    assert kept().read("shop") is None
    secret_key("the new one", "the old one")
    assert kept().read("shop") == Known(1, SECRET)
    written()
    secret_key("the new one")
    assert kept().read("shop") == Known(1, SECRET), "it is written with the new one"
    secret_key("the old one")
    assert kept().read("shop") is None


def _away(*_words, **_more):
    raise redis.ConnectionError("away")


def test_without_redis_it_stays_owed(monkeypatch):
    one = kept()
    one.note("shop", Known(1, SECRET))
    with monkeypatch.context() as patch:
        patch.setattr(module, "client", _away)
        one.write()
        assert one.read("shop") is None
    one.write()
    assert kept().read("shop") == Known(1, SECRET)


def test_a_silent_redis_does_not_keep_each_push_waiting(monkeypatch):
    written()
    one, asked = kept(), []
    with monkeypatch.context() as patch:
        patch.setattr(module, "client", lambda: (asked.append(1), _away()))
        assert [one.read("shop") for _push in range(20)] == [None] * 20
    assert len(asked) == 1
    one._redis.over()
    assert one.read("shop") == Known(1, SECRET)


def test_what_cannot_be_kept_is_said_without_a_word_of_it(caplog):
    @dataclass(frozen=True)
    class Odd:
        token: bytes

    keeper, one = Keeper(), kept(made=Odd)
    memory = Remembered(lambda _key: Odd(SECRET.encode()))
    keeper.keep(memory, one)
    with caplog.at_level(logging.DEBUG):
        memory.get()
        keeper.write()
    assert "TypeError" in caplog.text
    assert SECRET not in caplog.text


class Database:
    """Says what it has, or nothing."""

    def __init__(self, **has: Known) -> None:
        self.has, self.away, self.asked = has, False, 0

    def load(self, name: str) -> Known | None:
        self.asked += 1
        if self.away:
            raise OperationalError(2006, "gone away")
        return self.has.get(name)

    def names(self) -> list[str]:
        self.load("")
        return list(self.has)


def process(database: Database, seconds: float = 2.0) -> tuple[Keeper, Remembered[Known]]:
    """Return a process's keeper and memory."""
    keeper, memory = Keeper(), Remembered(database.load, lambda: seconds)
    keeper.keep(memory, kept(), database.names)
    return keeper, memory


@pytest.fixture
def database(db):
    return Database(shop=Known(1, SECRET), second=Known(2, "token2"))


def test_a_process_that_starts_without_the_database_knows_what_another_knew(database):
    keeper, _memory = process(database)
    keeper.look_around()
    keeper.write()
    database.away = True
    _keeper, memory = process(database)
    assert memory.get("shop") == Known(1, SECRET)
    assert memory.get("second") == Known(2, "token2")
    with pytest.raises(OperationalError):
        memory.get("never there")


def test_without_the_database_it_is_asked_once_a_second_and_not_by_all(database):
    keeper, _memory = process(database)
    keeper.look_around()
    keeper.write()
    database.away, database.asked = True, 0
    _keeper, memory = process(database, seconds=0.0)
    for _time in range(5):
        memory.get("shop")
        memory.get("second")
    assert database.asked == 1


def test_what_is_kept_is_not_asked_for_while_the_database_is_there(database, monkeypatch):
    keeper, _memory = process(database)
    keeper.look_around()
    keeper.write()
    database.has = {"shop": Known(1, "rotated")}
    _keeper, memory = process(database)
    monkeypatch.setattr(module, "client", _away)
    monkeypatch.setattr(Kept, "read", lambda *_words: pytest.fail("Redis is asked"))
    assert memory.get("shop") == Known(1, "rotated")
    assert memory.get("second") is None


def test_when_the_database_is_back_it_is_right_and_redis_too(database, monkeypatch):
    keeper, _memory = process(database)
    keeper.look_around()
    keeper.write()
    database.away = True
    keeper, memory = process(database, seconds=0.0)
    assert memory.get("second")
    database.away, database.has = False, {"shop": Known(1, "rotated")}
    monkeypatch.setattr(outage, "database", outage.Outage())
    assert memory.get("shop") == Known(1, "rotated")
    assert memory.get("second") is None
    keeper.write()
    assert kept().read("shop") == Known(1, "rotated")
    assert kept().read("second") is None


def test_what_the_process_knew_itself_goes_before_what_is_kept(database):
    _keeper, memory = process(database)
    memory.get("shop")
    written(Known(1, "older"))
    database.away = True
    memory.forget()
    assert memory.get("shop") == Known(1, SECRET)
    memory.forget()
    assert memory.get("shop") == Known(1, SECRET)


def test_a_round_deletes_what_is_gone_and_keeps_what_came_without_a_push(database):
    keeper, _memory = process(database, seconds=0.0)
    keeper.look_around()
    keeper.write()
    database.has = {"second": Known(2, "rotated"), "third": Known(3, "token3")}
    keeper.look_around()
    keeper.write()
    assert [kept().read(name) for name in ("shop", "second", "third")] == [
        None, Known(2, "rotated"), Known(3, "token3"),
    ]  # fmt: skip


def test_a_round_without_the_database_gives_an_emptied_redis_what_was_known(database):
    keeper, _memory = process(database, seconds=0.0)
    keeper.look_around()
    keeper.write()
    client().flushdb()
    database.away, database.asked = True, 0
    outage.database.seen()
    keeper.look_around()
    keeper.write()
    assert not database.asked
    assert kept().read("shop") == Known(1, SECRET)


def test_a_push_writes_nothing_itself_and_wakes_the_keeper_on_a_change_alone(database, monkeypatch):
    keeper, memory = process(database, seconds=0.0)
    monkeypatch.setattr(module, "client", lambda: pytest.fail("a push asks Redis"))
    for _time in range(3):
        memory.get("shop")
        memory.get("a stranger's guess")
    assert keeper._noted.is_set()
    keeper._noted.clear()
    for _time in range(3):
        memory.get("shop")
        memory.get("a stranger's guess")
    assert not keeper._noted.is_set()
    database.has["shop"] = Known(1, "rotated")
    memory.get("shop")
    assert keeper._noted.is_set()
