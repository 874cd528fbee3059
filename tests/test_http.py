"""The one place that talks HTTP, against real sockets: what may have been sent, and what surely was not."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bridge import flight, http
from bridge.flight import Flight
from bridge.platforms.base import DeliveryError, Outcome


class Handler(BaseHTTPRequestHandler):
    reply: tuple[int, bytes] = (200, b"{}")
    seen: list[bytes] = []

    def do_POST(self):
        self.seen.append(self.rfile.read(int(self.headers["Content-Length"])))
        status, body = self.reply
        if status == 0:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    Handler.seen = []
    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ((500, b"{}"), Outcome.RETRY),
        ((404, b"{}"), Outcome.STOP),
        ((200, b"not json"), Outcome.UNKNOWN),
        ((200, b"[]"), Outcome.UNKNOWN),
        ((0, b""), Outcome.UNKNOWN),
    ],
)
def test_answers(server, reply, outcome):
    Handler.reply = reply
    with pytest.raises(DeliveryError) as error:
        http.post_json(server, {"access_token": "secret-token"}, {"a": "你"})
    assert error.value.outcome is outcome
    assert "secret-token" not in str(error.value)
    assert error.value.__cause__ is None


def test_a_good_answer(server):
    Handler.reply = (200, b'{"errcode": 0}')
    assert http.post_json(server, {}, {"a": "你"}) == {"errcode": 0}
    assert Handler.seen == ['{"a":"你"}'.encode()]


def test_nobody_there_means_not_sent():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(DeliveryError) as error:
        http.post_json(f"http://127.0.0.1:{port}", {}, {})
    assert error.value.outcome is Outcome.RETRY


def test_an_answer_that_does_not_come_is_unknown(settings):
    settings.HTTP_TIMEOUT = 0.2
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        record = Flight(990, 1)
        with pytest.raises(DeliveryError) as error, flight.recorded(record), flight.final_call():
            http.post_json(f"http://127.0.0.1:{silent.getsockname()[1]}", {}, {})
        assert error.value.outcome is Outcome.UNKNOWN
        assert b"sent" in record._path.read_bytes()
        record.land()
