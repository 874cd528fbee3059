"""How long WeChat waits for its acknowledgement with passive replies off and on: two sites side by side, push by push."""

from __future__ import annotations

import http.client
import os
import secrets
import statistics
import time
from typing import Any

from benchmarks.door import encrypted
from tests.support.stack import Stack

# As the account of a Stack has them.
APP_ID, TOKEN = "wx1234567890abcdef", "wxToken01"
PUSHES = int(os.environ.get("BENCH_PASSIVE", "150"))
KEYWORD = """
from bridge.models import AutoAnswer
from bridge.platforms.wechat.models import WeChatAccount
from chatbots.models import FaqEntry
account = WeChatAccount.objects.get()
account.bots = [{"name": "faq", "on": True}]
account.save()
FaqEntry.objects.create(keywords="营业", answer=AutoAnswer.of("9:00-18:00"))
"""


def push(site: Stack, openid: str, words: str) -> tuple[float, bool]:
    """Push a text; return the milliseconds to the answer, and whether the answer says something."""
    xml = (
        f"<xml><ToUserName><![CDATA[gh_bench]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{words}]]></Content>"
        f"<MsgId>{secrets.randbits(60)}</MsgId></xml>"
    )
    query, body = encrypted(xml, APP_ID, TOKEN)
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    began = time.perf_counter()
    connection.request("POST", f"/callbacks/wechat/shop/?{query}", body)
    response = connection.getresponse()
    answer = response.read()
    took = (time.perf_counter() - began) * 1000
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"the door answers {response.status}: {answer[:200]!r}")
    return took, answer != b"success"


def measure() -> dict[str, Any]:
    """Print and return the median and the 95th percentile of both, for pushes that bring an answer and for those that bring none."""
    with (
        Stack({"alice": 2}, workers=1, threads=4, alone=True, PASSIVE_REPLY_SECONDS="0") as off,
        Stack({"alice": 2}, workers=1, threads=4, alone=True) as on,
    ):
        talking = f"oBenchTalking{secrets.token_hex(6)}"
        for site in (off, on):
            site.manage("shell", "-c", KEYWORD)
            time.sleep(3)  # what is remembered of the account is read anew
            push(site, f"{talking}0", "你好")
        time.sleep(2)
        print(f"\nPassive replies off | on as by default, {PUSHES} pushes each, ms to the acknowledgement")
        found: dict[str, Any] = {}
        for name, fresh in (("brings no answer", False), ("a keyword", True)):
            times: dict[str, list[float]] = {"off": [], "on": []}
            said = 0
            for _number in range(PUSHES):
                openid = f"oBenchWaiting{secrets.token_hex(7)}" if fresh else f"{talking}0"
                for key, site in (("off", off), ("on", on)):
                    took, spoke = push(site, openid, "营业时间" if fresh else "你好")
                    times[key].append(took)
                    said += spoke and key == "on"
            print(
                f"{name:18}"
                + " | ".join(_figures(times[key]) for key in ("off", "on"))
                + f" | answered {said}/{PUSHES}"
            )
            found[name] = {key: _percentile(times[key]) for key in times} | {"answered": said}
        return found


def _percentile(times: list[float]) -> float:
    return round(sorted(times)[int(len(times) * 0.95)], 1)


def _figures(times: list[float]) -> str:
    return f"median {statistics.median(times):6.1f}, p95 {_percentile(times):6.1f}"
