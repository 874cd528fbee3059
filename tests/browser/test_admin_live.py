"""The back office in real Chromium with real workers: an administrator's first day."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable

import pytest

from tests.support.chromium import ONCE_IN_CHROMIUM, shot
from tests.support.stack import Stack
from tests.support.waiting import PATIENCE, wait_until

pytestmark = ONCE_IN_CHROMIUM
SHOW = "from constance.models import Constance; print(list(Constance.objects.values()))"
OPENID = "oAdminLiveCustomer0000000001"
# The account is the administrator's to set up; what WeChat's side knows of it stands in the sandbox.
BEGIN = """
from django.contrib.auth.models import User
from bridge.platforms.wechat.models import WeChatAccount
WeChatAccount.objects.all().delete()
User.objects.create_superuser("chief", password="chief-password-1", first_name="管理员")
"""


@pytest.fixture(scope="module")
def stack():
    quick = {"ROLLUP_SECONDS": "2", "SANDBOX_WINDOW_COUNT": "5"}
    with Stack({"alice": 5}, workers=2, threads=2, static=True, **quick) as running:
        running.manage("shell", "-v0", "-c", BEGIN)
        yield running


class Chief:
    """The administrator at a browser."""

    def __init__(self, browser, stack: Stack) -> None:
        self.stack = stack
        self.context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        self.page, self.problems = self.context.new_page(), []
        self.page.on("pageerror", lambda error: self.problems.append(error.stack or str(error)))
        self.go("/admin/login/?next=/admin/")
        self.page.fill("[name=username]", "chief")
        self.page.fill("[name=password]", "chief-password-1")
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_selector(".tiles")

    def go(self, path: str) -> None:
        self.page.goto(self.stack.url + path)

    def follow(self, where: str) -> None:
        """Click a link and wait until the page behind it is there, whole: a click by itself does not wait for that."""
        with self.page.expect_navigation():
            self.page.click(where)

    def text(self) -> str:
        return self.page.inner_text("body")

    def until(self, path: str, where: str, check: Callable[[str], bool], seconds: float = PATIENCE) -> None:
        """Look at a page again and again until the text at this place is right."""

        def is_right() -> bool:
            self.go(path)
            return check(self.page.inner_text(where))

        wait_until(is_right, seconds, said=lambda: self.text()[:3000], pause=0.5)


@pytest.fixture
def chief(browser, stack):
    one = Chief(browser, stack)
    yield one
    assert one.problems == []


def on_phone(stack: Stack) -> list[str]:
    return [one["text"] for one in stack.entries() if one["side"] == "phone" and not one["mine"]]


def at_seat(stack: Stack, words: str) -> bool:
    return any(one["side"] == "im" and words in one["text"] for one in stack.entries())


def test_the_first_day(stack, chief):
    _sets_up_an_account(stack, chief)
    stack.player.post("customer", account="shop", openid=OPENID, text="有人吗")
    peer = stack.player.wait_for("有人吗", "im")["peer"]
    _sees_that_pushes_come(chief)
    _changes_a_parameter_and_sees_it(stack, chief, peer)
    _finds_a_failed_delivery_and_sends_it_again(stack, chief, peer)
    _reads_one_number_three_times(chief)


def _sets_up_an_account(stack: Stack, chief: Chief) -> None:
    page = chief.page
    chief.go("/admin/bridge/wechataccount/add/")
    given = {
        "name": "旗舰店", "slug": "shop", "app_id": "wx1234567890abcdef", "app_secret": "wxSecret0123456789abcdef01234567", "token": "wxToken01",
        "encoding_aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "api_base": f"{stack.sandbox}/wechat",
    }  # fmt: skip
    for name, value in given.items():
        page.fill(f"[name={name}]", value)
    page.select_option("[name=group]", "sales")
    page.click("[name=_continue]")
    page.wait_for_selector("text=旗舰店")
    chief.follow("a[href$='/setup/']")
    assert "/callbacks/wechat/shop/" in chief.text()
    page.click("button[name=check]")
    page.wait_for_selector(".checks")
    shot(page, "admin-setup")
    states = page.eval_on_selector_all(".checks li", "all => all.map((one) => one.className)")
    # No push has come yet; all the rest is right.
    assert sorted(states) == ["good"] * 8 + ["warn"], chief.text()


def _sees_that_pushes_come(chief: Chief) -> None:
    page = chief.page
    page.click("button[name=check]")
    page.wait_for_selector("text=一切正常")


def _changes_a_parameter_and_sees_it(stack: Stack, chief: Chief, peer: str) -> None:
    page = chief.page
    chief.go("/admin/constance/config/")
    save = page.locator("form:has([name=WINDOW_LOW]) [type=submit]").first
    page.fill("[name=WINDOW_LOW]", "99")
    save.click()
    refused = page.locator("[name=WINDOW_LOW]").evaluate("(one) => one.validity.rangeOverflow")
    assert refused or "20" in chief.text()
    page.fill("[name=WINDOW_LOW]", "4")
    save.click()
    page.wait_for_load_state()
    assert page.input_value("[name=WINDOW_LOW]") == "4"
    time.sleep(4)  # for two of which a process may still remember the old one
    stack.player.post("seat", seat="alice", to=peer, text="您好")
    wait_until(
        lambda: at_seat(stack, "还可发 4 条"),
        said=lambda: str(stack.entries()) + stack.logs() + stack.manage("shell", "-v0", "-c", SHOW),
    )


def _finds_a_failed_delivery_and_sends_it_again(stack: Stack, chief: Chief, peer: str) -> None:
    page = chief.page
    stack.player.post("fault", path="message/custom/send", code=40003, times=1)
    stack.player.post("seat", seat="alice", to=peer, text="这条会失败")
    wait_until(lambda: at_seat(stack, "未送达") or at_seat(stack, "没有送达"))
    chief.until("/admin/", ".tile:has-text('失败') .value", lambda shown: shown.strip() == "1")
    chief.go("/admin/bridge/delivery/?state__exact=failed")
    assert "40003" in chief.text()
    chief.follow("table a[href*='/admin/bridge/delivery/']")
    wait_until(lambda: "/cgi-bin/message/custom/send" in (page.reload() and chief.text()))
    chief.follow("a[href*='/admin/bridge/exchange/']")
    assert "40003" in chief.text()
    assert "wxSecret0123456789abcdef01234567" not in page.content()
    chief.go("/admin/bridge/delivery/?state__exact=failed")
    page.check("input.action-select")
    page.select_option("[name=action]", "resend_selected")
    page.click("button[name=index]")
    page.wait_for_selector("text=确定执行")
    shot(page, "admin-confirm")
    page.click("text=确定执行")
    wait_until(lambda: "这条会失败" in on_phone(stack))
    failed = "/admin/bridge/delivery/?state__exact=failed"
    chief.until(failed, "body", lambda shown: "40003" not in shown)
    assert page.locator("input.action-select").count() == 0


def _reads_one_number_three_times(chief: Chief) -> None:
    page = chief.page
    tile = ".tile:has-text('座席消息') .value"
    chief.until("/admin/reports/delivery/", tile, lambda text: text.strip() == "2")
    shot(page, "admin-report")
    assert page.locator("canvas").count() >= 1
    csv_text = chief.context.request.get(f"{chief.stack.url}/admin/reports/delivery/?format=csv").text()
    rows = {row[1]: row[3] for row in csv.reader(io.StringIO(csv_text.lstrip("\ufeff")))}
    assert rows["answered"] == "2"
    data = chief.context.request.get(f"{chief.stack.url}/api/reports/delivery/").json()
    assert {tile["name"]: tile["value"] for tile in data["tiles"]}["answered"] == 2
    chief.follow(".tile:has-text('座席消息') .value a")
    assert page.locator("table.list tbody tr").count() == 2
