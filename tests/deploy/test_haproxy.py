"""The proxy of several machines, in a real HAProxy: whom it asks, what it holds back, and what it logs."""

from __future__ import annotations

import http.client
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import settings

from config import asgi
from tests.deploy.sizes import answer_to
from tests.support import own_haproxy
from tests.support.own_haproxy import OwnHAProxy
from tests.support.place import HERE
from tests.support.stack import free_port
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not own_haproxy.is_here(), reason="NO HAPROXY on this machine: its configuration is not tried"),
]
CALLBACK = "/callbacks/wechat/shop/"


class Web(BaseHTTPRequestHandler):
    """Stands for a web: says who it is; `ill` is whether its health page says so."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_words: object) -> None:
        pass

    def do_GET(self) -> None:
        web: Any = self.server
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        checked = self.path in ("/livez", "/healthz")
        if not checked:
            web.asked.append(dict(self.headers))
        refused = (web.ill and self.path == "/healthz") or (web.refuses and not checked)
        body = web.server_name_.encode()
        self.send_response(503 if refused else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815


class Quiet(ThreadingHTTPServer):
    """Says nothing of connections that the proxy closes, as after each check."""

    def handle_error(self, *_words: object) -> None:
        pass


def serve(name: str) -> Any:
    web: Any = Quiet(("127.0.0.1", 0), Web)
    web.server_name_, web.ill, web.refuses, web.asked, web.daemon_threads = name, False, False, [], True
    threading.Thread(target=web.serve_forever, daemon=True).start()
    return web


@pytest.fixture(scope="module")
def running():
    """Return a proxy before two webs and a machine that is gone."""
    webs = [serve("first"), serve("second")]
    places = [f"127.0.0.1:{port}" for port in (free_port(), *(one.server_port for one in webs))]
    with OwnHAProxy(HERE, places, "127.0.0.1:1") as proxy:
        yield proxy, webs
    for one in webs:
        one.shutdown()


@pytest.fixture
def proxy(running):
    for web in running[1]:
        web.ill = web.refuses = False
        web.asked.clear()
    return running[0]


@pytest.fixture
def webs(running):
    return running[1]


def ask(proxy: OwnHAProxy, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(proxy.host, proxy.port, timeout=30)
    connection.request(method, path, body or None, headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def ask_slowly(proxy: OwnHAProxy, path: str) -> tuple[int, str]:
    """Send the body a moment after the head, as a client far away does."""
    connection = http.client.HTTPConnection(proxy.host, proxy.port, timeout=30)
    connection.putrequest("POST", path)
    connection.putheader("Content-Length", "1")
    connection.endheaders()
    time.sleep(0.1)
    connection.send(b"x")
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def until(wanted: set[tuple[int, str]], ask_once) -> None:
    """Ask until only the wanted answers come, a few times one after another."""
    found = lambda: {ask_once() for _time in range(6)}  # noqa: E731
    wait_until(lambda: found() == wanted, 60, said=found, pause=0.3)


def test_a_machine_that_is_gone_is_passed_over_from_the_first_callback_on(proxy):
    assert {ask(proxy, CALLBACK, "POST", b"x")[0] for _time in range(9)} == {200}


def test_a_callback_that_one_web_can_keep_nowhere_goes_to_the_next(proxy, webs):
    webs[0].refuses = True
    until({(200, "second")}, lambda: ask(proxy, CALLBACK, "POST", b"x"))


def test_so_does_one_whose_body_comes_after_its_head(proxy, webs):
    webs[0].refuses = True
    until({(200, "second")}, lambda: ask_slowly(proxy, CALLBACK))


def test_pages_come_from_machines_that_reach_all_they_need(proxy, webs):
    webs[0].ill = True
    until({(200, "second")}, lambda: ask(proxy, "/desk/"))


def test_where_no_machine_reaches_all_it_needs_pages_and_callbacks_come_all_the_same(proxy, webs):
    for web in webs:
        web.ill = True
    time.sleep(5)
    until({(200, "first"), (200, "second")}, lambda: ask(proxy, "/desk/"))
    until({(200, "first"), (200, "second")}, lambda: ask(proxy, CALLBACK, "POST", b"x"))


def test_the_site_hears_of_the_client_by_the_proxy_alone(proxy, webs):
    until({(200, "first"), (200, "second")}, lambda: ask(proxy, "/desk/"))
    webs[0].asked.clear(), webs[1].asked.clear()
    ask(proxy, "/desk/", **{"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "http"})
    headers = [*webs[0].asked, *webs[1].asked][0]
    assert (headers["x-forwarded-for"], headers["x-forwarded-proto"]) == (proxy.host, "https")


@pytest.mark.parametrize(
    ("path", "most"), [(CALLBACK, settings.DOOR_MAX_BODY), ("/admin/", asgi.MOST), ("/desk/files/", asgi.MOST_FILE)]
)
def test_bodies_are_as_large_as_the_site_takes_them(proxy, path, most):
    assert asgi.longest_body(path) >= most
    assert [
        answer_to(http.client.HTTPConnection(proxy.host, proxy.port), path, length) for length in (most, most + 1)
    ] == [0, 413]


def test_metrics_are_not_for_the_internet(proxy, webs):
    assert ask(proxy, "/metrics")[0] == 404
    assert not webs[0].asked + webs[1].asked


def test_its_log_has_the_products_shape_and_no_query(proxy):
    ask(proxy, f"{CALLBACK}?openid=oSomebody&signature=abc")
    ask(proxy, "/media/secretlink/picture.jpg")
    path = proxy.home / "server.log"
    wait_until(lambda: '"path":"/media/"' in path.read_text(), pause=0.05)
    text = path.read_text()
    line = next(one for one in text.splitlines() if "/callbacks/" in one)
    assert list(json.loads(line))[:3] == ["time", "level", "logger"]
    assert "oSomebody" not in text
    assert "secretlink" not in text
