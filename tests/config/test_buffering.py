"""Slow clients hold no thread."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
import urllib.request

import pytest
import uvicorn
from a2wsgi import WSGIMiddleware

from config import buffering
from config.buffering import Buffered

pytestmark = pytest.mark.once
THREADS, SLOW = 4, 200
LARGE = 8 * 1024**2


def site(environ, start_response):
    """Answers how much came; /large is more than any buffer of the kernel holds."""
    size = len(environ["wsgi.input"].read())
    body = b"x" * LARGE if environ["PATH_INFO"] == "/large" else str(size).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture
def served():
    """The site on a port of its own, with few threads."""
    application = Buffered(WSGIMiddleware(site, workers=THREADS), lambda path: 1000 if path == "/small" else 10**7)
    server = uvicorn.Server(
        uvicorn.Config(application, port=0, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    server.port = server.servers[0].sockets[0].getsockname()[1]
    server.room = application.room
    yield server
    server.should_exit = True
    thread.join(10)


def connect(server, head: str) -> socket.socket:
    one = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    one.sendall(head.encode())
    return one


def ask(server, path: str = "/", body: bytes | None = None) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", body, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.mark.parametrize("head", [
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf a form",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "GET /large HTTP/1.1\r\nHost: x\r\n\r\n",
])  # fmt: skip
def test_slow_connections_keep_nobody_waiting(served, head):
    with contextlib.ExitStack() as stack:
        for _number in range(SLOW if "POST" in head else 20):
            stack.enter_context(contextlib.closing(connect(served, head)))
        for _number in range(2 * THREADS):
            assert ask(served, body=b"hello") == (200, b"5")


@pytest.mark.parametrize("size", [0, 1, buffering.PIECE - 1, buffering.PIECE, buffering.PIECE + 1, 10**6])
def test_a_body_comes_whole(served, size):
    assert ask(served, body=b"x" * size) == (200, str(size).encode())


def test_a_large_answer_leaves_whole(served):
    assert ask(served, "/large") == (200, b"x" * LARGE)


def test_a_body_that_is_too_long_is_refused(served):
    assert ask(served, "/small", b"x" * 1000) == (200, b"1000")
    assert ask(served, "/small", b"x" * 1001) == (413, b"more than 1000 bytes\n")
    assert served.room.held == 0


def test_what_comes_too_slowly_is_refused(served, monkeypatch):
    monkeypatch.setattr(buffering, "GRACE", 0.05)
    with contextlib.closing(connect(served, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")) as one:
        assert b" 408 " in one.recv(1000)


def test_all_bodies_together_have_a_bound(served):
    served.room.bound = 1000
    with contextlib.closing(connect(served, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n" + "x" * 800)):
        while served.room.held < 800:
            time.sleep(0.01)
        assert ask(served, body=b"x" * 201)[0] == 503
        assert ask(served, body=b"x" * 200) == (200, b"200")
    while served.room.held:
        time.sleep(0.01)


def test_a_client_that_stops_reading_is_left(served, monkeypatch):
    monkeypatch.setattr(buffering, "UNREAD", 0.05)
    with contextlib.closing(connect(served, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n")) as one:
        one.settimeout(10)
        time.sleep(0.3)
        received = 0
        with contextlib.suppress(ConnectionError):
            while piece := one.recv(10**6):
                received += len(piece)
        assert received < LARGE


def test_who_goes_while_sending_costs_nothing(served):
    connect(served, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc").close()
    assert ask(served, body=b"abc") == (200, b"3")
    while served.room.held:
        time.sleep(0.01)


def test_no_answer_is_sent_where_the_application_gave_none():
    sent = []

    async def run():
        async def nothing(scope, receive, send):
            pass

        async def receive():
            return {"type": "http.request", "body": b""}

        async def send(message):
            sent.append(message)

        await Buffered(nothing, lambda path: 10)({"path": "/"}, receive, send)

    asyncio.run(run())
    assert sent == []
