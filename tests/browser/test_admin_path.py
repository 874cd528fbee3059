"""An administrator who has docs/connect.zh-CN.md alone connects a site: the pages that it names, in its order, by their words.

The sandbox stands in the consoles' place: it has an IM app and an account, and is told the keys that are made here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.browser.test_admin_live import Chief
from tests.support import stack as sites
from tests.support.chromium import ONCE_IN_CHROMIUM
from tests.support.stack import BASE, Stack

pytestmark = ONCE_IN_CHROMIUM
IM_KEY = "0123456789abcdef" * 4  # as long as Tencent's
OPENID = "oAdminPathCustomer0000000001"
# As after `createsuperuser` on a server: nobody is there but its administrator.
BEGIN = """
from django.contrib.auth.models import User
from bridge.models import Account
from bridge.platforms.tencent_im.models import TencentIMApp
from bridge.platforms.wechat.models import WeChatAccount
from seats.models import Seat, SeatGroup
for model in (WeChatAccount, TencentIMApp, Seat, SeatGroup, User):
    model.objects.all().delete()
User.objects.create_superuser("chief", password="chief-password-1", first_name="管理员")
"""
STEPS = (BASE / "docs/connect.zh-CN.md").read_text().split("## 顺序")[1].split("\n## ")[0]
WAYS = re.findall(r"^\d\. \*\*.*?\*\*.*?\*(.+?)\*", STEPS, re.M)[:4]


@pytest.fixture(scope="module")
def stack():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sites, "SITE", sites.SITE.replace("im-secret", IM_KEY))
        yield from _empty_site()


def _empty_site() -> Iterator[Stack]:
    with Stack({"alice": 5}, workers=2, threads=2, static=True, SANDBOX_WINDOW_COUNT="5") as running:
        running.manage("shell", "-v0", "-c", BEGIN)
        yield running


class Newcomer(Chief):
    """An administrator who clicks what the docs name, and fills in what has the label that they name."""

    def opens(self, way: str) -> None:
        """Go a way as the docs print it, such as 座席与排队 → 座席组 → 新建座席组."""
        _section, title, button = way.split(" → ")
        self.go("/admin/")
        with self.page.expect_navigation():
            self.page.locator("#nav-sidebar a").filter(has_text=re.compile(rf"\s{title}\s*$")).click()
        self.follow(f"a[title='{button}']")

    def fills(self, **fields: str) -> None:
        """Fill in fields by their labels; a field of choices takes what is chosen."""
        for label, value in fields.items():
            field = self.page.get_by_label(re.compile(rf"^\s*{label}\s*\*?\s*$"), exact=True).first
            if field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(label=value)
            else:
                field.fill(value)

    def saves(self) -> None:
        with self.page.expect_navigation():
            self.page.click("[name=_save]")
        assert self.page.locator(".errornote").count() == 0, self.text()[:3000]

    def checks(self) -> str:
        """Press the button that checks; return what the page says then."""
        self.page.click("button[name=check]")
        self.page.wait_for_selector(".checks")
        return self.page.inner_text("#content")


@pytest.fixture
def newcomer(browser, stack):
    one = Newcomer(browser, stack)
    yield one
    assert one.problems == []


def test_the_docs_alone_connect_im_and_an_account(stack, newcomer):
    group, seat, im_app, account = WAYS
    _makes_a_group_and_a_seat(newcomer, group, seat)
    _connects_im(stack, newcomer, im_app)
    _connects_the_account(stack, newcomer, account)
    _a_customer_reaches_the_seat(stack, newcomer)


def _makes_a_group_and_a_seat(newcomer: Newcomer, group: str, seat: str) -> None:
    newcomer.opens(group)
    newcomer.fills(名称="销售", 标识="sales")
    newcomer.saves()
    newcomer.opens(seat)
    newcomer.fills(用户名="alice", 密码="alice-password-1", **{"IM 账号": "alice"}, 接待上限="5")
    assert newcomer.page.get_by_label("销售", exact=True).is_checked(), "the only group there is"
    newcomer.saves()


def _connects_im(stack: Stack, newcomer: Newcomer, way: str) -> None:
    newcomer.opens(way)
    newcomer.fills(
        SDKAppID="1400000001", 密钥=IM_KEY, 接口地址=f"{stack.sandbox}/im", **{"回调鉴权 Token": "callback-token"}
    )
    newcomer.saves()
    assert newcomer.page.url.endswith("/setup/")
    assert f"{stack.url}/callbacks/tencent-im/" in newcomer.text()
    assert "腾讯云 IM 接受了签名" in newcomer.checks()
    stack.player.log_in(["alice"])


def _connects_the_account(stack: Stack, newcomer: Newcomer, way: str) -> None:
    newcomer.opens(way)
    newcomer.fills(
        名称="旗舰店", 标识="shop", AppID="wx1234567890abcdef", AppSecret="wxSecret0123456789abcdef01234567",
        默认座席组="销售", 接口地址=f"{stack.sandbox}/wechat",
    )  # fmt: skip
    newcomer.saves()
    assert newcomer.page.url.endswith("/setup/")
    newcomer.page.click("[name=ask]")
    newcomer.page.click("[name=renew]")
    newcomer.page.wait_for_selector(".setup dl code")
    address, token, key = newcomer.page.locator(".setup dl code").all_inner_texts()
    assert address == f"{stack.url}/callbacks/wechat/shop/"
    stack.player.post("account", account="shop", token=token, encoding_aes_key=key)
    assert "的响应符合微信要求" in newcomer.checks()


def _a_customer_reaches_the_seat(stack: Stack, newcomer: Newcomer) -> None:
    stack.player.post("customer", account="shop", openid=OPENID, text="有人吗")
    peer = stack.player.wait_for("有人吗", "im")["peer"]
    stack.player.post("seat", seat="alice", to=peer, text="在的")
    stack.player.wait_for("在的", "phone")
    assert "一切正常" in newcomer.checks()
