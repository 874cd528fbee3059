"""The one place that talks HTTP, against real sockets: what may have been sent, and what surely was not."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests

from bridge import http
from bridge.base import flight
from bridge.base.flight import Flight
from bridge.http import connections
from bridge.values.outcomes import DeliveryError, Outcome


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


@pytest.fixture(autouse=True)
def _platforms_here(settings):
    settings.PLATFORM_ALLOW_PRIVATE = True


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
        ((429, b"{}"), Outcome.RETRY),
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


@pytest.mark.parametrize(
    ("url", "query"),
    [
        ("http://im.example/v4/openim/sendmsg", {"sdkappid": "1", "usersig": "eJw*-_~+/=", "random": "7"}),
        ("https://bücher.example:8443/a b/é?kept=1", {"空": "a&b c", "~": "%41"}),
        ("http://127.0.0.1:80", {}),
        ("http://[::1]:8000/x/?", {"a": "b"}),
        ("https://bridge:p%40ss@proxy.example/wx", {"access_token": "t"}),
        ("http://im.example/x#part", {"a": "b"}),
    ],
)
def test_a_call_is_prepared_as_requests_prepares_it(url, query):
    call = requests.Request("POST", url, headers={"content-type": "x/y"}, params=query, data='{"a":"你"}'.encode())
    ours, theirs = http.session().prepare_request(call), requests.Session().prepare_request(call)
    assert (ours.method, ours.url, ours.body) == (theirs.method, theirs.url, theirs.body)
    assert dict(ours.headers.lower_items()) == dict(theirs.headers.lower_items())


@pytest.mark.parametrize("url", ["", "no address", "http://", "ftp://im.example/", "http://*.example/"])
def test_what_is_no_address_is_not_called(url):
    with pytest.raises(DeliveryError) as error:
        http.post_json(url, {"access_token": "secret-token"}, {})
    assert error.value.outcome in (Outcome.FAIL, Outcome.RETRY)
    assert "secret-token" not in str(error.value)


def test_an_idle_connection_is_not_trusted(monkeypatch):
    """A server may close it at the very moment we write; so after a second a new one is made."""
    Handler.seen, Handler.reply = [], (200, b"{}")
    accepted = []

    class Counting(HTTPServer):
        def get_request(self):
            accepted.append(1)
            return super().get_request()

    monkeypatch.setattr(Handler, "protocol_version", "HTTP/1.1")
    with Counting(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        now = [1000.0]
        monkeypatch.setattr(connections.time, "monotonic", lambda: now[0])
        for seconds, expected in ((0, 1), (0.5, 1), (0.8, 1), (1.5, 2), (0.5, 2)):
            now[0] += seconds
            http.post_json(f"http://127.0.0.1:{running.server_port}", {}, {})
            assert len(accepted) == expected
        http.session().close()
        del connections._local.session
        running.shutdown()


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


def test_a_request_is_marked_before_its_first_byte_leaves(monkeypatch):
    """Else a process that is killed in between would send it once more, and the customer had it twice."""
    record, marks = Flight(992, 1), []

    def leave(connection, data):
        marks.append(b"sent" in record._path.read_bytes())
        raise BrokenPipeError

    monkeypatch.setattr(connections.HTTPConnection, "send", leave)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(DeliveryError) as error, flight.recorded(record), flight.final_call():
            http.post_json(url, {}, {})
    assert marks
    assert all(marks)
    assert error.value.outcome is Outcome.UNKNOWN
    record.land()


def test_a_connection_that_fails_marks_nothing():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    record = Flight(993, 1)
    with pytest.raises(DeliveryError), flight.recorded(record), flight.final_call():
        http.post_json(f"http://127.0.0.1:{port}", {}, {})
    assert b"sent" not in record._path.read_bytes()
    record.land()


def _certificate(folder, host=""):
    """Make a certificate for 127.0.0.1, or for a host by its name; return its file and its key's."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    vouched = x509.DNSName(host) if host else x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([vouched]), False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    encoding = serialization.Encoding.PEM
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(encoding))
    plain = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
    return str(cert), str(private)


def test_tls_is_checked_recorded_and_connected_once(tmp_path, monkeypatch):
    import ssl

    accepted = []

    class Counting(HTTPServer):
        def get_request(self):
            accepted.append(1)
            return super().get_request()

    cert, key = _certificate(tmp_path)
    monkeypatch.setattr(Handler, "protocol_version", "HTTP/1.1")
    monkeypatch.setattr(Handler, "reply", (200, b"{}"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with Counting(("127.0.0.1", 0), Handler) as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        threading.Thread(target=running.serve_forever, daemon=True).start()
        url = f"https://127.0.0.1:{running.server_port}"
        with pytest.raises(DeliveryError) as error:
            http.post_json(url, {}, {})  # nobody vouches for it
        assert error.value.outcome is Outcome.RETRY
        accepted.clear()
        http.session().verify = cert
        record = Flight(991, 1)
        with flight.recorded(record), flight.final_call():
            assert http.post_json(url, {}, {}) == {}
        assert b"sent" in record._path.read_bytes()
        record.land()
        http.post_json(url, {}, {})
        assert len(accepted) == 1
        http.session().close()
        del connections._local.session
        running.shutdown()


def test_a_guarded_connection_checks_tls_for_the_name_and_reaches_what_it_checked(tmp_path, monkeypatch):
    import ssl

    class Getter(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *args):
            pass

    cert, key = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    monkeypatch.setattr(connections, "is_public", lambda address: True)
    with HTTPServer(("127.0.0.1", 0), Getter) as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        threading.Thread(target=running.serve_forever, daemon=True).start()
        url = f"https://127.0.0.1:{running.server_port}/"
        with pytest.raises(DeliveryError):
            http.get_stream(url, guarded=True)  # nobody vouches for it
        connections.guarded_session().verify = cert
        with http.get_stream(url, guarded=True) as reply:
            assert b"".join(reply.chunks(5)) == b"ok"
        connections.guarded_session().close()
        del connections._local.guarded
        running.shutdown()
