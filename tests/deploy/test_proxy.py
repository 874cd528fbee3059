"""The reverse proxy of `compose.yaml`, in a real nginx: what it lets through, what it holds back, and for whom it waits."""

from __future__ import annotations

import http.client
import json
import re
import socket
import socketserver
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import settings

from config import asgi, buffering
from config.run import web
from seats.desk import hub
from tests.deploy.sizes import answer_to
from tests.support.own_nginx import NAME, SERVER, TEMPLATE, OwnNginx
from tests.support.stack import free_port
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not SERVER, reason="NO NGINX on this machine: the proxy's configuration is not tried"),
]
LARGE = 8 * 1024**2


class Site(BaseHTTPRequestHandler):
    """Stands for web: says what it was asked, streams word by word, and gives large files."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_words: object) -> None:
        pass

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path, dict(self.headers)))  # type: ignore[attr-defined]
        if "/stream/" in self.path:
            return self._stream()
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        answer = b"x" * LARGE if self.path.startswith("/media/") else str(len(body)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.server.done.set()  # type: ignore[attr-defined]

    do_POST = do_GET  # noqa: N815

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"data: first\n\n")
        self.wfile.flush()
        self.server.go_on.wait(30)  # type: ignore[attr-defined]
        self.wfile.write(b"data: last\n\n")


def serve(host: str = "127.0.0.1", port: int = 0) -> Any:
    site: Any = ThreadingHTTPServer((host, port), Site)
    site.asked, site.done, site.go_on = [], threading.Event(), threading.Event()
    site.daemon_threads = True
    threading.Thread(target=site.serve_forever, daemon=True).start()
    return site


@pytest.fixture(scope="module")
def running():
    site = serve()
    with OwnNginx(f"127.0.0.1:{site.server_port}") as nginx:
        yield nginx, site
    site.go_on.set()
    site.shutdown()


@pytest.fixture
def proxy(running):
    running[1].asked.clear()
    running[1].done.clear()
    return running[0]


@pytest.fixture
def site(running):
    return running[1]


class ByName(http.client.HTTPSConnection):
    """A connection to this machine that checks the certificate of the site's own name."""

    def __init__(self, nginx: OwnNginx) -> None:
        super().__init__(NAME, nginx.port, timeout=30, context=nginx.trust())
        self._port = nginx.port

    def connect(self) -> None:
        raw = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        self.sock = self._context.wrap_socket(raw, server_hostname=NAME)  # type: ignore[attr-defined]


def ask(nginx: OwnNginx, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    connection = ByName(nginx)
    connection.request(method, path, body or None, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_plain_http_is_sent_to_https(proxy):
    connection = http.client.HTTPConnection("127.0.0.1", proxy.plain, timeout=30)
    connection.request("GET", "/desk/?a=1", headers={"Host": NAME})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/desk/?a=1")


def test_the_site_hears_of_the_client_by_the_proxy_alone(proxy, site):
    assert ask(proxy, "/desk/", **{"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "http"})[0] == 200
    headers = site.asked[0][2]
    assert (headers["Host"], headers["X-Forwarded-For"], headers["X-Forwarded-Proto"]) == (NAME, "127.0.0.1", "https")


@pytest.mark.parametrize(
    ("path", "most"),
    [("/callbacks/wechat/shop/", settings.DOOR_MAX_BODY), ("/admin/", asgi.MOST), ("/desk/files/", asgi.MOST_FILE)],
)
def test_bodies_are_as_large_as_the_site_takes_them(proxy, path, most):
    assert asgi.longest_body(path) >= most
    assert [answer_to(ByName(proxy), path, length) for length in (most, most + 1)] == [0, 413]


def test_a_callback_of_the_largest_size_comes_through_whole(proxy):
    size = settings.DOOR_MAX_BODY
    assert ask(proxy, "/callbacks/wechat/shop/", "POST", b"x" * size) == (200, str(size).encode())


def test_a_slow_client_holds_nothing_of_the_site(proxy, site):
    connection = ByName(proxy)
    connection.putrequest("POST", "/admin/")
    connection.putheader("Content-Length", "10")
    connection.endheaders()
    connection.send(b"12345")
    time.sleep(0.5)
    assert site.asked == []
    connection.send(b"67890")
    assert connection.getresponse().read() == b"10"


def test_a_stream_says_each_word_at_once(proxy, site):
    connection = ByName(proxy)
    connection.request("GET", "/desk/stream/")
    answer = connection.getresponse()
    assert answer.read1(100) == b"data: first\n\n"
    site.go_on.set()
    assert answer.read() == b"data: last\n\n"


def test_a_file_that_is_read_slowly_is_taken_from_the_site_at_once(proxy, site):
    connection = ByName(proxy)
    connection.request("GET", "/media/secretlink/picture.jpg")
    answer = connection.getresponse()
    assert site.done.wait(20)
    assert len(answer.read()) == LARGE


def test_metrics_are_not_for_the_internet(proxy, site):
    assert ask(proxy, "/metrics")[0] == 404
    assert site.asked == []


def test_its_log_has_the_products_shape_and_no_query(proxy):
    ask(proxy, "/callbacks/wechat/shop/?openid=oSomebody&signature=abc")
    ask(proxy, "/media/secretlink/picture.jpg")
    path = proxy.home / "access.log"
    wait_until(lambda: "callbacks" in path.read_text() and "/media/" in path.read_text(), pause=0.05)
    text = path.read_text()
    assert list(json.loads(text.splitlines()[0]))[:3] == ["time", "level", "logger"]
    assert "oSomebody" not in text
    assert "secretlink" not in text


class Names(socketserver.BaseRequestHandler):
    """A name server that knows two addresses for every name, of which only the second one has a web."""

    def handle(self) -> None:
        data, sender = self.request
        question = data[12 : data.index(b"\0", 12) + 5]
        found = [socket.inet_aton(f"127.0.0.{number}") for number in (1, 2)]
        answers = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 1, 4) + one for one in found)
        head = data[:2] + struct.pack(">HHHHH", 0x8180, 1, len(found), 0, 0)
        sender.sendto(head + question + answers, self.client_address)


def test_another_web_takes_over_where_one_is_gone():
    port = free_port()
    second = serve("127.0.0.2", port)
    names = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Names)
    threading.Thread(target=names.serve_forever, daemon=True).start()
    try:
        with OwnNginx(f"web:{port}", f"127.0.0.1:{names.server_address[1]}") as nginx:
            for _number in range(4):
                assert ask(nginx, "/callbacks/wechat/shop/", "POST", b"push") == (200, b"4")
    finally:
        second.shutdown()
        names.shutdown()


def seconds(name: str) -> set[int]:
    return {int(found) for found in re.findall(rf"^ +{name} +(\d+)s;", TEMPLATE.read_text(), re.M)}


def test_its_patience_is_the_sites():
    assert seconds("client_body_timeout") == {int(buffering.GRACE), int(asgi.BODY_SECONDS)}
    assert seconds("send_timeout") == {int(buffering.UNREAD)}
    # A stream that says nothing for so long is dead; the platforms wait for five seconds and for two.
    assert min(seconds("proxy_read_timeout")) * 2 > hub.BEAT
    assert max(seconds("proxy_read_timeout")) > 3 * hub.BEAT
    assert seconds("proxy_next_upstream_timeout") == {4}
    assert min(seconds("keepalive_timeout")) > web.KEEP_ALIVE
