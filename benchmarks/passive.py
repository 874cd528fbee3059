"""How long WeChat waits for its acknowledgement with passive replies off and on: two sites side by side, push by push."""

from __future__ import annotations

import http.client
import os
import secrets
import statistics
import time

from benchmarks.door import encrypted
from tests.support.stack import Stack

APP_ID, TOKEN = "wx1234567890", "wx-token"
PUSHES = int(os.environ.get("BENCH_PASSIVE", "150"))


def push(site: Stack, openid: str) -> tuple[float, bool]:
    """Push a text; return the milliseconds to the answer, and whether the answer says something."""
    xml = (
        f"<xml><ToUserName><![CDATA[gh_bench]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好]]></Content>"
        f"<MsgId>{secrets.randbits(60)}</MsgId></xml>"
    )
    query, body = encrypted(xml, APP_ID, TOKEN)
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    began = time.perf_counter()
    connection.request("POST", f"/callbacks/wechat/shop/?{query}", body)
    answer = connection.getresponse().read()
    took = (time.perf_counter() - began) * 1000
    connection.close()
    return took, answer != b"success"


def measure() -> None:
    """Print the median and the 95th percentile of both, for pushes that bring a notice and for those that bring none."""
    with (
        Stack({"alice": 2}, workers=1, threads=4) as off,
        Stack({"alice": 2}, workers=1, threads=4, PASSIVE_REPLY_SECONDS="1") as on,
    ):
        talking = f"oBenchTalking{secrets.token_hex(6)}"
        for site in (off, on):
            for number in range(2):  # the seat is full after these: whoever comes next waits in line
                push(site, f"{talking}{number}")
        time.sleep(2)
        print(f"\nPassive replies off | on (up to 1 s), {PUSHES} pushes each, ms to the acknowledgement")
        for name, fresh in (("brings no notice", False), ("brings a notice", True)):
            times: dict[str, list[float]] = {"off": [], "on": []}
            said = 0
            for _number in range(PUSHES):
                openid = f"oBenchWaiting{secrets.token_hex(7)}" if fresh else f"{talking}0"
                for key, site in (("off", off), ("on", on)):
                    took, spoke = push(site, openid)
                    times[key].append(took)
                    said += spoke
            print(
                f"{name:18}"
                + " | ".join(_figures(times[key]) for key in ("off", "on"))
                + f" | answered {said}/{PUSHES}"
            )


def _figures(times: list[float]) -> str:
    ordered = sorted(times)
    return f"median {statistics.median(ordered):6.1f}, p95 {ordered[int(len(ordered) * 0.95)]:6.1f}"
