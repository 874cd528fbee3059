"""Answers that are none, against real sockets: the request may have had its effect, so nothing is failed or sent as new for them."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator

import pytest

from bridge import http
from bridge.http import connections
from bridge.values.outcomes import DeliveryError, Outcome

GOOD = b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"errcode":0}'
TEXT = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PACKED = gzip.compress(b'{"errcode":0}')


@pytest.fixture(autouse=True)
def _platforms_here(settings):
    settings.PLATFORM_ALLOW_PRIVATE = True
    settings.HTTP_TIMEOUT = 5.0


class Server:
    """Answers each request with the next of `answers`, as it is; it closes the connection after one that is None."""

    def __init__(self, answers: list[list[bytes | None]]) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self._answers = iter(answers)
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        while self._has_asked(connection):
            for part in next(self._answers, [None]):
                if part is None:
                    return
                connection.sendall(part)

    @staticmethod
    def _has_asked(connection: socket.socket) -> bool:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(65536)
            if not piece:
                return False
            head += piece
        head, _end, body = head.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += connection.recv(65536)
        return True


@pytest.fixture
def serve() -> Iterator[object]:
    """Start a server with these answers; the thread's session ends with it."""
    servers = []

    def start(*answers: list[bytes | None]) -> Server:
        servers.append(Server(list(answers)))
        return servers[-1]

    yield start
    http.session().close()
    del connections._local.session
    for one in servers:
        one.socket.close()


def call(server: Server) -> object:
    return http.post_json(server.url, {"access_token": "secret-token"}, {"a": 1})


@pytest.mark.parametrize(
    "answer",
    [
        [TEXT + b"Content-Length: 100\r\n\r\n{", None],
        [TEXT + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"err', None],
        [TEXT + b"Transfer-Encoding: chunked\r\n\r\nnot a number\r\n", None],
        [TEXT + b'Content-Encoding: gzip\r\nContent-Length: 13\r\n\r\n{"errcode":0}'],
        [TEXT + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % (len(PACKED) - 20) + PACKED[:-20]],
        [TEXT + b'Content-Length: 13\r\nContent-Length: 14\r\n\r\n{"errcode":0}'],
        [b"HTTP/1.1 200 O", None],
        [b"\x16\x03\x01\x00\xff", None],
        [b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70000 + b"\r\n\r\n", None],
        [b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", None],
        [None],
    ],
)
def test_an_answer_that_breaks_off_or_cannot_be_read_leaves_the_outcome_unknown(serve, answer):
    with pytest.raises(DeliveryError) as error:
        call(serve(answer))
    assert error.value.outcome is Outcome.UNKNOWN
    assert "secret-token" not in str(error.value)


@pytest.mark.parametrize(
    "answer",
    [
        [GOOD],
        [TEXT + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"err\r\n8;x=y\r\ncode":0}\r\n0\r\nA: b\r\n\r\n'],
        [TEXT + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED) + PACKED],
        [b'HTTP/1.0 200 OK\r\n\r\n{"errcode":0}', None],
        [b"HTTP/1.1 100 Continue\r\n\r\n", GOOD],
        [b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", b"HTTP/1.1 102 Processing\r\n\r\n", GOOD],
    ],
)
def test_an_answer_in_whatever_form_is_read_and_the_next_call_has_its_own(serve, answer):
    server = serve(answer, [GOOD.replace(b":0}", b":7}")])
    assert call(server) == {"errcode": 0}
    assert call(server) == {"errcode": 7}


def test_what_follows_an_answer_is_not_taken_for_the_next(serve):
    """Bytes that nobody asked for stand on the kept connection: the next call goes out on another one."""
    server = serve([GOOD + GOOD.replace(b":0}", b":9}")], [GOOD.replace(b":0}", b":7}")])
    assert [call(server), call(server)] == [{"errcode": 0}, {"errcode": 7}]


def test_a_kept_connection_that_the_server_has_closed_is_not_used(serve):
    server = serve([GOOD, None], [GOOD])
    assert [call(server), call(server)] == [{"errcode": 0}] * 2
    assert server.connections == 2


def test_a_redirect_is_not_followed(serve):
    server = serve([b"HTTP/1.1 307 Go\r\nLocation: http://other.example/\r\nContent-Length: 0\r\n\r\n"])
    with pytest.raises(DeliveryError) as error:
        call(server)
    assert (error.value.code, error.value.outcome, server.connections) == ("307", Outcome.STOP, 1)


@pytest.mark.parametrize("part", [b"H", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_a_head_that_drips_ends_in_time(serve, settings, part):
    settings.HTTP_TIMEOUT = 0.3
    over = threading.Event()

    def dripping() -> Iterator[bytes | None]:
        yield part
        while not over.wait(0.05):
            yield part if part.endswith(b"\n") else b"x"
        yield None

    with pytest.raises(DeliveryError) as error:
        call(serve(dripping()))
    over.set()
    assert (error.value.code, error.value.outcome) == ("timeout", Outcome.UNKNOWN)
