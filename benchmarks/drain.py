"""The drain: 5,000 waiting events of 500 customers through filters, bots, apply and outbox, in one process.

The platforms answer at once inside the process: what is measured is the product, not the network.
"""

from __future__ import annotations

import time
from typing import Any

from bridge import http, worker
from bridge.inbox import storing
from bridge.models import Delivery, InboundEvent
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.lanes import lane_of_customer
from seats.models import Seat

LANES, EVENTS = 500, 5000


def _answer(url: str, params: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    if url.endswith("stable_token"):
        return {"access_token": "bench", "expires_in": 7200}
    return {"errcode": 0, "ErrorCode": 0, "ActionStatus": "OK"}


def _fill(account: WeChatAccount) -> None:
    for number in range(EVENTS):
        openid = f"oDrainCustomer{number % LANES:014d}"
        xml = (
            f"<xml><ToUserName>gh_bench</ToUserName><FromUserName>{openid}</FromUserName><CreateTime>1</CreateTime>"
            f"<MsgType>text</MsgType><Content>第 {number} 条</Content><MsgId>{number}</MsgId></xml>"
        )
        lane = lane_of_customer(account.pk, openid)
        storing.store(storing.NewEvent(lane, "wechat", account.pk, "text", f"drain:{number}", xml))


def measure() -> None:
    """Print messages per second."""
    InboundEvent.objects.all().delete()
    account = WeChatAccount.objects.get()
    Seat.objects.update(online=True, capacity=LANES)
    http.post_json = _answer
    http.get_json = lambda url, params: {"errcode": 0, "subscribe": 1}
    _fill(account)
    began = time.perf_counter()
    worker.work_all()
    seconds = time.perf_counter() - began
    sent = Delivery.objects.filter(state=Delivery.State.DONE).count()
    assert sent == EVENTS, f"{sent} of {EVENTS} were delivered"
    print(
        f"drain: {EVENTS:,} events over {LANES} lanes in {seconds:.1f} s: {EVENTS / seconds:,.0f} messages/s, one process"
    )
