"""The sandbox's list of odd messages, each through real processes: what the other side reads. docs/odd-input.md."""

from __future__ import annotations

import json
import urllib.request

import pytest

from sandbox import odd
from tests.support.stack import Stack
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.workers, pytest.mark.once, pytest.mark.timeout(300)]
MAP = "https://apis.map.qq.com/uri/v1/marker"

# What the seat reads of each odd message of a customer.
FROM_CUSTOMER = {
    "control": ["请看订单 谢谢"],
    "escape": ["[31m红色[0m"],
    "nul": ["前后"],
    "cdata": ["报错内容 <xml><status><![CDATA[ok]]></status></xml> 怎么办"],
    "cdata_end": ["数组写法 a[b[1]]>2 对吗"],
    "fields": ["x]]></Content><MsgId>1</MsgId><bizmsgmenuid>101</bizmsgmenuid><Content><![CDATA[y"],
    "markup": ["a < b && c > d <br> &#27; &lt; &#xD83D;"],
    "half_emoji": ["好的\ufffd"],
    "half_character": ["你\ufffd"],
    "noncharacter": ["甲乙"],
    "line_ends": ["第一行\n第二行\n第三行"],
    "blank": ["[空消息]"],
    "same_id": ["同一个 MsgId"],
    "label": ["人民广\ufffd"],
    "title": ["[链接] a]]>b\nhttps://example.com/"],
    "barcode": ["[点了菜单] scan 6901234567892"],
    "qrcode": ["[点了菜单] scan https://example.com/?a=]]>"],
    "lower_case": ["[点了菜单] SERVICE"],
    "paid": [],
    "device": [],
    "unreadable": [],
}
# What the customer reads of each odd message of a seat, and whether the seat is told something.
FROM_SEAT: dict[str, tuple[list[str], bool]] = {
    "vertical_tab": (["第一行\n第二行[0m完"], False),
    "half_emoji": (["好的\ufffd"], False),
    "forward": (["[聊天记录] 座席和客户的聊天记录\n客户: 想退货\n座席: 好的"], False),
    "quote": (["「还有货吗」\n有货的"], False),
    "text_and_custom": (["这是您的订单"], False),
    "custom": ([], True),
    "call": ([], True),
    "wrong_types": ([], True),
    "blank": ([], False),
}


@pytest.fixture(scope="module")
def stack():
    with Stack({"alice": 50}, workers=2, threads=2) as running:
        account = "from bridge.platforms.wechat.models import WeChatAccount as A; A.objects.update(opening_keys='*')"
        running.manage("shell", "-v0", "-c", account)
        seat = "from seats.models import Seat; print(Seat.objects.get().online)"
        wait_until(lambda: "True" in running.manage("shell", "-v0", "-c", seat))
        wait_until(lambda: _is_tapped(running), pause=0.5)
        yield running


def _is_tapped(stack: Stack) -> bool:
    """Let somebody else tap; tell whether the seat reads it: processes know what is new of an account after two seconds."""
    stack.player.post("odd", account="shop", openid="oOddCustomer0000000000000000", name="lower_case")
    return any(row["side"] == "im" and row["text"] == "[点了菜单] SERVICE" for row in stack.entries())


class Talk:
    """A customer and the seat who has them."""

    def __init__(self, stack: Stack, openid: str) -> None:
        self.stack, self.openid = stack, openid
        self.customer("hello " + openid[-4:])
        self.entry = stack.player.wait_for("hello " + openid[-4:], "im", 60)

    def customer(self, text: str) -> None:
        self.stack.player.post("customer", account="shop", openid=self.openid, text=text)

    def seat(self, text: str) -> None:
        self.stack.player.post("seat", seat=self.entry["seat"], to=self.entry["peer"], text=text)

    def told(self, text: str) -> int:
        """Return how much the seat has read once the customer's `text` is there too: all notices before it are."""
        self.customer(text)
        self.stack.player.wait_for(text, "im", 30)
        return len(self.read("im"))

    def read(self, side: str) -> list[str]:
        mine = {"im": ("peer", self.entry["peer"]), "phone": ("openid", self.openid)}[side]
        rows = [row for row in self.stack.entries() if row["side"] == side and row[mine[0]] == mine[1]]
        return [_words(row) for row in rows if not row["mine"]]


def _words(row) -> str:
    return json.loads(row["text"])["Desc"] if row["kind"] == "TIMLocationElem" else row["text"]


@pytest.fixture(scope="module")
def talk(stack):
    return Talk(stack, "oOddCustomer0000000000000001")


@pytest.mark.parametrize("name", odd.CUSTOMER)
def test_what_the_seat_reads(stack, talk, name):
    before = len(talk.read("im"))
    stack.player.post("odd", account="shop", openid=talk.openid, name=name)
    talk.customer(f"after {name}")
    stack.player.wait_for(f"after {name}", "im", 30)
    assert talk.read("im")[before:] == [*FROM_CUSTOMER[name], f"after {name}"]
    mine = [row for row in stack.entries() if row["openid"] == talk.openid and row["mine"]]
    assert {row["state"] for row in mine} == {"acked"}


def test_the_same_id_reached_the_seat_from_both_customers(stack):
    from tests.bridge.platforms.wechat.test_odd_words import OPENID

    one = Talk(stack, OPENID)
    stack.player.post("odd", account="shop", openid=one.openid, name="same_id")

    def readers() -> set[str]:
        rows = [row for row in stack.entries() if row["side"] == "im" and row["text"] == "同一个 MsgId"]
        return {row["peer"].split(".", 1)[1] for row in rows}

    wait_until(lambda: {one.openid, one.openid[::-1]} <= readers(), said=readers)


def test_what_could_not_be_read_waits_for_somebody(stack, talk):
    counts = "from bridge.models import InboundEvent as E; print(sorted(E.objects.filter(state=3).values_list('kind', flat=True)))"
    assert stack.manage("shell", "-v0", "-c", counts).strip() == "['unreadable']"


@pytest.mark.parametrize("name", odd.SEAT)
def test_what_the_customer_reads(stack, talk, name):
    before, told = len(talk.read("phone")), talk.told(f"told before {name}")
    stack.player.post("odd", seat=talk.entry["seat"], to=talk.entry["peer"], name=name)
    talk.seat(f"after {name}")
    stack.player.wait_for(f"after {name}", "phone", 30)
    expected, is_told = FROM_SEAT[name]
    assert talk.read("phone")[before:] == [*expected, f"after {name}"]
    assert (talk.told(f"told after {name}") > told + 1) == is_told


def test_both_tables_are_whole(stack):
    assert (set(FROM_CUSTOMER), set(FROM_SEAT)) == (set(odd.CUSTOMER), set(odd.SEAT))
    with urllib.request.urlopen(f"{stack.sandbox}/play/odd", timeout=10) as reply:
        listed = json.load(reply)
    assert (set(listed["customer"]), set(listed["seat"])) == (set(FROM_CUSTOMER), set(FROM_SEAT))
