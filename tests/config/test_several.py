"""Several servers where one would do: what the settings make of them, and to which of them is connected."""

from __future__ import annotations

import importlib
import importlib.util
import socket
from types import SimpleNamespace

import pytest
import redis

from bridge.base import lines
from bridge.base import redis as ours
from bridge.base.addresses import sentinels_of

pytestmark = [pytest.mark.once]
needs_driver = pytest.mark.skipif(importlib.util.find_spec("MySQLdb") is None, reason="mysqlclient is not installed")


def test_sentinels_are_asked_and_the_password_is_the_servers():
    found = sentinels_of("redis+sentinel://me:p%40ss@a,b:26380/main/2?sentinel_password=theirs")
    assert found.hosts == (("a", 26379), ("b", 26380))
    assert (found.master, found.db) == ("main", 2)
    assert (found.username, found.password, found.own_password) == ("me", "p@ss", "theirs")


@pytest.mark.parametrize("made", [ours.connect, ours.connect_async])
def test_the_client_goes_to_whoever_is_master(made):
    client = made("redis+sentinel://:pw@a,b/main/2", decode_responses=True, socket_timeout=3)
    pool = client.connection_pool
    assert (pool.service_name, pool.is_master) == ("main", True)
    words = pool.connection_kwargs
    assert (words["db"], words["password"], words["decode_responses"]) == (2, "pw", True)
    asked = pool.sentinel_manager.sentinels
    assert [one.connection_pool.connection_kwargs["host"] for one in asked] == ["a", "b"]
    words = [one.connection_pool.connection_kwargs for one in asked]
    assert [(one["password"], one["socket_timeout"], one["retry"].get_retries()) for one in words] == [(None, 1, 0)] * 2


@pytest.mark.parametrize(("made", "kind"), [(ours.connect, redis.Redis), (ours.connect_async, redis.asyncio.Redis)])
def test_a_single_redis_is_connected_to_as_ever(made, kind):
    client = made("redis://h:6380/1")
    assert isinstance(client, kind)
    assert client.connection_pool.connection_kwargs["port"] == 6380


class Servers:
    """Stands where the driver connects: what each host says, None for one that serves."""

    def __init__(self, **said: Exception | None) -> None:
        self.said, self.tried = said, list[str]()

    def connect(self, words: dict) -> object:
        self.tried.append(words["host"])
        if isinstance(error := self.said[words["host"]], ConnectionError):
            raise _driver().Error(2003, "cannot connect")
        return SimpleNamespace(host=words["host"], refuses=error)


def _driver():
    import MySQLdb

    return MySQLdb


@pytest.fixture
def several(monkeypatch):
    """Return how a connection to the first of the hosts that serves is made, and which were tried."""
    backend = importlib.import_module("config.mysql.base")
    monkeypatch.setattr(backend, "_failed", {})
    monkeypatch.setattr(backend, "_stay_awake", lambda _connection: None)

    def ask(connection: SimpleNamespace) -> None:
        if connection.refuses:
            raise connection.refuses

    monkeypatch.setattr(backend, "_ask", ask)

    def connected(servers: Servers) -> str:
        monkeypatch.setattr(
            backend.base.DatabaseWrapper, "get_new_connection", lambda _self, words: servers.connect(words)
        )
        wrapper = backend.DatabaseWrapper(
            {
                "NAME": "bridge",
                "USER": "u",
                "PASSWORD": "p",
                "HOST": "",
                "PORT": "",
                "OPTIONS": {"hosts": [(name, 3306) for name in servers.said]},
            }
        )
        return wrapper.get_new_connection(wrapper.get_connection_params()).host

    return connected


@needs_driver
def test_the_first_that_serves_is_taken(several):
    assert several(servers := Servers(a=None, b=None)) == "a"
    assert servers.tried == ["a"]


@needs_driver
def test_one_that_is_gone_and_one_that_is_cut_off_are_passed_over(several):
    """Cut off from the majority, a server takes connections and refuses every statement."""
    cut_off = _driver().OperationalError(1047, "WSREP has not yet prepared node for application use")
    assert several(servers := Servers(a=ConnectionError(), b=cut_off, c=None)) == "c"
    assert servers.tried == ["a", "b", "c"]


@needs_driver
def test_one_that_has_just_failed_is_asked_last(several):
    several(Servers(a=ConnectionError(), b=None))
    assert several(servers := Servers(a=None, b=None)) == "b"
    assert servers.tried == ["b"], "each new connection would wait for it"


@needs_driver
def test_where_none_serves_the_driver_says_why(several):
    with pytest.raises(_driver().Error, match="cannot connect"):
        several(Servers(a=ConnectionError(), b=ConnectionError()))


@needs_driver
def test_a_server_that_is_gone_without_a_word_is_noticed():
    """Also where a question does not even arrive, for which a system waits a quarter of an hour."""
    backend = importlib.import_module("config.mysql.base")
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as line:
        backend._stay_awake(SimpleNamespace(fileno=line.fileno))
        assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert {one: line.getsockopt(socket.IPPROTO_TCP, one) for one in lines.ALIVE} == lines.ALIVE
