"""The doors behind the server's own entry point, past Django's middleware."""

import asyncio
import queue
import threading
from concurrent.futures import Executor, Future

import pytest
from django.conf import settings

from bridge.doors import entrance
from bridge.models import InboundEvent
from config import asgi
from config.asgi import Doors, application
from tests.support.actors import encrypted_push, im_query, text_xml

URL = "/callbacks/wechat/shop/"


class Here(Executor):
    """Lets what it is given run in the test's thread, where the test's transaction is."""

    def __init__(self):
        self.work = queue.SimpleQueue()

    def submit(self, work, /, *arguments):
        done = Future()
        self.work.put(lambda: done.set_result(work(*arguments)))
        return done

    def run(self, coroutine):
        loop = threading.Thread(target=lambda: (asyncio.run(coroutine), self.work.put(None)))
        loop.start()
        while (work := self.work.get()) is not None:
            work()
        loop.join()


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.setattr(application, "_doors", Doors(HERE))


HERE = Here()


def call(method, address, body=b""):
    path, _mark, query = address.partition("?")
    headers = [(b"content-length", str(len(body)).encode()), (b"host", b"testserver"), (b"content-type", b"text/xml")]
    scope = {
        "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(), "root_path": "",
        "query_string": query.encode(), "headers": headers, "client": ("127.0.0.1", 1), "server": ("testserver", 80),
        "scheme": "http",
    }  # fmt: skip
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    HERE.run(application(scope, receive, send))
    headers = {name.decode().title(): value.decode() for name, value in sent[0]["headers"]}
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return {"status": sent[0]["status"], "headers": headers, "body": content}


def test_a_push(site):
    query, body = encrypted_push(text_xml("你好"))
    answer = call("POST", f"{URL}?{query}", body.encode())
    assert (answer["status"], answer["body"]) == (200, b"success")
    assert answer["headers"]["Content-Length"] == "7"
    assert "Set-Cookie" not in answer["headers"]
    assert "你好" in InboundEvent.objects.get().body


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("POST", URL, 403),
        ("GET", URL, 401),
        ("DELETE", URL, 405),
        ("POST", "/callbacks/wechat/nobody/", 404),
        ("POST", "/callbacks/none/", 404),
        ("POST", "/callbacks/tencent-im/?signed", 400),
        ("GET", "/callbacks/tencent-im/", 405),
        ("POST", "/callbacks/wechat/shop/?large", 413),
        ("GET", "/desk/stream/", 403),
        ("POST", "/desk/stream/", 405),
        ("GET", "/livez", 200),
    ],
)
def test_refusals_and_the_rest_of_the_site(site, method, address, status):
    # Signed now: a signature is stale after a minute, and the whole run takes longer.
    address = address.replace("signed", im_query("C2C.CallbackAfterSendMsg"))
    body = b"x" * (settings.DOOR_MAX_BODY + 1) if "large" in address else b""
    assert call(method, address, body)["status"] == status


def test_a_bug_in_a_door_is_a_500_and_in_the_log(site, monkeypatch, caplog):
    def broken(event):
        raise ZeroDivisionError

    monkeypatch.setattr(entrance, "keep", broken)
    query, body = encrypted_push(text_xml("x"))
    assert call("POST", f"{URL}?{query}", body.encode())["status"] == 500
    assert "ZeroDivisionError" in caplog.text


def test_a_push_that_comes_too_slowly_is_refused(site, monkeypatch):
    monkeypatch.setattr(asgi, "BODY_SECONDS", 0.05)
    sent = []

    async def receive():
        await asyncio.sleep(60)

    async def send(message):
        sent.append(message)

    HERE.run(application({"type": "http", "path": URL, "method": "POST"}, receive, send))
    assert sent[0]["status"] == 408
