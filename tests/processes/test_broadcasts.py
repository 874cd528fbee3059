"""Two broadcasts at once through real workers: each customer gets each once or is counted as refused, and the counts agree."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.stack import Stack
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.workers, pytest.mark.timeout(240)]
MANY, SHORT = 24, 8
BEGIN = f"""
from bridge.base import clock
from bridge.models import Broadcast, Customer
from bridge.outbox import broadcasts
from bridge.platforms.wechat.models import WeChatAccount
Customer.objects.update(subscribed=True)
for one in Customer.objects.order_by("pk")[:{SHORT}]:
    Customer.objects.filter(pk=one.pk).update(window_left=2)
for text in ("notice one", "notice two"):
    made = Broadcast.objects.create(account=WeChatAccount.objects.get(), text=text)
    broadcasts.begin(made, clock.now())
"""
LOOK = """
import json
from bridge.models import Broadcast
print("found", json.dumps([[one.state, one.sent, one.refused, list(one.refusals)] for one in Broadcast.objects.order_by("pk")]))
"""


def test_counts_agree_with_what_customers_read():
    with Stack({"alice": MANY}, workers=4) as stack:
        for number in range(MANY):
            stack.player.post("customer", account="shop", openid=f"oBroadcastCustomer{number:010}", text="hello")
        wait_until(lambda: len(read(stack, "im", "hello")) == MANY)
        stack.manage("shell", "-v0", "-c", BEGIN)
        wait_until(lambda: len(read(stack, "phone", "notice")) + refused(look(stack)) == 2 * MANY)
        wait_until(lambda: all(one[0] == "done" for one in look(stack)))
        rows, texts = look(stack), read(stack, "phone", "notice")
        assert sum(one[1] for one in rows) == len(texts) == 2 * MANY - SHORT, rows
        assert refused(rows) == SHORT
        assert {why for one in rows for why in one[3]} == {"notice"}
        assert len(set(texts)) == len(texts), "nobody got one twice"


def look(stack: Stack) -> list[Any]:
    return json.loads(stack.manage("shell", "-v0", "-c", LOOK).split("found")[-1])


def refused(rows: list[Any]) -> int:
    return sum(one[2] for one in rows)


def read(stack: Stack, side: str, words: str) -> list[tuple[str, str]]:
    """Return whom texts that begin so have reached, with the texts: customers by their phones, else seats."""
    rows = [one for one in stack.entries() if one["side"] == side and not one["mine"]]
    return [(one.get("openid") or one["peer"], one["text"]) for one in rows if one["text"].startswith(words)]
