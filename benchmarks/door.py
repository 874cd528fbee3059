"""The door on encrypted text pushes, against a bare Django view and other libraries' echoes, under one server on one core."""

from __future__ import annotations

import os
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from benchmarks import load
from bridge.platforms.wechat import crypto

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APP_ID, TOKEN = "wxbench0000000001", "bench-token"
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "4000"))
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
    """The site's web server with one process of 8 threads, pinned to one core; `core` None leaves it where it likes."""

    def __init__(self, application: str, core: int | None = CORE, **environment: str) -> None:
        self.port = load.free_port()
        cores = range(os.cpu_count() or 1) if core is None else [core]
        serve = (
            f"import os; os.sched_setaffinity(0, {list(cores)}); from config.run.web import main; main({application!r})"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", serve],
            env={**os.environ, "BIND": f"127.0.0.1:{self.port}", "WEB_WORKERS": "1", "WEB_THREADS": "8", **environment},
        )
        load.wait_for(self.port)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def bare_view(core: int | None = CORE) -> Server:
    """Start the bare view."""
    return Server("benchmarks.bare:application", core, DJANGO_SETTINGS_MODULE="benchmarks.bare_settings")


@contextmanager
def serving(servers: dict[str, Server]) -> Iterator[None]:
    """Warm the servers up, and measure from a core of its own; they are stopped afterwards."""
    os.sched_setaffinity(0, {CLIENT_CORE})
    try:
        for server in servers.values():
            load.run(server.port, pushes(500))
        yield
    finally:
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
        for server in servers.values():
            server.stop()


def in_turns(servers: dict[str, Server]) -> list[dict[str, load.Result]]:
    """Return what each round has measured of each of the servers."""
    rounds = []
    for _round in range(ROUNDS):
        measured = {name: load.run(server.port, pushes(REQUESTS)) for name, server in servers.items()}
        assert not any(result.refused for result in measured.values()), "a push was refused"
        rounds.append(measured)
    return rounds


def measure() -> dict[str, Any]:
    """Print requests/s and p99 of all, round by round in turn, and the median ratios; return the figures."""
    servers = {
        "bare view": bare_view(),
        "door": Server("config.asgi:application"),
        "door, no log": Server("config.asgi:application", EXCHANGE_DAYS="0"),
        "WeRoBot": Server("benchmarks.echoes:werobot"),
        "wechatpy, Flask": Server("benchmarks.echoes:flask"),
    }
    with serving(servers):
        rounds = in_turns(servers)
    print(f"{'':16}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}")
    rates = {}
    for name in servers:
        results = [measured[name] for measured in rounds]
        figures = [statistics.median(getter(result) for result in results) for getter in
                   (lambda r: r.rate, lambda r: r.percentile(0.5), lambda r: r.percentile(0.99))]  # fmt: skip
        rates[name] = round(figures[0])
        print(f"{name:16}{figures[0]:12,.0f}{figures[1]:9.2f}{figures[2]:9.2f}")
    return {
        "rates": rates,
        "bare": compare("door / bare view", rounds, "door", "bare view"),
        "log": compare("with / without the exchange log", rounds, "door", "door, no log"),
        "werobot": compare("door / WeRoBot's echo", rounds, "door", "WeRoBot"),
        "flask": compare("door / wechatpy and Flask's echo", rounds, "door", "wechatpy, Flask"),
    }


def compare(words: str, rounds: list[dict[str, load.Result]], above: str, below: str) -> float:
    """Print the ratios of the rates; return the median."""
    ratios = [measured[above].rate / measured[below].rate for measured in rounds]
    said = ", ".join(f"{one:.2f}" for one in ratios)
    print(f"{words}: {statistics.median(ratios):.2f} (rounds: {said})")
    return round(statistics.median(ratios), 3)
