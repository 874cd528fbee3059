"""The desk's event stream with real processes: nothing missed, nothing doubled, whatever breaks."""

from __future__ import annotations

import contextlib
import json
import random
import re
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
import requests

from tests.support.stack import Stack

pytestmark = [pytest.mark.workers, pytest.mark.once, pytest.mark.timeout(240)]
PASSWORDS = """
from django.contrib.auth.models import User
for name in ("alice", "bob"):
    user = User.objects.get(username=name)
    user.set_password(name + "-password-1")
    user.save()
"""


def customer(number: int) -> str:
    return f"oDeskStreamCustomer000000000{number}"


@pytest.fixture(scope="module")
def stack():
    with Stack({"alice": 3, "bob": 0}, workers=2, threads=2) as running:
        running.manage("shell", "-v0", "-c", PASSWORDS)
        yield running


class Listener:
    """One desk's event stream, read as a browser reads it: it knows the last id, and what each bubble said."""

    def __init__(self, stack: Stack, name: str) -> None:
        self.stack, self.session, self.position = stack, requests.Session(), ""
        page = self.session.get(f"{stack.url}/desk/login/", timeout=20).text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        form = {"username": name, "password": f"{name}-password-1", "csrfmiddlewaretoken": token}
        desk = self.session.post(f"{stack.url}/desk/login/", form, timeout=20).text
        self.position = re.search(r'data-position="([0-9-]+)"', desk)[1]
        self.bubbles: list[tuple[int, str]] = []
        self.events: list[tuple[str, dict]] = []

    def connect(self) -> requests.Response:
        headers = {"Last-Event-ID": self.position}
        answer = self.session.get(f"{self.stack.url}/desk/stream/", headers=headers, stream=True, timeout=(5, 20))
        assert answer.status_code == 200, answer.status_code
        return answer

    def listen(self, enough, most: float = 60) -> None:
        """Read events until `enough` says so, then break the line."""
        ends = time.monotonic() + most
        with self.connect() as answer:
            name, position = "", ""
            for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
                assert time.monotonic() < ends, self.events[-3:]
                field, _colon, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "id":
                    position = value
                elif field == "data":
                    self.take(name, json.loads(value))
                elif not line:
                    self.position, position = position or self.position, ""
                    if enough():
                        return

    def take(self, name: str, data) -> None:
        self.events.append((name, data))
        for html in data["bubbles"] if name == "conversation" else []:
            number = int(re.search(r'id="m(\d+)"', html)[1])
            words = re.search(r'<div class="body">\s*(.*?)\s*</div>', html, re.S)
            self.bubbles.append((number, words[1] if words else ""))

    def names(self) -> list[str]:
        return [name for name, _data in self.events]

    def last(self) -> dict:
        return next(data for name, data in reversed(self.events) if name == "conversation")

    def said(self, mark: str) -> list[str]:
        """Return the marked texts in the order in which their messages were first heard of."""
        first = dict(reversed(self.bubbles))
        order = sorted(first, key=lambda number: [one for one, _words in self.bubbles].index(number))
        return [first[number] for number in order if mark in first[number]]


def test_a_message_comes_with_its_row_to_whoever_may_see_it(stack):
    alice, bob = Listener(stack, "alice"), Listener(stack, "bob")
    stack.player.post("customer", account="shop", openid=customer(1), text="early 1")
    # It may have waited for a moment first: each event says where it stands by then.
    alice.listen(lambda: alice.said("early") and alice.last()["tabs"] == ["mine", "all"])
    last = alice.last()
    assert "early 1" in last["row"]
    # Bob is of the same group, but has no room and it never waited: he hears of a change at most, never what was said.
    bob.listen(lambda: "beat" in bob.names())
    assert bob.bubbles == []
    assert not [data for kind, data in bob.events if kind == "conversation" and data["row"]]


def test_nothing_is_missed_or_out_of_order_while_the_line_breaks_again_and_again(stack):
    alice, chance = Listener(stack, "alice"), random.Random(7)
    texts = [f"broken {number:03d}" for number in range(60)]

    def write() -> None:
        for text in texts:
            stack.player.post("customer", account="shop", openid=customer(2), text=text)

    writer = threading.Thread(target=write)
    writer.start()
    while len(set(alice.said("broken"))) < len(texts):
        rest = chance.randint(1, 6)
        until = len(alice.events) + rest
        # Changes may come together, so that fewer events than that are left.
        alice.listen(lambda until=until: len(alice.events) >= until or len(set(alice.said("broken"))) == len(texts))
    writer.join()
    assert alice.said("broken") == texts
    assert "reset" not in alice.names()


def test_after_the_web_process_has_died_all_that_came_meanwhile_is_there(stack):
    alice = Listener(stack, "alice")
    stack.player.post("customer", account="shop", openid=customer(3), text="before the death")
    alice.listen(lambda: alice.said("before the death"))
    # The seat goes on writing in its IM client while the web is down: the workers need no web for that.
    stack.web.kill()
    stack.web.wait()
    stack.start_web()
    stack.wait_healthy()
    for number in range(5):
        stack.player.post("customer", account="shop", openid=customer(3), text=f"after it {number}")
    alice.listen(lambda: len(alice.said("after it")) == 5)
    assert alice.said("after it") == [f"after it {number}" for number in range(5)]


def test_a_position_that_is_no_longer_known_means_to_read_all_anew(stack):
    alice = Listener(stack, "alice")
    alice.position = "1-1"
    alice.listen(lambda: "reset" in alice.names())
    assert alice.position != "1-1"
    alice.events.clear()
    alice.listen(lambda: bool(alice.events))
    assert alice.events[0][0] == "beat"


def test_who_is_logged_out_gets_nothing(stack):
    assert requests.get(f"{stack.url}/desk/stream/", timeout=30).status_code == 403


def test_the_server_stops_at_once_with_desks_connected(stack):
    alice = Listener(stack, "alice")
    line = alice.connect()
    began = time.monotonic()
    stack.web.terminate()
    stack.web.wait(60)
    assert time.monotonic() - began < 15
    line.close()
    stack.start_web()
    stack.wait_healthy()


SLOW = [
    "POST /desk/login/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000\r\n\r\nhalf a form",
    "POST /api/conversations/ HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "POST /callbacks/wechat/shop/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000\r\n\r\n<xml>",
    "GET /desk/login/ HTTP/1.1\r\nHost: {host}\r\nX-Head",
]


def test_two_hundred_slow_connections_stop_nobody_at_work(stack):
    """Half forms, half callbacks, half heads: the desk, its events, health and doors go on meanwhile."""
    alice = Listener(stack, "alice")
    host = urlsplit(stack.url).netloc
    with contextlib.ExitStack() as held:
        for number in range(200):
            slow = socket.create_connection(("127.0.0.1", stack.port), timeout=30)
            held.enter_context(slow)
            slow.sendall(SLOW[number % len(SLOW)].format(host=host).encode())
        began = time.monotonic()
        for address in ("/desk/", "/desk/list/?tab=all", "/livez"):
            assert alice.session.get(f"{stack.url}{address}", timeout=30).status_code == 200, address
        # Between tests Redis is emptied, where workers leave their signs of life: that it answers is what counts.
        assert alice.session.get(f"{stack.url}/healthz", timeout=30).json()["checks"]["database"] == "ok"
        stack.player.post("customer", account="shop", openid=customer(7), text="among slow ones")
        alice.listen(lambda: any("among slow ones" in words for _number, words in alice.bubbles))
        assert time.monotonic() - began < 25
