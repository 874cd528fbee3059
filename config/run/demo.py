"""The demo site: two accounts, two groups, three seats, all on the sandbox; and a first message each way."""

from __future__ import annotations

import json
import secrets
import string
import time
import tomllib
import urllib.request
from pathlib import Path
from typing import Any

from config.run import embedded

TEMPLATE = """# The demo site. Its platforms are the sandbox; delete this file and the database to begin anew.
[tencent_im]
sdk_app_id = 1400000001
secret_key = "{im_key}"
callback_token = "{im_token}"
api_base = "{sandbox}/im"

[[tag]]
name = "VIP"
of = "customer"
priority = 10

[[tag]]
name = "退款"

[[group]]
slug = "sales"
name = "销售"
supervisors = ["carol"]

[[group]]
slug = "care"
name = "售后"

[[wechat_account]]
slug = "shop"
name = "旗舰店"
app_id = "wxdemo{id1}"
app_secret = "{secret1}"
token = "{token1}"
encoding_aes_key = "{aes1}"
api_base = "{sandbox}/wechat"
group = "sales"

[[wechat_account]]
slug = "service"
name = "会员服务号"
app_id = "wxdemo{id2}"
app_secret = "{secret2}"
token = "{token2}"
encoding_aes_key = "{aes2}"
api_base = "{sandbox}/wechat"
group = "care"
first_mode = "faq"

[[seat]]
username = "alice"
password = "{seat_password}"
groups = ["sales"]
capacity = 5

[[seat]]
username = "bob"
password = "{seat_password}"
groups = ["sales", "care"]
capacity = 3

[[seat]]
username = "carol"
password = "{seat_password}"
groups = ["care"]
capacity = 2
weight = 2
"""
FAQ = [
    ("营业 时间 几点 hours open", "营业时间：每天 9:00-21:00。"),
    ("退货 退款 return refund", "七天内可无理由退货，请在订单页点「申请售后」。需要人工请直接说明情况。"),
]
OPENID = "oDemoCustomer00000000000xia0"


def _word(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


def site_file(data_dir: Path, sandbox: str) -> Path:
    """Return the demo's provision file, made at the first start with secrets of its own."""
    path = data_dir / "demo.toml"
    values = {name: _word(32) for name in ("im_key", "im_token", "secret1", "secret2", "token1", "token2")}
    values |= {name: _word(43) for name in ("aes1", "aes2")} | {name: secrets.token_hex(6) for name in ("id1", "id2")}
    values["seat_password"] = _word(12)
    text = embedded.private_file(path, TEMPLATE.format(sandbox=sandbox, **values))
    # The sandbox may have moved to another port since.
    moved = [
        f'api_base = "{sandbox}/{line.rsplit("/", 1)[1]}' if line.startswith("api_base") else line
        for line in text.splitlines()
    ]
    path.write_text("\n".join(moved) + "\n")
    return path


def im_is_real() -> bool:
    """Tell whether the Tencent IM app is Tencent's own and not the sandbox's."""
    from bridge.platforms.checks import is_loopback
    from bridge.platforms.tencent_im.models import TencentIMApp

    return any(not is_loopback(app.address) for app in TencentIMApp.objects.all())


def any_is_real() -> bool:
    """Tell whether the app or an account is on a real platform."""
    from bridge.platforms.checks import is_loopback
    from bridge.platforms.wechat.models import WeChatAccount

    bases = WeChatAccount.objects.values_list("api_base", flat=True)
    return im_is_real() or any(not is_loopback(base) for base in bases)


def seat_password(path: Path) -> str:
    """Return the password with which the demo's seats open their desks; "" in a file of before there were desks."""
    seats = tomllib.loads(path.read_text("utf-8")).get("seat", [])
    return str(seats[0].get("password", "")) if seats else ""


def add_faq() -> None:
    """Give the second account's FAQ bot something to answer, where the table is empty."""
    from bridge.models import AutoAnswer
    from chatbots.models import FaqEntry

    if not FaqEntry.objects.exists():
        FaqEntry.objects.bulk_create(FaqEntry(keywords=words, answer=AutoAnswer.of(answer)) for words, answer in FAQ)


TEMPLATES = [
    {
        "template_id": "demo-answered", "title": "客服回复提醒",
        "content": "回复内容：{{thing1.DATA}}\n客服：{{thing2.DATA}}\n回复时间：{{time3.DATA}}",
    },
    {
        "template_id": "demo-progress", "title": "服务进度提醒", "kind": "subscription",
        "content": "服务事项：{{thing1.DATA}}\n状态：{{phrase2.DATA}}\n时间：{{time3.DATA}}",
    },
]  # fmt: skip

# What somebody has set up in the consoles, to be taken over: as WeChat's two calls answer it.
CONSOLE: dict[str, Any] = {
    "menu": {"is_menu_open": 1, "selfmenu_info": {"button": [
        {"name": "服务", "sub_button": {"list": [
            {"type": "text", "name": "营业时间", "value": "每天 9:00-21:00"},
            {"type": "view", "name": "门店地址", "url": "https://example.com/stores"},
        ]}},
        {"type": "view", "name": "商城", "url": "https://example.com/shop"},
    ]}},
    "replies": {
        "is_add_friend_reply_open": 1, "is_autoreply_open": 1,
        "add_friend_autoreply_info": {"type": "text", "content": "感谢关注，需要帮助请直接发消息。"},
        "keyword_autoreply_info": {"list": [{
            "rule_name": "发票", "reply_mode": "reply_all",
            "keyword_list_info": [{"type": "text", "match_mode": "contain", "content": "发票"}],
            "reply_list_info": [{"type": "text", "content": "请在订单页点“申请开票”，24 小时内发到您的邮箱。"}],
        }]},
    },
}  # fmt: skip


class Player:
    """Plays a customer and a seat through the sandbox's page API."""

    def __init__(self, sandbox: str) -> None:
        self.sandbox = sandbox

    def post(self, path: str, /, **data: Any) -> None:
        body = json.dumps(data).encode()
        request = urllib.request.Request(f"{self.sandbox}/play/{path}", body, {"Content-Type": "application/json"})  # noqa: S310
        urllib.request.urlopen(request, timeout=10).read()  # noqa: S310

    def wait_for(self, text: str, side: str, seconds: float = 20.0) -> dict[str, Any]:
        """Return the message with this text once it is on the screen of `side`. TimeoutError where it is not."""
        deadline, after = time.monotonic() + seconds, 0
        while (left := deadline - time.monotonic()) > 0:
            address = f"{self.sandbox}/play/state?after={after}&wait={min(left, 5):.1f}"
            with urllib.request.urlopen(address, timeout=30) as reply:  # noqa: S310
                entries = json.load(reply)["entries"]
            for entry in entries:
                after = max(after, entry["number"])
                if entry["side"] == side and not entry["mine"] and entry["text"] == text:
                    return entry
        raise TimeoutError(text)

    def log_in(self, seats: list[str]) -> None:
        for seat in seats:
            self.post("presence", seat=seat, online=True)

    def fill_consoles(self, accounts: list[str]) -> None:
        """Let the console of the accounts hold templates to fetch, a menu and replies to take over."""
        for account in accounts:
            self.post("console", account=account, templates=TEMPLATES, **CONSOLE)

    def round_trip(self) -> tuple[float, float]:
        """Send one message each way; return how long each took, in seconds."""
        stamp = time.strftime("%H:%M:%S")
        hello, answer = f"你好，在吗？（{stamp}）", f"在的，请讲。（{stamp}）"
        began = time.perf_counter()
        self.post("customer", account="shop", openid=OPENID, text=hello)
        came = self.wait_for(hello, "im")
        there = time.perf_counter() - began
        began = time.perf_counter()
        self.post("seat", seat=came["seat"], to=came["peer"], text=answer)
        self.wait_for(answer, "phone")
        return there, time.perf_counter() - began
