"""The back office on bad lines, in real Chromium: nothing that was written is lost unsaid, and nothing is done twice."""

from __future__ import annotations

import pytest

from tests.browser.test_menu_page import add, editor
from tests.support.chromium import ONCE_IN_CHROMIUM, shot
from tests.support.stack import Stack

__all__ = ["editor"]  # a fixture
pytestmark = ONCE_IN_CHROMIUM
BEGIN = """
from django.contrib.auth.models import User
from django.utils import timezone
from datetime import timedelta
from bridge.models import Customer
from bridge.platforms.wechat.models import WeChatAccount
User.objects.create_superuser("chief", password="chief-password-1", first_name="管理员")
account = WeChatAccount.objects.get()
Customer.objects.create(account=account, openid="oLine", im_id="wx_line", window_until=timezone.now() + timedelta(hours=9), window_left=5, created_at=timezone.now())
"""
FORGET = "from bridge.platforms.wechat.models import AccountMenu as M, PublishedMenu as P; M.objects.all().delete(); P.objects.all().delete()"
PUBLISHED = "from bridge.platforms.wechat.models import PublishedMenu as P; print(P.objects.count())"
MENU = "from bridge.platforms.wechat.models import AccountMenu as M; print(*[o['name'] for o in M.objects.get().items])"
CODES = "from bridge.platforms.wechat.models import QrCode as Q; print(Q.objects.count())"
BROADCAST = (
    "from bridge.models import Broadcast as B; from bridge.platforms.wechat.models import WeChatAccount as A;"
    "print(B.objects.create(account=A.objects.get(), text='周日闭店').pk)"
)
STATE = "from bridge.models import Broadcast as B; print(*B.objects.values_list('state', flat=True))"
SLOW = {"offline": False, "latency": 3000, "downloadThroughput": -1, "uploadThroughput": -1}
PUBLISH = "#menu-form [name=publish]"


@pytest.fixture(scope="module")
def stack():
    with Stack({"alice": 5}, workers=1, threads=2, static=True) as running:
        running.manage("shell", "-v0", "-c", BEGIN)
        yield running


@pytest.fixture
def page(stack, editor):
    stack.manage("shell", "-v0", "-c", FORGET)
    return editor(1440, "zh-CN", clock=True)


def ask(stack, code: str) -> str:
    return stack.manage("shell", "-v0", "-c", code).strip()


def slow_down(page) -> None:
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW)


def posts_of(page) -> list[str]:
    """Return where the page sends forms to, from now on."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url) if request.method == "POST" else None)
    return found


def shop(page, name: str = "商城") -> None:
    add(page, name, "link")
    page.fill("#menu-url", "https://example.com/")


def test_without_a_line_the_menu_stays_where_it_is(stack, page):
    shop(page)
    page.context.set_offline(True)
    page.click(PUBLISH)
    page.wait_for_selector("#sending-said >> text=无法连接服务器")
    shot(page, "menu-offline-zh-CN-1440")
    assert page.input_value("#menu-url") == "https://example.com/"
    page.context.set_offline(False)
    page.click(PUBLISH)
    page.wait_for_selector("text=已发布")
    assert (ask(stack, PUBLISHED), ask(stack, MENU)) == ("1", "商城")


def test_a_line_that_breaks_off_loses_nothing(stack, page):
    """The browser shows its own page then, in the place of this one; opened again, it has the menu as it was saved last."""
    address = page.url
    shop(page)
    page.route("**/menu/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.click(PUBLISH)
    page.wait_for_url("chrome-error://**")
    page.unroute("**/menu/")
    page.goto(address)
    page.click("#menu-found >> text=找回内容")
    assert page.input_value("#menu-url") == "https://example.com/"
    page.click(PUBLISH)
    page.wait_for_selector("text=已发布")
    assert page.locator("#menu-found").count() == 0
    page.reload()
    assert page.locator("#menu-found").count() == 0
    assert ask(stack, PUBLISHED) == "1"


def test_whoever_was_signed_out_meanwhile_signs_in_beside_it(stack, page):
    shop(page)
    page.clock.fast_forward(61_000)
    page.context.clear_cookies(name="sessionid")
    page.click(PUBLISH)
    page.wait_for_selector("#sending-said >> text=登录已失效")
    shot(page, "menu-signed-out-zh-CN-1440")
    with page.context.expect_page() as opened:
        page.click("#sending-said a")
    beside = opened.value
    beside.fill("[name=username]", "chief")
    beside.fill("[name=password]", "chief-password-1")
    beside.press("[name=password]", "Enter")
    beside.wait_for_selector("#menu-bar .item")
    page.click(PUBLISH)
    page.wait_for_selector("text=已发布")
    assert (ask(stack, PUBLISHED), ask(stack, MENU)) == ("1", "商城")


def test_a_second_click_on_a_slow_line_publishes_once(stack, page):
    shop(page)
    slow_down(page)
    posts = posts_of(page)
    page.dblclick(PUBLISH)
    page.wait_for_selector("text=已发布", timeout=60000)
    assert len(posts) == 1
    assert page.locator("text=未保存：").count() == 0
    assert ask(stack, PUBLISHED) == "1"


def test_of_two_tabs_the_second_is_told_and_keeps_what_it_has(stack, page):
    other = page.context.new_page()
    other.goto(page.url)
    shop(page, "甲")
    page.click("#menu-form [name=save]")
    page.wait_for_selector("text=已保存")
    shop(other, "乙")
    other.click("#menu-form [name=save]")
    other.wait_for_selector("text=未保存：其他人刚刚保存过这个菜单")
    assert ask(stack, MENU) == "甲"
    assert other.input_value("#menu-name") == "乙"
    assert other.is_visible("#menu-unsaved"), "it is still not saved"
    other.click("#menu-form [name=save]")
    other.wait_for_selector("text=已保存")
    assert ask(stack, MENU) == "乙"


def test_a_second_click_makes_one_code_and_sends_one_broadcast(stack, page):
    page.goto(f"{stack.url}/admin/bridge/qrcode/add/")
    page.fill("[name=name]", "海报")
    page.select_option("[name=account]", label="旗舰店")
    slow_down(page)
    posts = posts_of(page)
    page.dblclick("[name=_save]")
    page.wait_for_selector("#result_list, .messagelist, #changelist-form", timeout=60000)
    assert len(posts) == 1
    assert ask(stack, CODES) == "1"
    number = ask(stack, BROADCAST)
    page.goto(f"{stack.url}/admin/bridge/broadcast/{number}/send/")
    page.dblclick(".asks [type=submit]")
    page.wait_for_selector("text=正在发送", timeout=60000)
    assert ask(stack, STATE) in ("sending", "done")


def test_a_second_click_is_answered_in_words_while_the_first_is_under_way(stack, page):
    """By one script, so that no next page can come between the two."""
    shop(page)
    posts = posts_of(page)
    said = page.evaluate(
        "(to) => { const one = document.querySelector(to); one.click(); one.click();"
        " return document.getElementById('sending-said')?.textContent ?? ''; }",
        PUBLISH,
    )
    assert said == "正在提交，请稍候。"
    page.wait_for_selector("text=已发布", timeout=60000)
    assert len(posts) == 1
    assert ask(stack, PUBLISHED) == "1"
