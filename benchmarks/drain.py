"""The drain: waiting messages of customers who have a seat, through filters, bots, apply and outbox, in one process.

The platforms answer at once inside the process: what is measured is the product, not the network. A bare loop of SQL does the
same work in turns with it (A B A B), so that what else the machine does meanwhile meets both.
"""

from __future__ import annotations

import itertools
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection

from benchmarks import bare_loop
from bridge import http, tasks
from bridge.base import clock
from bridge.inbox import storing
from bridge.live import endpoints
from bridge.models import Conversation, Customer, Delivery, InboundEvent, Lane
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat.models import WeChatAccount
from bridge.values.lanes import lane_of_customer
from seats.models import Assignment, Seat

SHAPES = ((100, 10), (1000, 1))  # lanes, and the messages that wait in each
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
_numbers, _floors = itertools.count(1), itertools.count(1)


@dataclass(frozen=True)
class Drained:
    """What one run took. `commits` are those that wrote something."""

    rate: float
    cpu_ms: float
    statements: float
    commits: float


def _answer(url: str, params: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    if url.endswith("stable_token"):
        return {"access_token": "bench", "expires_in": 7200}
    return {"errcode": 0, "ErrorCode": 0, "ActionStatus": "OK"}


class Floor:
    """Customers who all have a seat: each lane's open conversation, by the lane."""

    def __init__(self, lanes: int) -> None:
        self.account, now = WeChatAccount.objects.get(slug="bench"), clock.now()
        seat = Seat.objects.get(user__username="bench")
        floor = next(_floors)
        openids = [f"oDrain{floor:06d}Customer{number:08d}" for number in range(lanes)]
        customers = [
            Customer(account=self.account, openid=openid, im_id=lane_of_customer(self.account.pk, openid), created_at=now)
            for openid in openids
        ]  # fmt: skip
        for one in customers:
            one.profile_at, one.im_shown = now, f"{one.im_nick}\n"
        Customer.objects.bulk_create(customers)
        open_ = [
            Conversation(customer=one, open_for=one, status="assigned", mode="send", group="sales", opened_at=now)
            for one in customers
        ]
        Conversation.objects.bulk_create(open_)
        Assignment.objects.bulk_create(
            Assignment(conversation=one, active_for=one, seat=seat, assigned_at=now) for one in open_
        )
        Lane.objects.bulk_create(Lane(key=one.im_id) for one in customers)
        self.lanes = {one.customer.im_id: one.pk for one in open_}
        self.openids = dict(zip(self.lanes, openids, strict=True))

    def fill(self, each: int) -> None:
        """Let every customer write `each` messages, all of them in turns."""
        storing.store_many([self._event(lane) for _turn in range(each) for lane in self.lanes])

    def _event(self, lane: str) -> storing.NewEvent:
        number = next(_numbers)
        xml = (
            f"<xml><ToUserName>gh_bench</ToUserName><FromUserName>{self.openids[lane]}</FromUserName><CreateTime>1</CreateTime>"
            f"<MsgType>text</MsgType><Content>第 {number} 条，请问有货吗？</Content><MsgId>{number}</MsgId></xml>"
        )
        return storing.NewEvent(lane, "wechat", self.account.pk, "text", f"drain:{number}", xml)


def _session() -> dict[str, int]:
    """Return how much this connection has asked the server for so far."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS WHERE Variable_name LIKE 'Com\\_%' OR Variable_name = 'Handler_commit'")
        return {name: int(value) for name, value in cursor.fetchall() if value.isdigit()}


def run(work: Callable[[], object], messages: int) -> Drained:
    """Let `work` drain the messages; return what that took."""
    before, spent, began = _session(), time.process_time(), time.perf_counter()
    work()
    seconds, cpu, after = time.perf_counter() - began, time.process_time() - spent, _session()
    asked = sum(after[f"Com_{verb}"] - before[f"Com_{verb}"] for verb in ("select", "insert", "update", "delete"))
    commits = after["Com_commit"] - before["Com_commit"]
    assert not InboundEvent.objects.filter(state=InboundEvent.State.NEW).exists()
    assert Delivery.objects.filter(state=Delivery.State.DONE).count() == Delivery.objects.count()
    return Drained(messages / seconds, cpu / messages * 1000, asked / messages, commits / messages)


def _median(runs: list[Drained]) -> Drained:
    columns = zip(*(asdict(run).values() for run in runs), strict=True)
    return Drained(*(round(statistics.median(column), 3) for column in columns))


def make_room() -> None:
    """Let the seat have room for all; how fast Tencent IM lets us send is not what is measured either."""
    Seat.objects.filter(user__username="bench").update(online=True, capacity=1_000_000)
    TencentIMApp.objects.update(rate_limit=1_000_000)
    endpoints.forget()


@contextmanager
def answered() -> Iterator[None]:
    """Let the platforms answer at once inside this process, as often as it likes, and seats have room for all."""
    make_room()
    before = http.post_json, http.get_json
    http.post_json, http.get_json = _answer, lambda url, params: {"errcode": 0, "subscribe": 1}
    try:
        yield
    finally:
        http.post_json, http.get_json = before


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process on one core: what else it can do at once is not what is measured."""
    os.sched_setaffinity(0, {0})
    try:
        yield
    finally:
        os.sched_setaffinity(0, range(os.cpu_count() or 1))


def measure() -> dict[str, Any]:
    """Print messages per second of both, and their ratio; return the figures."""
    with answered(), one_core():
        return _measure()


def _measure() -> dict[str, Any]:
    found, endpoint = {}, TencentIMApp.objects.get().pk
    for lanes, each in SHAPES:
        floor, ours, bare = Floor(lanes), list[Drained](), list[Drained]()
        for turn in range(ROUNDS + 1):
            floor.fill(each)
            first = run(tasks.process_lanes, lanes * each)
            floor.fill(each)
            second = run(lambda floor=floor: bare_loop.drain(floor.lanes, floor.account.pk, endpoint), lanes * each)
            if turn:  # the first one warms both up
                ours.append(first)
                bare.append(second)
        found[f"{lanes}x{each}"] = _told(lanes, each, _median(ours), _median(bare))
    return found


def _told(lanes: int, each: int, ours: Drained, bare: Drained) -> dict[str, Any]:
    ratio = round(ours.rate / bare.rate, 3)
    print(
        f"drain: {lanes:,} lanes with {each}: {ours.rate:,.0f} messages/s, bare loop {bare.rate:,.0f}: {ratio:.2f} x; a message: "
        f"{ours.cpu_ms:.2f} ms of processor (bare {bare.cpu_ms:.2f}), {ours.statements:.1f} statements and {ours.commits:.2f} "
        f"transactions (bare {bare.statements:.1f} and {bare.commits:.2f})"
    )
    return {"ours": asdict(ours), "bare": asdict(bare), "ratio": ratio}
