"""A push through a push service on loopback: real TLS, real HTTP, and a browser that decrypts by the RFCs."""

from __future__ import annotations

import json
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bridge.http import connections
from bridge.models import Customer
from seats.models import PushKey, PushSubscription
from seats.push import sending, telling
from tests.bridge.http.test_http import _certificate
from tests.seats.test_push import ENDPOINT, SECRET, office
from tests.support import webpush
from tests.support.routing import someone

__all__ = ["office"]  # a fixture
pytestmark = pytest.mark.once
PUBLIC = "93.184.215.14"


class Service(BaseHTTPRequestHandler):
    """Takes what is pushed; each answer is the next of `answers`, the last one again and again."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers), body))
        answers = self.server.answers
        self.send_response(answers.pop(0) if len(answers) > 1 else answers[0])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words) -> None:
        """Say nothing."""


@pytest.fixture
def service(tmp_path, monkeypatch):
    """The push service that the name in ENDPOINT leads to, as a look-up of the name and a route on the internet would."""
    cert, key = _certificate(tmp_path, "push.example.com")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    running = HTTPServer(("127.0.0.1", 0), Service)
    running.seen, running.answers = [], [201]
    running.socket = context.wrap_socket(running.socket, server_side=True)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    connect = connections.create_connection

    def route(address, *words, **options):
        assert address == (PUBLIC, 443), address
        return connect(("127.0.0.1", running.server_port), *words, **options)

    monkeypatch.setattr(connections, "resolve", lambda *_where: [PUBLIC])
    monkeypatch.setattr(connections, "create_connection", route)
    connections.guarded_session().verify = cert
    yield running
    connections.guarded_session().close()
    del connections._local.guarded
    running.shutdown()
    running.server_close()


def test_the_browser_of_these_tests_decrypts_the_example_of_the_rfc():
    """RFC 8291, appendix A."""
    private = ec.derive_private_key(
        int.from_bytes(webpush.raw("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big"), webpush.CURVE
    )
    body = (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95b"
        "Qpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    said = webpush.decrypt(webpush.raw(body), private, webpush.raw("BTBZMqHH6r4Tts7J_aSIgg"))
    assert said == b"When I grow up, I want to be a watermelon"


def test_what_was_written_reaches_the_browser_and_nobody_between_reads_it(office, service):
    office.arrive(1, text="我的包裹呢")
    Customer.objects.filter(openid=someone(1)).update(remark="王敏")
    assert telling.tell() == 1
    ((path, headers, body),) = service.seen
    assert (path, headers["Host"], headers["Content-Encoding"]) == ("/send/abc", "push.example.com", "aes128gcm")
    assert (headers["TTL"], headers["Urgency"]) == (str(sending.TTL), "high")
    said = json.loads(webpush.decrypt(body, office.browser.private, SECRET))
    assert (said["title"], said["body"]) == ("王敏", "我的包裹呢 1")
    claimed = webpush.claims(headers["Authorization"])
    assert claimed["aud"] == "https://push.example.com"
    assert 0 < claimed["exp"] - time.time() <= 24 * 3600
    assert claimed["sub"].startswith(("https://", "mailto:"))
    assert headers["Authorization"].endswith(PushKey.of_site().public)


def test_what_the_service_says_is_taken_in(office, service):
    service.answers[:] = [503, 201, 410]
    for kept in ([1], [0], []):
        office.arrive(1)
        telling.tell()
        assert list(PushSubscription.objects.values_list("failures", flat=True)) == kept
    assert len(service.seen) == 3


@pytest.mark.parametrize("addresses", [["127.0.0.1"], [PUBLIC, "10.0.0.7"], ["::ffff:169.254.169.254"]])
def test_a_name_that_leads_inside_is_not_reached(office, service, monkeypatch, addresses):
    monkeypatch.setattr(connections, "resolve", lambda *_where: addresses)
    office.arrive(1)
    assert (telling.tell(), service.seen) == (0, [])
    assert PushSubscription.objects.get(endpoint=ENDPOINT).failures == 1


def test_a_service_for_whose_name_nobody_vouches_reads_nothing(office, service):
    connections.guarded_session().verify = True
    office.arrive(1)
    assert (telling.tell(), service.seen) == (0, [])
