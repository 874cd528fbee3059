"""Search in what was said: how long a search takes among so many messages, and what the index costs a message.

Messages are sentences of words that are common, rare and unique, 20 to a conversation; the number is an option of
`python -m benchmarks.run search`. A search that fits nearly everything is the worst case, as the newest of it are looked at.
"""

from __future__ import annotations

import random
import statistics
import time
from typing import Any

from django.db import connection

from analytics.demo.writer import Table
from bridge.base import clock
from bridge.conversation import search
from bridge.models import Conversation, Customer, Message, SearchText
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.grams import indexed

MESSAGES = 200_000
TO_A_CONVERSATION = 20
BATCH = 20_000
COMMON = (
    *("你好", "请问", "订单", "发货", "退款", "什么时候", "可以", "谢谢", "收到", "地址"),
    *("尺码", "红色", "蓝色", "快递", "客服", "麻烦", "帮我", "看一下", "已经", "还没有"),
)
RARE = ("琥珀", "青花", "榫卯", "鎏金", "缂丝", "螺钿", "珐琅", "掐丝", "剔红", "点翠")
ROUNDS = 7


def measure(count: int) -> None:
    """Fill tables with `count` messages, and print what is measured."""
    print(f"\nSearch among {count:,} messages ({connection.vendor})")
    without, with_index = _fill(count)
    print(
        f"  a message written in bulk: {without * 1e6:.0f} µs, its words in the index: {with_index * 1e6:.0f} µs more"
    )
    rows = Conversation.objects.all()
    last = Message.objects.latest("pk").preview.split("，")[-1]
    for what, text in (("one order's number", last), ("a rare word", RARE[0]), ("two words", "退款 榫卯"),
                       ("a word of every fifth message", "退款"), ("nothing fits", "不存在的词语")):  # fmt: skip
        times = [_timed(rows, text) for _round in range(ROUNDS)]
        found = len(search.found(rows, text, 60))
        print(
            f"  {what}: {statistics.median(times) * 1000:.0f} ms (at most {max(times) * 1000:.0f}), {found:,} conversations"
        )


def _timed(rows: Any, text: str) -> float:
    began = time.perf_counter()
    search.found(rows, text, 60)
    return time.perf_counter() - began


def _fill(count: int) -> tuple[float, float]:
    """Return the seconds that a message took, and its row in the index."""
    account = WeChatAccount.objects.create(
        slug="search", name="search", app_id="search", app_secret="bench", token="bench", encryption="plain"
    )
    now, hand = clock.now(), random.Random(1)
    customers = Table(Customer, "account_id", "openid", "im_id", "created_at")
    talks = Table(Conversation, "customer_id", "status", "opened_at")
    messages = Table(Message, "conversation_id", "side", "content", "preview", "relayed", "created_at")
    words = Table(SearchText, "conversation_id", "message_id", "words")
    spent = [0.0, 0.0]
    for number in range(count):
        if number % TO_A_CONVERSATION == 0:
            customer = customers.add(account.pk, f"oSearchBench{number:016d}", f"wxsearch_{number:x}", str(now)[:19])
            talk = talks.add(customer, "closed", str(now)[:19])
        text = "".join(
            [*hand.sample(COMMON, 4), *hand.choices(RARE, k=hand.random() < 0.001), f"，{20260000000000 + number}"]
        )
        words.add(
            talk,
            messages.add(talk, "customer", '{"type": "Text", "text": ""}', text, True, str(now)[:19]),
            indexed(text),
        )
        if number % BATCH == BATCH - 1 or number == count - 1:
            for table, place in ((customers, 0), (talks, 0), (messages, 0), (words, 1)):
                began = time.perf_counter()
                table.flush()
                spent[place] += time.perf_counter() - began
    return spent[0] / count, spent[1] / count
