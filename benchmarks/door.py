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
        serve = f"from config.web import main; main({application!r})"
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
    bare = Server("benchmarks.bare:application", DJANGO_SETTINGS_MODULE="benchmarks.bare")
    door = Server("config.asgi:application")
    rows, ratios = [], []
    try:
        for server in (bare, door):
            load.run(server.port, pushes(500))
        for _round in range(ROUNDS):
            measured = [load.run(server.port, pushes(REQUESTS)) for server in (bare, door)]
            assert not any(result.refused for result in measured), "a push was refused"
            ratios.append(measured[1].rate / measured[0].rate)
            rows.append(measured)
    finally:
        bare.stop()
        door.stop()
    print(f"{'':12}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}")
    for name, column in (("bare view", 0), ("door", 1)):
        results = [row[column] for row in rows]
        figures = [statistics.median(getter(result) for result in results) for getter in
                   (lambda r: r.rate, lambda r: r.percentile(0.5), lambda r: r.percentile(0.99))]  # fmt: skip
        print(f"{name:12}{figures[0]:12,.0f}{figures[1]:9.2f}{figures[2]:9.2f}")
    print(
        f"door / bare view: {statistics.median(ratios):.2f} (rounds: {', '.join(f'{one:.2f}' for one in ratios)}; goal 0.50)"
    )
