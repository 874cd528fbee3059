"""The sample platform through real web, worker and beat processes: both ways, in order, and by nudges alone."""

from __future__ import annotations

import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bridge.values.lanes import lane_of_customer
from tests.echo import protocol
from tests.support.stack import Stack
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.workers, pytest.mark.timeout(240)]
KEY, MESSAGES = "echo-key", 5
MAKE = (
    "from tests.echo.models import EchoAccount as A; "
    "print('pk', A.objects.create(slug='echo', name='Echo', key='{key}', api_base='{base}', group='sales', survey=False).pk)"
)


class EchoServer(BaseHTTPRequestHandler):
    """Echo's API: keeps what it is sent."""

    sent: list[dict] = []

    def do_POST(self) -> None:
        self.sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"echo_code": 0}')

    def log_message(self, *args: object) -> None:
        pass


def test_a_customer_of_a_third_platform_and_a_seat_talk_through_real_processes():
    server = ThreadingHTTPServer(("127.0.0.1", 0), EchoServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # The sweep, which finds what no nudge told of, does not come within this test.
    with Stack({"alice": 5}, workers=2, SWEEP_SECONDS="600") as stack:
        made = stack.manage("shell", "-c", MAKE.format(key=KEY, base=f"http://127.0.0.1:{server.server_port}"))
        lane = lane_of_customer(int(made.split("pk")[-1]), "bob")

        def push(number: int) -> None:
            body = json.dumps({"id": str(number), "from": "bob", "kind": "text", "text": f"c{number}"}).encode()
            address = f"{stack.url}/callbacks/echo/echo/?echo_sign={protocol.signature(KEY, body)}"
            urllib.request.urlopen(urllib.request.Request(address, body), timeout=20).read()

        def seat_read() -> list[str]:
            texts = [str(one.get("text")) for one in stack.entries() if one["side"] == "im"]
            return [text for text in texts if text[:1] == "c" and text[1:].isdigit()]

        for number in range(MESSAGES):
            push(number)
        wait_until(lambda: len(seat_read()) == MESSAGES)
        assert seat_read() == [f"c{number}" for number in range(MESSAGES)]
        for number in range(3):
            stack.player.post("seat", seat="alice", to=lane, text=f"s{number}")
        wait_until(lambda: len(EchoServer.sent) == 3)
        assert [(one["to"], one["text"]) for one in EchoServer.sent] == [("bob", f"s{number}") for number in range(3)]
    server.shutdown()
