"""The door on encrypted text pushes, against a bare Django view under the same server on the same core."""

from __future__ import annotations

import os
import secrets
import statistics
import subprocess
import sys
import time
from urllib.parse import urlencode

from benchmarks import load
from bridge.platforms.wechat import crypto

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APP_ID, TOKEN = "wxbench0000000001", "bench-token"
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "6000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
CORE, CLIENT_CORE = 0, 1


def encrypted(xml: str, app_id: str, token: str) -> tuple[str, str]:
    """Return query and body of a push as WeChat sends it in secure mode."""
    timestamp, nonce = str(int(time.time())), secrets.token_hex(5)
    ciphertext = crypto.encrypt(xml.encode(), crypto.decode_key(AES_KEY), app_id)
    query = {
        "signature": crypto.signature(token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "encrypt_type": "aes",
        "msg_signature": crypto.signature(token, timestamp, nonce, ciphertext),
    }
    body = f"<xml><ToUserName><![CDATA[gh_bench]]></ToUserName><Encrypt><![CDATA[{ciphertext}]]></Encrypt></xml>"
    return urlencode(query), body


def push(openid: str, text: str, number: int) -> bytes:
    """Return an encrypted text push with this MsgId as a whole HTTP request."""
    xml = (
        f"<xml><ToUserName><![CDATA[gh_bench]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{text}]]></Content><MsgId>{number}</MsgId></xml>"
    )
    query, body = encrypted(xml, APP_ID, TOKEN)
    head = (
        f"POST /callbacks/wechat/bench/?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: text/xml\r\nContent-Length: {len(body.encode())}\r\n\r\n"
    )
    return (head + body).encode()


def pushes(count: int) -> list[bytes]:
    """Return encrypted text pushes of 500 customers, each with a MsgId of its own."""
    base = secrets.randbits(40)
    return [
        push(f"oBenchCustomer{number % 500:014d}", f"你好，请问这款还有货吗？{number}", base + number)
        for number in range(count)
    ]


class Server:
    """The site's web server with one process of 8 threads, pinned to one core."""

    def __init__(self, application: str, **environment: str) -> None:
        self.port = load.free_port()
        serve = f"from config.run.web import main; main({application!r})"
        command = [sys.executable, "-c", serve]
        self.process = subprocess.Popen(
            command,
            env={**os.environ, "BIND": f"127.0.0.1:{self.port}", "WEB_WORKERS": "1", "WEB_THREADS": "8", **environment},
            preexec_fn=lambda: os.sched_setaffinity(0, {CORE}),  # noqa: PLW1509  no threads here yet
        )
        load.wait_for(self.port)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def measure() -> None:
    """Print requests/s and p99 of both, round by round in turn, and the median ratio."""
    os.sched_setaffinity(0, {CLIENT_CORE})
    servers = {
        "bare view": Server("benchmarks.bare:application", DJANGO_SETTINGS_MODULE="benchmarks.bare"),
        "door": Server("config.asgi:application"),
        "door, no log": Server("config.asgi:application", EXCHANGE_DAYS="0"),
    }
    rounds = []
    try:
        for server in servers.values():
            load.run(server.port, pushes(500))
        for _round in range(ROUNDS):
            measured = {name: load.run(server.port, pushes(REQUESTS)) for name, server in servers.items()}
            assert not any(result.refused for result in measured.values()), "a push was refused"
            rounds.append(measured)
    finally:
        for server in servers.values():
            server.stop()
    print(f"{'':14}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}")
    for name in servers:
        results = [measured[name] for measured in rounds]
        figures = [statistics.median(getter(result) for result in results) for getter in
                   (lambda r: r.rate, lambda r: r.percentile(0.5), lambda r: r.percentile(0.99))]  # fmt: skip
        print(f"{name:14}{figures[0]:12,.0f}{figures[1]:9.2f}{figures[2]:9.2f}")
    _compare("door / bare view", rounds, "door", "bare view", "goal 0.50")
    _compare("with / without the exchange log", rounds, "door", "door, no log", "goal 0.90")


def _compare(words: str, rounds: list[dict[str, load.Result]], above: str, below: str, goal: str) -> None:
    ratios = [measured[above].rate / measured[below].rate for measured in rounds]
    said = ", ".join(f"{one:.2f}" for one in ratios)
    print(f"{words}: {statistics.median(ratios):.2f} (rounds: {said}; {goal})")
